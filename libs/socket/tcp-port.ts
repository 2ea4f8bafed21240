/**
 * A listening socket of TCP: who gets its connections may be another while it is open.
 *
 * All of ours share their port (SO_REUSEPORT), so that one of all addresses can follow one of a
 * single address, or the other way round, without a moment in which nobody listens. Others are not
 * to share it: each port is tried alone first, unless ours is known to be in the way.
 */
import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { afterReading } from './after-reading.ts';
import { codeOf, ListenError } from './listen-error.ts';
import type { Endpoint } from './socket-address.ts';

/** Elsewhere sockets that share a port are refused, or mean something else. */
const CAN_SHARE = process.platform === 'linux';
/** Turns in which who came before is accepted, one a turn; who still comes then is too late. */
const LAST_TURNS_MAX = 128;

export interface TcpPortOptions {
  readonly endpoint: Endpoint;
  /** Another of ours has it, at addresses that cover this one, or among them. */
  readonly isBesideOwn?: boolean | undefined;
  /** Octets of a connection that are read before its reader takes them. */
  readonly highWaterMark: number;
}

/** Gets connections. */
export interface Acceptor {
  accept(socket: Socket): void;
}

/** Port 0 takes a free one. Rejects with ListenError. */
export async function openTcpPort(
  { endpoint, isBesideOwn = false, highWaterMark }: TcpPortOptions,
  acceptor: Acceptor,
): Promise<TcpPort> {
  const server = createServer({ noDelay: true, allowHalfOpen: true, highWaterMark });
  try {
    const port = await listenShared(server, endpoint, isBesideOwn);
    return new TcpPort(server, { ...endpoint, port }, acceptor);
  } catch (error) {
    throw new ListenError(endpoint, 'tcp', codeOf(error));
  }
}

/** A server of any kind listens, and its port can be shared with one of ours; gives the port. */
export async function listenShared(
  server: Server,
  endpoint: Endpoint,
  isBesideOwn: boolean,
): Promise<number> {
  const free = isBesideOwn || !CAN_SHARE ? endpoint : await tryAlone(endpoint);
  return listen(server, free, CAN_SHARE);
}

export class TcpPort {
  readonly endpoint: Endpoint;
  readonly #server: Server;
  /** Who gets connections from now on. */
  acceptor: Acceptor;
  #accepted = 0;

  constructor(server: Server, endpoint: Endpoint, acceptor: Acceptor) {
    this.#server = server;
    this.endpoint = endpoint;
    this.acceptor = acceptor;
    server.on('connection', (socket) => {
      this.#accepted++;
      this.acceptor.accept(socket);
    });
    // What remains (no descriptors left, say) concerns one connection, which is tried again.
    server.on('error', () => {});
  }

  /** Once those are accepted that came before; connections go on. */
  async close(): Promise<void> {
    for (let turns = 0; turns < LAST_TURNS_MAX; turns++) {
      const before = this.#accepted;
      await afterReading();
      if (this.#accepted === before) break;
    }
    this.#server.close();
  }
}

/** The same with the port that it would get. */
async function tryAlone(endpoint: Endpoint): Promise<Endpoint> {
  const server = createServer();
  const port = await listen(server, endpoint, false);
  server.close();
  await once(server, 'close');
  return { ...endpoint, port };
}

async function listen(server: Server, endpoint: Endpoint, reusePort: boolean): Promise<number> {
  const { address, port } = endpoint;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  const isAny = address === '' || address === '::';
  const host = address === '' ? {} : { host: address };
  const ipv6Only = address.includes(':') && !isAny;
  server.listen({ port, ipv6Only, reusePort, ...host }, resolve);
  await promise;
  server.removeListener('error', reject);
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : port;
}
