/** Scripted upstreams as upstream.ts has them, over TLS (RFC 7858) and HTTPS (RFC 8484). */
import { readFileSync } from 'node:fs';
import {
  constants,
  createSecureServer,
  type Http2SecureServer,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { createServer, type Server } from 'node:tls';
import type { Certificate } from './certificates.ts';
import { listen, type Script, Scripted, type ScriptedUpstream } from './upstream.ts';

export interface TlsUpstream extends ScriptedUpstream {
  /** What clients named (SNI), and how their certificates are named; `-` for none. */
  readonly clients: readonly string[];
}

/** `ca`: whom clients must be known to. */
export async function startTlsUpstream(
  script: Script,
  certificate: Certificate,
  ca?: string,
): Promise<TlsUpstream> {
  const scripted = new Scripted(script, {});
  const clients: string[] = [];
  const server: Server = createServer(tlsOf(certificate, ca), (socket) => {
    const { subject } = socket.getPeerCertificate();
    clients.push(`${socket.servername || '-'} ${subject?.CN ?? '-'}`);
    scripted.serve(socket, 'tls');
  });
  server.on('tlsClientError', () => {});
  return upstreamOf(scripted, server, await listen(server), clients);
}

export interface HttpsUpstream extends ScriptedUpstream {
  /** `POST /dns-query dns.example`, for each request. */
  readonly requests: readonly string[];
}

/** Changes what is responded: headers, and the body; or resets the stream, or never ends it. */
export type Respond = (
  body: Uint8Array,
  headers: IncomingHttpHeaders,
) => {
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: Uint8Array;
  readonly ends?: 'at once' | 'never';
};

const MEDIA_TYPE = 'application/dns-message';

export async function startHttpsUpstream(
  script: Script,
  certificate: Certificate,
  respond: Respond = () => ({}),
): Promise<HttpsUpstream> {
  const scripted = new Scripted(script, {});
  const requests: string[] = [];
  const server: Http2SecureServer = createSecureServer(tlsOf(certificate));
  server.on('secureConnection', (socket) => scripted.track(socket));
  server.on('sessionError', () => {});
  server.on('stream', async (stream, headers) => {
    stream.on('error', () => {});
    const { ':method': method, ':path': path = '', ':authority': authority } = headers;
    const url = new URL(path, 'https://upstream');
    const inPath = url.searchParams.get('dns');
    requests.push(`${method} ${url.pathname} ${authority}`);
    const query = inPath === null ? await bodyOf(stream) : Buffer.from(inPath, 'base64url');
    const [sent] = await scripted.replies(query, 'https');
    if (sent === undefined || sent === 'close' || 'raw' in sent) {
      if (sent === 'close') stream.session?.destroy();
      return;
    }
    const change = respond(sent, headers);
    if (stream.destroyed) return;
    if (change.ends === 'at once') return stream.close(constants.NGHTTP2_REFUSED_STREAM);
    stream.respond({ ':status': 200, 'content-type': MEDIA_TYPE, ...change.headers });
    const body = change.body ?? sent;
    if (change.ends === 'never') stream.write(body);
    else stream.end(body);
  });
  const upstream = upstreamOf(scripted, server, await listen(server), []);
  return Object.assign(upstream, { requests });
}

async function bodyOf(stream: ServerHttp2Stream): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  try {
    for await (const part of stream) parts.push(part);
  } catch {
    // The client has gone.
  }
  return Buffer.concat(parts);
}

function tlsOf({ cert, key }: Certificate, ca?: string) {
  const asks = ca === undefined ? {} : { ca: readFileSync(ca), requestCert: true };
  return { cert: readFileSync(cert), key: readFileSync(key), rejectUnauthorized: true, ...asks };
}

function upstreamOf(
  scripted: Scripted,
  server: Server,
  port: number,
  clients: readonly string[],
): TlsUpstream {
  return {
    address: '127.0.0.1',
    port,
    asked: scripted.asked,
    queries: scripted.queries,
    sources: scripted.sources,
    clients,
    get connections() {
      return scripted.connections;
    },
    close: () => scripted.close(server),
  };
}
