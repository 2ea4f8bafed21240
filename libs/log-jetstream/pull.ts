/**
 * One consumer on a stream, read by pull requests, until anything at all goes wrong with it.
 *
 *   demand ──► server ──► entries, numbered by the consumer ──► buffer ──► take()
 *                 └─────► heartbeats while there is nothing
 *
 * A session never repairs itself. A number that does not follow the one before, a silent server, a
 * new connection, a refused request end it with a reason; whoever reads then begins another session
 * behind the last position. That one path heals everything, and it is the path that tests go.
 *
 * Requests are always out ahead of the entries, so that a new one is sent to us the moment that it
 * is stored.
 */
import { AckPolicy, type ConsumerConfig } from '@nats-io/jetstream';
import { createInbox, type Msg, nanos, type Subscription } from 'nats';
import {
  DELIVERY_ENTRIES_MAX,
  DELIVERY_OCTETS_MAX,
  type Position,
  type StoredEntry,
} from '../log/log.ts';
import { Wakeup } from '../log/wakeup.ts';
import type { Nats } from './connection.ts';

/** Entries asked for by one request; another follows when half of them have come. */
const REQUEST_ENTRIES = 500;
/** How long a request stands. */
const REQUEST_EXPIRES_MS = 30_000;
/** While there is nothing to send the server says so this often. */
const HEARTBEAT_MS = 500;
/** Two heartbeats missed, and a little patience. */
const SILENT_MS = 1250;
/** A consumer that nobody asks for this long is deleted by the server. */
const INACTIVE_MS = 30_000;

const IDLE = 100;
const REQUEST_TIMEOUT = 408;
const CONFLICT = 409;

export interface Taken {
  readonly entries: readonly StoredEntry[];
  /** Entries that the server still has to send, as it knew when it sent the last of these. */
  readonly pending: number;
  /** The last of them as it came, for its header. */
  readonly last: Msg | undefined;
}

export type StartAt = Pick<ConsumerConfig, 'deliver_policy' | 'opt_start_seq' | 'filter_subject'>;

export class PullSession {
  /** Entries that waited for it when the consumer was made. */
  readonly pendingAtStart: number;
  readonly #nats: Nats;
  readonly #stream: string;
  readonly #consumer: string;
  readonly #inbox: Subscription;
  readonly #requestSubject: string;
  readonly #replyTo: string;
  readonly #watch: NodeJS.Timeout;
  readonly #changed = new Wakeup();
  #buffer: StoredEntry[] = [];
  #octets = 0;
  #lastMsg: Msg | undefined;
  #pending = 0;
  #demand = 0;
  #consumerSeq = 0;
  #heardAt = performance.now();
  #isIdle = false;
  #failure: Error | undefined;

  static async begin(nats: Nats, stream: string, startAt: StartAt): Promise<PullSession> {
    const { name, num_pending } = await nats.manager.consumers.add(stream, {
      ack_policy: AckPolicy.None,
      inactive_threshold: nanos(INACTIVE_MS),
      mem_storage: true,
      num_replicas: 1,
      ...startAt,
    });
    return new PullSession(nats, stream, name, num_pending);
  }

