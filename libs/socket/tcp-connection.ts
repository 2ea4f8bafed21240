/**
 * One TCP connection: octets in any pieces ─► messages ─► answers, in the order in which they are
 * ready. An answer of many messages is a stream: one of them is made when there is room for it.
 *
 * The client reads and writes as it likes, so each of the three is bounded: how long nothing may
 * happen, how long a message may take, how much of the answers may lie unread and how long. Above
 * that its next queries stay in the kernel, which slows this client and nobody else.
 */
import type { Socket } from 'node:net';
import type { Endpoint } from './socket-address.ts';
import { framed, TcpFraming } from './tcp-framing.ts';
import type { TcpAdmission, TcpLimits, Timeout } from './tcp-limits.ts';

/** A response of several messages (RFC 5936 § 2.2). */
export interface MessageStream {
  readonly first: Uint8Array;
  /** Made one at a time. What it throws ends the connection: the client must not miss a part. */
  readonly more: IterableIterator<Uint8Array>;
}

/** Undefined is silence. */
export type TcpResponse = Uint8Array | MessageStream | undefined;

export type TcpAnswer = (
  packet: Uint8Array,
  client: Endpoint,
) => TcpResponse | Promise<TcpResponse>;

/** How long a client has to close its side after we closed ours, in ms. */
const LAST_READING_MS = 200;

/** `limits` are of this connection, `admission` counts for all. */
export interface Bounds {
  readonly admission: TcpAdmission;
  readonly limits: TcpLimits;
}

export class TcpConnection {
  readonly #socket: Socket;
  readonly #client: Endpoint;
  readonly #admission: TcpAdmission;
  readonly #limits: TcpLimits;
  readonly #answer: TcpAnswer;
  readonly #framing = new TcpFraming();
  /** Whole messages that wait for their turn; at most what one read gave. */
  #waiting: readonly Uint8Array[] = [];
  #inFlight = 0;
  /** Queries taken since the start. */
  #taken = 0;
  /** Responses that are not sent whole, the next one to go on first. */
  #streams: Iterator<Uint8Array>[] = [];
  #isStreaming = false;
  #ended = false;
  #isLeaving = false;
  #reading: NodeJS.Timeout | undefined;
  #writing: NodeJS.Timeout | undefined;

  constructor(socket: Socket, client: Endpoint, bounds: Bounds, answer: TcpAnswer) {
    this.#socket = socket;
    this.#client = client;
    this.#admission = bounds.admission;
    this.#limits = bounds.limits;
    this.#answer = answer;
  }

  serve(): void {
    const socket = this.#socket;
    socket.setTimeout(this.#limits.idleMs);
    socket.on('timeout', () => {
      // A query that the chain still has: its answer, or its end, sets the time anew.
      if (this.#underWay === 0) this.#end('idle');
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      clearTimeout(this.#reading);
      clearTimeout(this.#writing);
      for (const stream of this.#streams) stream.return?.();
      this.#streams = [];
    });
    socket.on('drain', () => {
      clearTimeout(this.#writing);
      this.#writing = undefined;
      this.#proceed();
      this.#streamOn();
    });
    socket.on('data', (octets) => {
      if (this.#isLeaving) return;
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

  /** Takes no more queries; ends once those that came are answered. */
  leave(): void {
    this.#isLeaving = true;
    this.#proceed();
  }

  /** Queries that are not answered, or not wholly. */
  get #underWay(): number {
    return this.#inFlight + this.#streams.length;
  }

  /** Answers what waits, as far as the limits go; reads on when nothing waits. */
  #proceed(): void {
    const { pipelinedMax, unreadOctetsMax, queriesMax } = this.#limits;
    let next = 0;
    this.#socket.cork(); // answers that are ready together leave together
    for (; next < this.#waiting.length; next++) {
      if (this.#underWay >= pipelinedMax || this.#socket.writableLength >= unreadOctetsMax) break;
      if (this.#taken >= queriesMax) break;
      const message = this.#waiting[next];
      if (message === undefined) continue;
      this.#taken++;
      this.#serveOne(message);
    }
    const isSpent = this.#taken >= queriesMax;
    this.#waiting = isSpent ? [] : this.#waiting.slice(next);
    this.#socket.uncork();
    if (this.#waiting.length > 0) this.#pause();
    else if (isSpent && this.#underWay === 0) this.#socket.destroySoon();
    else if (this.#isLeaving && this.#underWay === 0) endSoon(this.#socket);
    else if (this.#ended && this.#underWay === 0) this.#socket.end();
    else this.#resume();
  }

  /** The time to read is the client's: while we do not read, it has no say in it. */
  #pause(): void {
    this.#socket.pause();
    clearTimeout(this.#reading);
    this.#reading = undefined;
  }

  #resume(): void {
    this.#socket.resume();
    this.#watchReading(false);
  }

  #serveOne(message: Uint8Array): void {
    const response = this.#answer(message, this.#client);
    if (response instanceof Promise) void this.#serveLate(response);
    else this.#write(response);
  }

  async #serveLate(response: Promise<TcpResponse>): Promise<void> {
    this.#inFlight++;
    const late = await response.catch(() => undefined);
    this.#inFlight--;
    if (this.#socket.destroyed) return;
    this.#socket.setTimeout(this.#limits.idleMs);
    this.#write(late);
    this.#proceed();
  }

  #write(response: TcpResponse): void {
    if (response === undefined || !this.#socket.writable) return;
    if (response instanceof Uint8Array) {
      this.#send(response);
      return;
    }
    this.#send(response.first);
    this.#streams.push(response.more);
    this.#streamOn();
  }

  /**
   * A message of the next stream, and in another turn of the event loop those after it: a whole
   * zone at once would hold up everybody else.
   */
  #streamOn(): void {
    if (this.#isStreaming || this.#streams.length === 0) return;
    if (this.#socket.writableLength >= this.#limits.unreadOctetsMax) return; // until 'drain'
    this.#isStreaming = true;
    setImmediate(() => {
      this.#isStreaming = false;
      const stream = this.#streams.shift();
      if (stream === undefined) return;
      const message = next(stream);
      if (message === 'failed') this.#socket.destroy();
      else if (message === undefined) this.#proceed();
      else {
        this.#streams.push(stream);
        this.#send(message);
      }
      this.#streamOn();
    });
  }

  #send(message: Uint8Array): void {
    if (this.#socket.write(framed(message)) || this.#writing !== undefined) return;
    this.#writing = setTimeout(() => this.#end('write'), this.#limits.writeMs);
  }

  /** The time runs from the first octet of a message; more octets of it do not extend it. */
  #watchReading(isNext: boolean): void {
    if (isNext || !this.#framing.isWithin) {
      clearTimeout(this.#reading);
      this.#reading = undefined;
    }
    if (!this.#framing.isWithin || this.#reading !== undefined) return;
    this.#reading = setTimeout(() => this.#end('read'), this.#limits.readMs);
  }

  #end(timeout: Timeout): void {
    this.#admission.countTimeout(timeout);
    this.#socket.destroy();
  }
}

/** Also where the client does not end its side: it has a moment to read what it was sent. */
export function endSoon(socket: Socket): void {
  if (socket.writableEnded) return;
  socket.end(() => {
    const late = setTimeout(() => socket.destroy(), LAST_READING_MS);
    socket.once('close', () => clearTimeout(late));
  });
}

/** The next message of a stream; undefined after its last. */
function next(stream: Iterator<Uint8Array>): Uint8Array | 'failed' | undefined {
  try {
    const result = stream.next();
    return result.done === true ? undefined : result.value;
  } catch {
    return 'failed';
  }
}
