/**
 * DNS over TCP (RFC 7766): queries may be sent without waiting for answers, and answers come in the
 * order in which they are ready.
 *
 * Every connection is bounded: in time (idle, and from the first octet of a message to its last),
 * in queries at once and in what waits to be read by the client; and all of them in number.
 */
import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { ListenError } from './listen-error.ts';
import type { Endpoint } from './socket-address.ts';
import { framed, TcpFraming } from './tcp-framing.ts';
import { codeOf } from './udp-dgram.ts';

export interface TcpLimits {
  /** A connection without a message closes (CoreDNS: 10 s). */
  readonly idleMs: number;
  /** A message that has begun must be whole by then, or the connection closes. */
  readonly readMs: number;
  /** Connections; the next one is closed at once. A descriptor and some 10 KiB each. */
  readonly connectionsMax: number;
  /** Of one client address, so that none takes all. */
  readonly connectionsPerClientMax: number;
  /** Queries of one connection at once; the rest waits in the socket. */
  readonly pipelinedMax: number;
  /** Responses that the client has not read; above, its next queries wait. */
  readonly unreadOctetsMax: number;
}

export const TCP_LIMITS: TcpLimits = {
  idleMs: 10_000,
  readMs: 3_000,
  connectionsMax: 1024,
  connectionsPerClientMax: 128,
  pipelinedMax: 64,
  unreadOctetsMax: 1 << 18,
};

export interface TcpOptions {
  readonly endpoint: Endpoint;
  /** The response; undefined for silence. */
  readonly answer: (
    packet: Uint8Array,
    client: Endpoint,
  ) => Uint8Array | undefined | Promise<Uint8Array | undefined>;
  readonly limits?: Partial<TcpLimits>;
}

export interface TcpListener {
  readonly endpoint: Endpoint;
  /** Open now. */
  readonly connections: number;
  /** Closed at once for want of room, since the start. */
  readonly refused: number;
  close(): Promise<void>;
}

/** Opens the listener; port 0 takes a free one. Rejects with ListenError. */
export async function openTcp({ endpoint, answer, limits }: TcpOptions): Promise<TcpListener> {
  const connections = new Connections({ ...TCP_LIMITS, ...limits }, answer);
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) =>
    connections.accept(socket),
  );
  const port = await listen(server, endpoint);
  return {
    endpoint: { address: endpoint.address, port },
    get connections() {
      return connections.count;
    },
    get refused() {
      return connections.refused;
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      connections.destroyAll();
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

class Connections {
  refused = 0;
  readonly #limits: TcpLimits;
  readonly #answer: TcpOptions['answer'];
  readonly #open = new Set<Socket>();
  readonly #perClient = new Map<string, number>();

  constructor(limits: TcpLimits, answer: TcpOptions['answer']) {
    this.#limits = limits;
    this.#answer = answer;
  }

  get count(): number {
    return this.#open.size;
  }

  accept(socket: Socket): void {
    const { connectionsMax, connectionsPerClientMax } = this.#limits;
    const address = plainAddress(socket.remoteAddress ?? '');
    const ofClient = this.#perClient.get(address) ?? 0;
    if (this.#open.size >= connectionsMax || ofClient >= connectionsPerClientMax) {
      this.refused++;
      socket.destroy();
      return;
    }
    this.#open.add(socket);
    this.#perClient.set(address, ofClient + 1);
    socket.once('close', () => {
      this.#open.delete(socket);
      const left = (this.#perClient.get(address) ?? 1) - 1;
      if (left === 0) this.#perClient.delete(address);
      else this.#perClient.set(address, left);
    });
    const client = { address, port: socket.remotePort ?? 0 };
    new TcpConnection(socket, client, this.#limits, this.#answer).serve();
  }

  destroyAll(): void {
    for (const socket of this.#open) socket.destroy();
  }
}

class TcpConnection {
  readonly #socket: Socket;
  readonly #client: Endpoint;
  readonly #limits: TcpLimits;
  readonly #answer: TcpOptions['answer'];
  readonly #framing = new TcpFraming();
  /** Whole messages that wait for their turn; at most what one read gave. */
  #waiting: readonly Uint8Array[] = [];
  #inFlight = 0;
  #ended = false;
  #reading: NodeJS.Timeout | undefined;

  constructor(socket: Socket, client: Endpoint, limits: TcpLimits, answer: TcpOptions['answer']) {
    this.#socket = socket;
    this.#client = client;
    this.#limits = limits;
    this.#answer = answer;
  }

  serve(): void {
    const socket = this.#socket;
    socket.setTimeout(this.#limits.idleMs, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => clearTimeout(this.#reading));
    socket.on('drain', () => this.#proceed());
    socket.on('data', (octets) => {
      const messages = this.#framing.push(octets);
      this.#waiting = [...this.#waiting, ...messages];
      this.#watchReading(messages.length > 0);
      this.#proceed();
    });
    socket.on('end', () => {
      this.#ended = true;
      this.#proceed();
    });
  }

  /** Answers what waits, as far as the limits go; reads on when nothing waits. */
  #proceed(): void {
    const { pipelinedMax, unreadOctetsMax } = this.#limits;
    const mayAnswer = () =>
      this.#inFlight < pipelinedMax && this.#socket.writableLength < unreadOctetsMax;
    let next = 0;
    for (; next < this.#waiting.length && mayAnswer(); next++) {
      const message = this.#waiting[next];
      if (message !== undefined) this.#serveOne(message);
    }
    this.#waiting = this.#waiting.slice(next);
    if (this.#waiting.length > 0) this.#socket.pause();
    else if (this.#ended && this.#inFlight === 0) this.#socket.end();
    else this.#socket.resume();
  }

  #serveOne(message: Uint8Array): void {
    const response = this.#answer(message, this.#client);
    if (!(response instanceof Promise)) {
      this.#write(response);
      return;
    }
    this.#inFlight++;
    response
      .catch(() => undefined)
      .then((late) => {
        this.#inFlight--;
        this.#write(late);
        this.#proceed();
      });
  }

  #write(response: Uint8Array | undefined): void {
    if (response !== undefined && this.#socket.writable) this.#socket.write(framed(response));
  }

  /** The time runs from the first octet of a message; more octets of it do not extend it. */
  #watchReading(isNext: boolean): void {
    if (isNext || !this.#framing.isWithin) {
      clearTimeout(this.#reading);
      this.#reading = undefined;
    }
    if (!this.#framing.isWithin || this.#reading !== undefined) return;
    this.#reading = setTimeout(() => this.#socket.destroy(), this.#limits.readMs);
  }
}

/** An IPv4 client of a dual-stack listener has its IPv4 address. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
}
