/**
 * DNS over HTTPS on connections that were accepted, and secured where they are to be:
 *
 *   connection ─┬─ ALPN said h2 ─► HTTP/2 session, its streams ─┬─► DohExchanges
 *               └─ else ─► HTTP/1.1, its requests ──────────────┘
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { Http2Session, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { constants, performServerHandshake } from 'node:http2';
import type { Socket } from 'node:net';
import { type Carrier, DohExchanges } from './doh-exchanges.ts';
import type { Endpoint } from './socket-address.ts';
import type { Bounds, TcpAnswer } from './tcp-connection.ts';
import { endSoon } from './tcp-connection.ts';
import type { HttpLimits } from './tcp-limits.ts';

/** A path with a query of 4 KiB, and what a proxy adds; a query of a client has 60 octets. */
const HEADER_OCTETS_MAX = 16_384;
/** Of one HTTP/2 session beyond what we keep ourselves, in MiB: Node refuses streams above it. */
const SESSION_MEMORY_MIB = 2;
/** Streams that a client gives up at once, and then a second: with more the session ends. */
const RESETS = { streamResetBurst: 500, streamResetRate: 50 };

export const DOH_PROTOCOLS = ['h2', 'http/1.1'];

export interface DohServerOptions {
  readonly answer: TcpAnswer;
  readonly onResponse: (status: number) => void;
}

export interface DohClient {
  readonly endpoint: Endpoint;
  readonly bounds: Bounds;
  readonly http: HttpLimits;
}

/** Says that no more requests are wanted; what is under way may end. */
export type SayGoodbye = () => void;

export class DohServer {
  readonly #options: DohServerOptions;
  readonly #http1: Server;
  readonly #http1Requests = new WeakMap<Socket, (carrier: Carrier) => void>();

  constructor(options: DohServerOptions) {
    this.#options = options;
    const limits = { maxHeaderSize: HEADER_OCTETS_MAX, keepAliveTimeout: 0 };
    this.#http1 = createServer(limits, (request, response) => {
      this.#http1Requests.get(request.socket)?.(http1Carrier(request, response));
    });
  }

  serve(socket: Socket, isHttp2: boolean, client: DohClient): SayGoodbye {
    const exchanges = new DohExchanges({
      ...this.#options,
      client: client.endpoint,
      bounds: client.bounds,
      requestsMax: client.http.streamsMax,
    });
    socket.on('error', () => socket.destroy());
    return isHttp2
      ? serveHttp2(socket, exchanges, client)
      : this.#serveHttp1(socket, exchanges, client.bounds);
  }

  #serveHttp1(socket: Socket, exchanges: DohExchanges, bounds: Bounds): SayGoodbye {
    let isLast = false;
    // Octet by octet a request could be on its way for ever: the time is that of all of its head.
    const idle = () => {
      bounds.admission.countTimeout('idle');
      socket.destroy();
    };
    let waiting = setTimeout(idle, bounds.limits.idleMs);
    this.#http1Requests.set(socket, (carrier) => {
      clearTimeout(waiting);
      void exchanges.serve(carrier).then(() => {
        clearTimeout(waiting);
        if (socket.destroyed) return;
        if (isLast) endSoon(socket);
        else waiting = setTimeout(idle, bounds.limits.idleMs);
      });
    });
    socket.once('close', () => clearTimeout(waiting));
    this.#http1.emit('connection', socket);
    return () => {
      isLast = true;
      if (exchanges.underWay === 0) endSoon(socket);
    };
  }
}

function serveHttp2(
  socket: Socket,
  exchanges: DohExchanges,
  { bounds, http }: DohClient,
): SayGoodbye {
  const session = performServerHandshake(socket, {
    settings: { maxConcurrentStreams: http.streamsMax, maxHeaderListSize: HEADER_OCTETS_MAX },
    maxSessionMemory: SESSION_MEMORY_MIB,
    ...RESETS,
  });
  session.on('error', () => session.destroy());
  session.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    stream.on('error', () => {}); // what it is, its client knows
    void exchanges.serve(http2Carrier(stream, headers));
  });
  closeIdle(session, exchanges, bounds);
  return () => session.close();
}

function closeIdle(session: Http2Session, exchanges: DohExchanges, bounds: Bounds): void {
  session.setTimeout(bounds.limits.idleMs, () => {
    if (exchanges.underWay > 0) return closeIdle(session, exchanges, bounds);
    bounds.admission.countTimeout('idle');
    session.close();
  });
}

function http2Carrier(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Carrier {
  return {
    head: {
      method: headers[':method'] ?? '',
      path: headers[':path'] ?? '',
      contentType: headers['content-type'],
      contentLength: headers['content-length'],
    },
    body: stream,
    get isGone() {
      return stream.destroyed || stream.closed;
    },
    respond(status, fields, body, onGone) {
      stream.once('close', onGone);
      // What more of the request may come is not read.
      const isWhole = stream.endAfterHeaders || stream.readableEnded;
      if (!isWhole) stream.once('finish', () => stream.close(constants.NGHTTP2_NO_ERROR));
      stream.respond({ ':status': status, ...fields }, { endStream: body === undefined });
      if (body !== undefined) stream.end(body);
    },
    abandon: () => stream.close(constants.NGHTTP2_CANCEL),
  };
}

function http1Carrier(request: IncomingMessage, response: ServerResponse): Carrier {
  return {
    head: {
      method: request.method ?? '',
      path: request.url ?? '',
      contentType: request.headers['content-type'],
      contentLength: request.headers['content-length'],
    },
    body: request,
    get isGone() {
      return response.destroyed;
    },
    respond(status, fields, body, onGone) {
      response.once('close', onGone);
      // The rest of a body that is not read would be taken for the next request.
      const isCut = !request.complete && request.method === 'POST';
      response.writeHead(status, isCut ? { ...fields, connection: 'close' } : fields);
      response.end(body);
    },
    abandon: () => request.socket.destroy(),
  };
}
