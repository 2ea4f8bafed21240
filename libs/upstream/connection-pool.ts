/**
 * Connections to one server, and queries that share them. A connection that nobody uses is kept for
 * the next query until it expires.
 *
 *   query ─► a connection with room ─► else a new one ─► else that with the fewest
 *
 * A server takes only so many connections, of all its clients: one that can't be opened while
 * others are open says that these must do.
 */
import type { Message } from '../dns/message.ts';
import { type Asking, ConnectionEnded, ExchangeFailure, tooLong } from './upstream-server.ts';

export interface Connection {
  /** Rejects with ExchangeFailure. */
  readonly opened: Promise<void>;
  /** Ended, or about to: it takes no query any more. */
  readonly isEnding: boolean;
  /** Queries that it carries at the same time as well as if they were alone. */
  readonly comfortable: number;
  /** Rejects with ExchangeFailure. */
  ask(query: Message, timeoutMs: number): Promise<Message>;
  /** At once, with whatever waits. */
  end(): void;
}

export interface PoolOptions {
  /** `onEnd`: when it ended, by whomever. */
  readonly open: (timeoutMs: number, onEnd: () => void) => Connection;
  /** Unused for so long, in milliseconds, it is ended. */
  readonly expireMs: number;
  /** After so long it takes no more queries; 0: whatever its age. */
  readonly ageMsMax: number;
  /** Connections that are kept though nobody uses them; 0: all. */
  readonly idleMax: number;
  readonly nowMs: () => number;
  readonly dialTimeoutMs: () => number;
  /** A query found a connection, or had to open one. */
  readonly onQuery: (found: boolean) => void;
}

/** To one server: Unbound takes ten by default, of all its clients. */
export const CONNECTIONS_MAX = 8;
/**
 * Queries that wait on one connection: ids of a stream are drawn, and must be free. With all
 * connections more than `max_concurrent` has by default.
 */
const WAITING_MAX = 1000;

/** How long no more connections are tried than a server took, in milliseconds. */
const ENOUGH_MS = 10_000;

/** It could not be opened. */
class NotOpened extends ExchangeFailure {
  override readonly name = 'NotOpened';
}

interface Member {
  readonly connection: Connection;
  readonly openedMs: number;
  isOpen: boolean;
  /** Queries that use it. */
  users: number;
  expiry: NodeJS.Timeout | undefined;
}

export class ConnectionPool {
  readonly #options: PoolOptions;
  readonly #members = new Set<Member>();
  /** Until then no more are opened than there are. */
  #enoughUntilMs = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Rejects with ExchangeFailure. */
  async ask(query: Message, asking: Asking): Promise<Message> {
    const known = this.#known();
    this.#options.onQuery(known !== undefined);
    if (known === undefined) return this.#askOverNew(this.#open(), query, asking);
    try {
      return await this.#askOver(known, query, asking);
    } catch (error) {
      if (error instanceof NotOpened) return this.#askOverOpen(error, query, asking);
      // Servers end what was unused for some time, and queries cross that on the way.
      if (!(error instanceof ConnectionEnded)) throw error;
      return this.#askOverNew(this.#fresh(), query, asking);
    }
  }

