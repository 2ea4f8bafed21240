/**
 * Reads a log in the background and keeps all that is delivered, for tests: wait for a fact with
 * `until`, then look at what came.
 */
import type { Delivery, EventLog, Position, ReadFrom, StoredEntry } from './log.ts';
import { Wakeup } from './wakeup.ts';

export class Follower {
  readonly deliveries: Delivery[] = [];
  readonly #changed = new Wakeup();
  readonly #abort = new AbortController();
  readonly #done: Promise<void>;
  #failure: unknown;
  #isOver = false;

  constructor(log: EventLog, from: ReadFrom = { kind: 'last-per-subject' }) {
    this.#done = this.#follow(log, from);
  }

  get entries(): readonly StoredEntry[] {
    return this.deliveries.flatMap((one) => (one.kind === 'entries' ? one.entries : []));
  }

  get positions(): readonly Position[] {
    return this.entries.map(({ position }) => position);
  }

  get texts(): readonly string[] {
    return this.entries.map(({ data }) => new TextDecoder().decode(data));
  }

  /** What a fold of last states comes to: subject → text. */
  get state(): ReadonlyMap<string, string> {
    const texts = this.texts;
    return new Map(this.entries.map(({ subject }, i) => [subject, texts[i] ?? '']));
  }

  has(kind: Delivery['kind']): boolean {
    return this.deliveries.some((one) => one.kind === kind);
  }

  /** Waits until this holds; throws what reading threw, or if it ended before. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#isOver) throw new Error('Reading has ended before what was waited for');
      await this.#changed.wait();
    }
  }

  caughtUp(): Promise<void> {
    return this.until(() => this.has('caught-up'));
  }

  reached(position: Position): Promise<void> {
    return this.until(() => (this.positions.at(-1) ?? 0) >= position);
  }

  /** Aborts and waits for the end of reading; throws what it threw. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#done;
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #follow(log: EventLog, from: ReadFrom): Promise<void> {
    try {
      for await (const delivery of log.read(from, this.#abort.signal)) {
        this.deliveries.push(delivery);
        this.#changed.notify();
      }
    } catch (error) {
      this.#failure = error;
    }
    this.#isOver = true;
    this.#changed.notify();
  }
}
