/**
 * A connection over TCP or TLS that carries many queries at once, replies in any order (RFC 7766
 * §§ 6.2.1.1, 7). What comes for nobody, and a peer that says nothing, end it.
 */
import type { Socket } from 'node:net';
import { encode } from '../dns/encode.ts';
import type { Message } from '../dns/message.ts';
import { framed, TcpFraming } from '../socket/tcp-framing.ts';
import type { Connection } from './connection-pool.ts';
import { judgeReply } from './reply-check.ts';
import {
  ConnectionEnded,
  ExchangeFailure,
  type RandomOctets,
  randomId,
  tooLong,
} from './upstream-server.ts';

/** Messages in a row that nobody waits for: replies that came too late, or nonsense. */
const STRAYS_MAX = 100;
/** Replies that may still come too late: with more, the connection is not used any more. */
const LATE_MAX = 1000;

interface Waiting {
  readonly query: Message;
  readonly timer: NodeJS.Timeout;
  resolve(reply: Message): void;
  reject(failure: ExchangeFailure): void;
}

export interface StreamOptions {
  readonly socket: Socket;
  /** When it can be written: `secureConnect` of TLS. */
  readonly openEvent: 'connect' | 'secureConnect';
  readonly dialTimeoutMs: number;
  readonly random: RandomOctets;
  readonly onOpened: (ok: boolean) => void;
  readonly onEnd: () => void;
}

export class StreamConnection implements Connection {
  readonly opened: Promise<void>;
  /** Some servers answer one after another. */
  readonly comfortable = 1;
  readonly #socket: Socket;
  readonly #random: RandomOctets;
  readonly #framing = new TcpFraming();
  readonly #waiting = new Map<number, Waiting>();
  /** Ids of queries that nobody waits for any more: what comes to them is for no other query. */
  readonly #late = new Set<number>();
  #replies = 0;
  #strays = 0;
  #isEnded = false;
  /** A query got no reply, and nothing else came since. */
  #isSilent = false;

  constructor({ socket, openEvent, dialTimeoutMs, random, onOpened, onEnd }: StreamOptions) {
    this.#socket = socket;
    this.#random = random;
    socket.setNoDelay(true);
    this.opened = new Promise((resolve, reject) => {
      let why = 'the connection was closed';
      const timer = setTimeout(() => {
        why = tooLong(`no connection within ${Math.round(dialTimeoutMs)} ms`);
        socket.destroy();
      }, dialTimeoutMs);
      let isOpen = false;
      socket.once(openEvent, () => {
        clearTimeout(timer);
        isOpen = true;
        onOpened(true);
        resolve();
      });
      socket.on('error', (error) => {
        why = error.message;
      });
      socket.once('close', () => {
        clearTimeout(timer);
        if (!isOpen) onOpened(false);
        reject(new ExchangeFailure(why));
        this.#isEnded = true;
        for (const { reject } of this.#take()) reject(new ConnectionEnded(why));
        onEnd();
      });
    });
    this.opened.catch(() => {});
    socket.on('data', (octets) => {
      for (const message of this.#framing.push(octets)) this.#receive(message);
    });
  }

  get isEnding(): boolean {
    const isIll = this.#isSilent || this.#late.size > LATE_MAX;
    return this.#isEnded || isIll || this.#socket.writableNeedDrain;
  }

  ask(query: Message, timeoutMs: number): Promise<Message> {
    if (this.#isEnded) return Promise.reject(new ConnectionEnded('the connection was closed'));
    const id = this.#freeId();
    const asked = { ...query, id };
    const packet = framed(encode(asked));
    return new Promise((resolve, reject) => {
      const before = this.#replies;
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        this.#late.add(id);
        if (this.#replies === before) this.#isSilent = true;
        reject(
          new ExchangeFailure(tooLong(`no reply within ${Math.round(timeoutMs)} ms over TCP`)),
        );
      }, timeoutMs);
      this.#waiting.set(id, { query: asked, timer, resolve, reject });
      this.#socket.write(packet);
    });
  }

  end(): void {
    this.#isEnded = true;
    this.#socket.destroy();
  }

  #receive(message: Uint8Array): void {
    const id = ((message[0] ?? 0) << 8) | (message[1] ?? 0);
    const waiting = message.length < 2 ? undefined : this.#waiting.get(id);
    if (waiting === undefined) {
      this.#late.delete(id);
      if (++this.#strays > STRAYS_MAX) this.end();
      return;
    }
    clearTimeout(waiting.timer);
    this.#waiting.delete(id);
    this.#strays = 0;
    this.#replies++;
    const verdict = judgeReply(waiting.query, message);
    if (verdict.kind === 'reply') waiting.resolve(verdict.message);
    else if (verdict.kind === 'foreign') {
      waiting.reject(new ExchangeFailure('a reply to another query over TCP'));
      this.end();
    } else {
      const why = verdict.kind === 'broken' ? verdict.why : 'it is truncated over TCP';
      waiting.reject(new ExchangeFailure(`an unreadable reply: ${why}`));
    }
  }

  /** Nobody waits any more. */
  #take(): readonly Waiting[] {
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { timer } of all) clearTimeout(timer);
    return all;
  }

  #freeId(): number {
    for (;;) {
      const id = randomId(this.#random);
      if (!this.#waiting.has(id) && !this.#late.has(id)) return id;
    }
  }
}