  async #askOverNew(member: Member, query: Message, asking: Asking): Promise<Message> {
    try {
      return await this.#askOver(member, query, asking);
    } catch (error) {
      // One too many is refused, or taken and closed.
      if (!(error instanceof NotOpened || error instanceof ConnectionEnded)) throw error;
      return this.#askOverOpen(error, query, asking);
    }
  }

  /** After one that could not be had. Where none is open, that is the failure. */
  async #askOverOpen(failure: ExchangeFailure, query: Message, asking: Asking): Promise<Message> {
    let last = failure;
    for (let left = CONNECTIONS_MAX; left > 0; left--) {
      const member = this.#leastUsedOpen();
      if (member === undefined) throw last;
      this.#enoughUntilMs = this.#options.nowMs() + ENOUGH_MS;
      try {
        return await this.#askOver(member, query, asking);
      } catch (error) {
        if (!(error instanceof ConnectionEnded)) throw error;
        last = error;
      }
    }
    throw last;
  }

  #leastUsedOpen(): Member | undefined {
    let least: Member | undefined;
    for (const member of this.#members) {
      const { isOpen, users, connection } = member;
      if (!isOpen || connection.isEnding || users >= WAITING_MAX) continue;
      if (least === undefined || users < least.users) least = member;
    }
    return least;
  }

  close(): void {
    this.#isClosed = true;
    for (const { connection } of this.#members) connection.end();
  }

  /** One to use; undefined: a new one is better, or none can take more. */
  #known(): Member | undefined {
    const { ageMsMax, nowMs } = this.#options;
    const isYoung = ({ openedMs }: Member) => ageMsMax === 0 || nowMs() - openedMs < ageMsMax;
    const able = [...this.#members].filter(
      (member) => !member.connection.isEnding && isYoung(member),
    );
    // Of those that nobody uses the last one, so that the others expire.
    const idle = able.findLast(({ users }) => users === 0);
    if (idle !== undefined) return idle;
    const [first, ...others] = able;
    if (first === undefined) return undefined;
    const least = others.reduce((a, b) => (b.users < a.users ? b : a), first);
    if (least.users < least.connection.comfortable) return least;
    const mayOpen = this.#members.size < CONNECTIONS_MAX && nowMs() >= this.#enoughUntilMs;
    return mayOpen || least.users >= WAITING_MAX ? undefined : least;
  }

  /** One that is new, or at least another. */
  #fresh(): Member {
    if (this.#members.size < CONNECTIONS_MAX) return this.#open();
    return this.#known() ?? this.#open();
  }

  #open(): Member {
    if (this.#isClosed) throw new ExchangeFailure('the server is not asked any more');
    if (this.#members.size >= CONNECTIONS_MAX) {
      throw new ExchangeFailure(`too many queries wait on its ${CONNECTIONS_MAX} connections`);
    }
    const { open, nowMs, dialTimeoutMs } = this.#options;
    const connection = open(dialTimeoutMs(), () => {
      clearTimeout(member.expiry);
      this.#members.delete(member);
    });
    const member: Member = {
      connection,
      openedMs: nowMs(),
      isOpen: false,
      users: 0,
      expiry: undefined,
    };
    this.#members.add(member);
    return member;
  }

  async #askOver(member: Member, query: Message, asking: Asking): Promise<Message> {
    const { connection } = member;
    const { nowMs } = this.#options;
    member.users++;
    clearTimeout(member.expiry);
    try {
      await this.#opened(member, Math.min(asking.dialTimeoutMs, asking.endMs - nowMs()));
      const leftMs = Math.min(asking.readTimeoutMs, asking.endMs - nowMs());
      if (leftMs <= 0) throw new ExchangeFailure('there is no time left to ask');
      return await connection.ask(query, leftMs);
    } finally {
      member.users--;
      if (member.users === 0) this.#idle(member);
    }
  }

  async #opened(member: Member, timeoutMs: number): Promise<void> {
    try {
      await openWithin(member, timeoutMs);
      member.isOpen = true;
    } catch (error) {
      if (!(error instanceof ExchangeFailure)) throw error;
      throw new NotOpened(error.message);
    }
  }

  /** Nobody uses it now. */
  #idle(member: Member): void {
    const { connection, openedMs } = member;
    const { expireMs, ageMsMax, idleMax, nowMs } = this.#options;
    const idle = [...this.#members].filter(({ users }) => users === 0).length;
    const isOld = ageMsMax > 0 && nowMs() - openedMs >= ageMsMax;
    if (connection.isEnding || isOld || expireMs === 0 || (idleMax > 0 && idle > idleMax)) {
      connection.end();
      return;
    }
    member.expiry = setTimeout(() => connection.end(), expireMs).unref();
  }
}

/** Ends a connection that does not open in time, if nobody else waits for it: a new one may. */
function openWithin(member: Member, timeoutMs: number): Promise<void> {
  const { connection } = member;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => {
        reject(new ExchangeFailure(tooLong(`no connection within ${Math.round(timeoutMs)} ms`)));
        if (member.users === 1) connection.end();
      },
      Math.max(1, timeoutMs),
    );
    connection.opened.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
