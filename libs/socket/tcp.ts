/**
 * DNS over TCP (RFC 7766): queries may be sent without waiting for answers, and answers come in the
 * order in which they are ready.
 *
 *   accept ─┬─ there is room ─► TcpConnection
 *           └─ none ─► closed, and counted
 */
import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { ListenError } from './listen-error.ts';
import type { Endpoint } from './socket-address.ts';
import { plainAddress } from './socket-address.ts';
import type { TcpAnswer } from './tcp-connection.ts';
import { TcpConnection } from './tcp-connection.ts';
import type { ConnectionLimits, TcpAdmission } from './tcp-limits.ts';
import { codeOf } from './udp-dgram.ts';

export interface TcpOptions {
  readonly endpoint: Endpoint;
  readonly answer: TcpAnswer;
  /** Shared by the listeners that are to have one limit together. */
  readonly admission: TcpAdmission;
  /** Of this listener's connections, where they are not those of all. */
  readonly limits?: Partial<ConnectionLimits> | undefined;
}

export interface TcpListener {
  readonly endpoint: Endpoint;
  /** What connections may take from now on. */
  limit(limits: Partial<ConnectionLimits> | undefined): void;
  close(): Promise<void>;
}

/** Opens the listener; port 0 takes a free one. Rejects with ListenError. */
export async function openTcp(given: TcpOptions): Promise<TcpListener> {
  const { endpoint, answer, admission } = given;
  let limits = { ...admission.limits, ...given.limits };
  const open = new Set<Socket>();
  const highWaterMark = limits.unreadOctetsMax;
  const options = { noDelay: true, allowHalfOpen: true, highWaterMark };
  const server = createServer(options, (socket) => {
    const address = plainAddress(socket.remoteAddress ?? '');
    if (!admission.enter(address)) {
      socket.destroy();
      return;
    }
    open.add(socket);
    socket.once('close', () => {
      open.delete(socket);
      admission.leave(address);
    });
    const client = { address, port: socket.remotePort ?? 0 };
    new TcpConnection(socket, client, { admission, limits }, answer).serve();
  });
  const port = await listen(server, endpoint);
  return {
    endpoint: { address: endpoint.address, port },
    limit(changed) {
      limits = { ...admission.limits, ...changed };
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

async function listen(server: Server, endpoint: Endpoint): Promise<number> {
  const { address, port } = endpoint;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  const isAny = address === '' || address === '::';
  const host = address === '' ? {} : { host: address };
  server.listen({ port, ipv6Only: address.includes(':') && !isAny, ...host }, resolve);
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