  private constructor(nats: Nats, stream: string, consumer: string, pending: number) {
    this.pendingAtStart = pending;
    this.#nats = nats;
    this.#stream = stream;
    this.#consumer = consumer;
    const { apiPrefix = '$JS.API' } = nats.manager.getOptions();
    this.#requestSubject = `${apiPrefix}.CONSUMER.MSG.NEXT.${stream}.${consumer}`;
    this.#replyTo = createInbox(nats.inboxPrefix);
    this.#inbox = nats.nc.subscribe(this.#replyTo, {
      callback: (error, msg) => (error === null ? this.#receive(msg) : this.fail(error.message)),
    });
    this.#watch = setInterval(() => this.#lookForSilence(), HEARTBEAT_MS / 2);
    this.#ask();
  }

  /** What has come, waiting for it; nothing, once, when the server says that there is nothing. */
  async take(): Promise<Taken> {
    while (this.#buffer.length === 0) {
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#isIdle) {
        this.#isIdle = false;
        return { entries: [], pending: 0, last: undefined };
      }
      await this.#changed.wait();
    }
    const taken = { entries: this.#buffer, pending: this.#pending, last: this.#lastMsg };
    this.#buffer = [];
    this.#octets = 0;
    this.#ask();
    return taken;
  }

  fail(why: string): void {
    this.#failure ??= new Error(why);
    this.#changed.notify();
  }

  end(): void {
    clearInterval(this.#watch);
    this.#inbox.unsubscribe();
    this.fail('reading has ended');
    // Only to be tidy: the server deletes it anyhow after a while.
    this.#nats.manager.consumers.delete(this.#stream, this.#consumer).catch(() => {});
  }

  #ask(): void {
    if (this.#demand > REQUEST_ENTRIES / 2 || this.#octets >= DELIVERY_OCTETS_MAX) return;
    if (this.#buffer.length + this.#demand + REQUEST_ENTRIES > DELIVERY_ENTRIES_MAX) return;
    if (this.#demand === 0) this.#heardAt = performance.now();
    this.#demand += REQUEST_ENTRIES;
    const request = {
      batch: REQUEST_ENTRIES,
      max_bytes: DELIVERY_OCTETS_MAX,
      expires: nanos(REQUEST_EXPIRES_MS),
      idle_heartbeat: nanos(HEARTBEAT_MS),
    };
    this.#nats.nc.publish(this.#requestSubject, JSON.stringify(request), { reply: this.#replyTo });
  }

  #receive(msg: Msg): void {
    if (this.#failure !== undefined) return;
    this.#heardAt = performance.now();
    const isStatus = (msg.headers?.code ?? 0) !== 0;
    const wrong = isStatus ? this.#receiveStatus(msg) : this.#receiveEntry(msg);
    if (wrong !== undefined) this.fail(wrong);
    else this.#ask();
  }

  /** What is wrong with it, if anything is. */
  #receiveEntry(msg: Msg): string | undefined {
    const { position, consumerSeq, pending } = readReply(msg.reply ?? '');
    if (consumerSeq !== this.#consumerSeq + 1) {
      return `entry ${this.#consumerSeq + 1} of the consumer did not arrive`;
    }
    this.#consumerSeq = consumerSeq;
    this.#demand -= 1;
    this.#pending = pending;
    this.#isIdle = false;
    this.#buffer.push({ position, subject: msg.subject, data: msg.data });
    this.#octets += msg.data.length;
    this.#lastMsg = msg;
    this.#changed.notify();
    return undefined;
  }

  #receiveStatus(msg: Msg): string | undefined {
    const { code = 0, description = '' } = msg.headers ?? {};
    if (code === IDLE) {
      const sent = Number(msg.headers?.get('Nats-Last-Consumer') || this.#consumerSeq);
      if (sent > this.#consumerSeq) return `entry ${sent} of the consumer did not arrive`;
      this.#isIdle = true;
      this.#changed.notify();
      return undefined;
    }
    const isSpent = code === CONFLICT && /exceeds maxbytes/i.test(description);
    const unserved = Number(msg.headers?.get('Nats-Pending-Messages') || Number.NaN);
    if ((code !== REQUEST_TIMEOUT && !isSpent) || Number.isNaN(unserved)) {
      return `the server ends the request: ${code} ${description}`;
    }
    this.#demand -= unserved;
    return undefined;
  }

  #lookForSilence(): void {
    if (!this.#isSilent()) return;
    // A busy process hears late: what waits in the socket is read before this is believed.
    setImmediate(() => setImmediate(() => this.#isSilent() && this.fail('the server is silent')));
  }

  #isSilent(): boolean {
    return this.#demand > 0 && performance.now() - this.#heardAt > SILENT_MS;
  }
}

/**
 * Where an entry stands, from the reply subject that it came with, counted from the fixed part's
 * end: `$JS.ACK.[domain.account.]stream.consumer.delivered.position.consumerSeq.time.pending[.…]`.
 */
function readReply(reply: string): {
  position: Position;
  consumerSeq: number;
  pending: number;
} {
  const tokens = reply.split('.');
  const first = tokens.length === 9 ? 5 : 7;
  const [position, consumerSeq, , pending] = tokens.slice(first, first + 4).map(Number);
  if (position === undefined || consumerSeq === undefined || pending === undefined) {
    return { position: Number.NaN, consumerSeq: Number.NaN, pending: Number.NaN };
  }
  return { position, consumerSeq, pending };
}
