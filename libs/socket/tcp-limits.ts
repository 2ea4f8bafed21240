/**
 * What TCP clients may take of this process: each connection is bounded in time and in octets, and
 * all of them in number, over all listeners that share the limits. What a limit turned away is
 * counted.
 */

/** What one connection may take. */
export interface ConnectionLimits {
  /** A connection on which nothing happens closes (CoreDNS: 10 s). */
  readonly idleMs: number;
  /** A message that has begun must be whole by then, or the connection closes (CoreDNS: 3 s). */
  readonly readMs: number;
  /** A client that has not read its responses by then is closed (CoreDNS: 5 s). */
  readonly writeMs: number;
  /** Queries that are answered, then it closes. */
  readonly queriesMax: number;
}

export interface TcpLimits extends ConnectionLimits {
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
  writeMs: 5_000,
  queriesMax: Number.POSITIVE_INFINITY,
  connectionsMax: 1024,
  connectionsPerClientMax: 128,
  pipelinedMax: 64,
  unreadOctetsMax: 1 << 16,
};

/** What HTTPS of one listener may take. */
export interface HttpLimits {
  readonly connectionsMax: number;
  /** Requests of one connection at once. */
  readonly streamsMax: number;
}

/** CoreDNS's. */
export const HTTP_LIMITS: HttpLimits = { connectionsMax: 200, streamsMax: 250 };

/** Why a connection ended before the client ended it: which time of the limits was over. */
export type Timeout = 'idle' | 'read' | 'write';

export class TcpAdmission {
  readonly limits: TcpLimits;
  #open = 0;
  #refused = 0;
  #handshakesFailed = 0;
  readonly #timedOut = { idle: 0, read: 0, write: 0 };
  readonly #perClient = new Map<string, number>();

  constructor(limits: Partial<TcpLimits> = {}) {
    this.limits = { ...TCP_LIMITS, ...limits };
  }

  /** Connections open now. */
  get open(): number {
    return this.#open;
  }

  /** Closed at once for want of room, since the start. */
  get refused(): number {
    return this.#refused;
  }

  /** Closed since a time was over, since the start. */
  get timedOut(): Readonly<Record<Timeout, number>> {
    return this.#timedOut;
  }

  /** Closed since they were not secured: no TLS, too slow, or without the right certificate. */
  get handshakesFailed(): number {
    return this.#handshakesFailed;
  }

  /**
   * False, and counted, when there is no room. Who enters must leave. `client` undefined: it speaks
   * for many. `hasRoom`: of its listener, which may have a limit of its own.
   */
  enter(client: string | undefined, hasRoom = true): boolean {
    const ofClient = client === undefined ? 0 : (this.#perClient.get(client) ?? 0);
    const { connectionsMax, connectionsPerClientMax } = this.limits;
    if (!hasRoom || this.#open >= connectionsMax || ofClient >= connectionsPerClientMax) {
      this.#refused++;
      return false;
    }
    this.#open++;
    if (client !== undefined) this.#perClient.set(client, ofClient + 1);
    return true;
  }

  leave(client: string | undefined): void {
    this.#open--;
    if (client === undefined) return;
    const left = (this.#perClient.get(client) ?? 1) - 1;
    if (left === 0) this.#perClient.delete(client);
    else this.#perClient.set(client, left);
  }

  countHandshake(): void {
    this.#handshakesFailed++;
  }

  countTimeout(timeout: Timeout): void {
    this.#timedOut[timeout]++;
  }
}
