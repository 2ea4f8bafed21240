/** For tests: a listener of DNS over HTTPS that gives one answer, and clients of it. */
import assert from 'node:assert/strict';
import { type EventEmitter, once } from 'node:events';
import type { ClientHttp2Session, OutgoingHttpHeaders } from 'node:http2';
import { connect } from 'node:http2';
import type { TestContext } from 'node:test';
import { after } from 'node:test';
import { Authority } from '../../test/servers/certificates.ts';
import { makeTempDirectory, removeTempDirectory } from '../../test/servers/temp-directory.ts';
import { encode } from '../dns/encode.ts';
import { type Message, NO_FLAGS, queryMessage } from '../dns/message.ts';
import { parseRecord } from '../dns/presentation.ts';
import { ServerKeys } from '../tls/server-keys.ts';
import { openTcp } from './tcp.ts';
import type { TcpAnswer } from './tcp-connection.ts';
import type { HttpLimits, TcpLimits } from './tcp-limits.ts';
import { TcpAdmission } from './tcp-limits.ts';

/** Long enough that no test sees it end. */
const NEVER_MS = 600_000;
const PATIENT = { idleMs: NEVER_MS, readMs: NEVER_MS, writeMs: NEVER_MS };
export const TYPE = 'application/dns-message';

const folder = makeTempDirectory();
after(() => removeTempDirectory(folder));
const authority = new Authority(folder);
const files = authority.give('server', 'IP:127.0.0.1');

export const QUERY = queryMessage('web.shop.', 'A', { flags: NO_FLAGS });
export const REPLY: Message = {
  ...QUERY,
  flags: { ...NO_FLAGS, response: true },
  answer: [parseRecord('web.shop. 77 IN A 10.0.0.1')],
};
export const PACKET = encode(QUERY);
export const WIRE = Buffer.from(encode(REPLY));
export const GET = `/dns-query?dns=${Buffer.from(PACKET).toString('base64url')}`;

interface Given {
  readonly answer?: TcpAnswer;
  readonly limits?: Partial<TcpLimits>;
  readonly http?: Partial<HttpLimits>;
  readonly isPlain?: boolean;
}

export async function open(t: TestContext, given: Given = {}) {
  const { answer = () => WIRE, limits, http, isPlain = false } = given;
  const statuses: number[] = [];
  const keys = new ServerKeys(files, { info: () => {}, warning: () => {} });
  const admission = new TcpAdmission({ ...PATIENT, ...limits });
  const listener = await openTcp({
    endpoint: { address: '127.0.0.1', port: 0 },
    ...{ scheme: 'https', answer, admission, http },
    security: isPlain ? undefined : { keys, clientAuth: 'nocert' },
    onHttpResponse: (status) => statuses.push(status),
  });
  t.after(() => listener.close());
  return { listener, admission, statuses, port: listener.endpoint.port };
}

export function dial(t: TestContext, port: number): ClientHttp2Session {
  const session = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
  session.on('error', () => {});
  t.after(() => session.destroy());
  return session;
}

/** A response as `200 max-age=77 42`, with what is in it. */
export async function fetch2(
  session: ClientHttp2Session,
  fields: OutgoingHttpHeaders,
  body?: Uint8Array,
) {
  const stream = session.request(fields, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  const [headers]: readonly unknown[] = await once(stream, 'response');
  assert.ok(headers !== null && typeof headers === 'object');
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return { ...lineOf({ ...headers }), octets: Buffer.concat(pieces) };
}

const lineOf = (headers: Readonly<Record<string, unknown>>) => ({
  status: Number(headers[':status']),
  type: headers['content-type'],
  cacheControl: headers['cache-control'],
  length: headers['content-length'],
  allow: headers.allow,
});

export const post = (type = TYPE) => ({
  ':method': 'POST',
  ':path': '/dns-query',
  'content-type': type,
});

/** Resolves when a connection or a stream is over, whether it ended or was reset. */
export const closed = (one: EventEmitter) => {
  one.on('error', () => {});
  return new Promise<void>((resolve) => one.once('close', () => resolve()));
};

export const asText = (octets: Uint8Array) => Buffer.from(octets).toString('hex');
