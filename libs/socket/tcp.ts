/**
 * DNS over TCP (RFC 7766): queries may be sent without waiting for answers, and answers come in the
 * order in which they are ready. The same over TLS, and over HTTPS (secure-carriage.ts).
 *
 *   accept ─┬─ there is room ─► carriage: TcpConnection, TLS, HTTP
 *           └─ none ─► closed, and counted
 */
import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import type { Carriage, StreamScheme } from './carriage.ts';
import { ListenError } from './listen-error.ts';
import type { Endpoint } from './socket-address.ts';
import { plainAddress } from './socket-address.ts';
import type { TcpAnswer } from './tcp-connection.ts';
import { TcpConnection } from './tcp-connection.ts';
import {
  type ConnectionLimits,
  HTTP_LIMITS,
  type HttpLimits,
  type TcpAdmission,
  type TcpLimits,
} from './tcp-limits.ts';
import type { Security } from './tls-acceptor.ts';
import { codeOf } from './udp-dgram.ts';

/** What may change while the listener is open, for connections from then on. */
export interface Serving {
  /** Where they are not those of all. */
  readonly limits?: Partial<ConnectionLimits> | undefined;
  /** Undefined: nothing is encrypted. */
  readonly security?: Security | undefined;
  /** Of a listener of HTTPS. */
  readonly http?: Partial<HttpLimits> | undefined;
}

export interface TcpOptions extends Serving {
  readonly endpoint: Endpoint;
  /** Another listener of ours has its port, at addresses that cover this one, or among them. */
  readonly isBesideOwn?: boolean | undefined;
  readonly scheme?: StreamScheme;
  readonly answer: TcpAnswer;
  /** Shared by the listeners that are to have one limit together. */
  readonly admission: TcpAdmission;
  /** Told of each response of HTTP. */
  readonly onHttpResponse?: ((status: number) => void) | undefined;
}

export interface TcpListener {
  readonly endpoint: Endpoint;
  change(serving: Serving): void;
  /** Within 300 ms. */
  close(): Promise<void>;
}

/** How long connections that were told have until they are destroyed, in ms. */
const CLOSE_MS = 200;

/** Opens the listener; port 0 takes a free one. Rejects with ListenError. */
export async function openTcp(given: TcpOptions): Promise<TcpListener> {
  const { endpoint, admission, scheme = 'dns', isBesideOwn = false } = given;
  let serving: Serving = given;
  const limitsOf = ({ limits }: Serving): TcpLimits => ({ ...admission.limits, ...limits });
  const carriage = await carriageOf(scheme, given);
  /** With how they are told. */
  const open = new Map<Socket, () => void>();
  const { unreadOctetsMax: highWaterMark } = limitsOf(serving);
  // Who closes its side may still read; a client of HTTP is gone then, as Node's servers have it.
  const options = { noDelay: true, allowHalfOpen: scheme !== 'https', highWaterMark };
  const server = createServer(options, (socket) => {
    const address = plainAddress(socket.remoteAddress ?? '');
    const { security } = serving;
    const http = { ...HTTP_LIMITS, ...serving.http };
    // HTTP in the clear is that of a proxy: all its clients have one address.
    const counted = scheme === 'https' && security === undefined ? undefined : address;
    const hasRoom = scheme !== 'https' || open.size < http.connectionsMax;
    if (!admission.enter(counted, hasRoom)) {
      socket.destroy();
      return;
    }
    open.set(socket, () => socket.destroy());
    socket.once('close', () => {
      open.delete(socket);
      admission.leave(counted);
    });
    const client = { address, port: socket.remotePort ?? 0 };
    const bounds = { admission, limits: limitsOf(serving) };
    const onGoodbye = (sayGoodbye: () => void) => open.set(socket, sayGoodbye);
    carriage({ socket, client, bounds, security, http, onGoodbye });
  });
  const port = await listenAlone(server, endpoint, isBesideOwn);
  return {
    endpoint: { address: endpoint.address, port },
    change(changed) {
      serving = changed;
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const sayGoodbye of open.values()) sayGoodbye();
      const late = setTimeout(() => {
        for (const socket of open.keys()) socket.destroy();
      }, CLOSE_MS);
      await closed;
      clearTimeout(late);
    },
  };
}

/** Only who encrypts, or speaks HTTP, loads what that takes: 20 ms and 10 MiB. */
async function carriageOf(
  scheme: StreamScheme,
  { answer, admission, onHttpResponse = () => {} }: TcpOptions,
): Promise<Carriage> {
  if (scheme === 'dns') {
    return ({ socket, client, bounds }) => {
      new TcpConnection(socket, client, bounds, answer).serve();
    };
  }
  const { tlsCarriage, httpsCarriage } = await import('./secure-carriage.ts');
  if (scheme === 'tls') return tlsCarriage({ answer, admission });
  return httpsCarriage({ answer, admission, onResponse: onHttpResponse });
}

/** Ports can be shared, also with whoever comes later. */
const CAN_SHARE = process.platform === 'linux';

/** Others on this port are noticed, but for those of ours that share it. */
async function listenAlone(
  server: Server,
  { address, port }: Endpoint,
  isBesideOwn: boolean,
): Promise<number> {
  if (!CAN_SHARE || isBesideOwn) return listen(server, { address, port }, CAN_SHARE);
  const first = createServer((socket) => socket.destroy());
  const free = await listen(first, { address, port }, false);
  await new Promise((resolve) => first.close(resolve));
  return listen(server, { address, port: free }, true);
}

async function listen(server: Server, endpoint: Endpoint, reusePort: boolean): Promise<number> {
  const { address, port } = endpoint;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  const isAny = address === '' || address === '::';
  const host = address === '' ? {} : { host: address };
  const ipv6Only = address.includes(':') && !isAny;
  server.listen({ port, ipv6Only, reusePort, ...host }, resolve);
  try {
    await promise;
  } catch (error) {
    throw new ListenError(endpoint, 'tcp', codeOf(error));
  }
  server.removeListener('error', reject);
  // What remains (no descriptors left, say) concerns one connection, which the client tries again.
  server.on('error', () => {});
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : port;
}
