/**
 * A store in the memory of this process: the reference for the contract, and the medium of tests.
 */
import type { Head } from '../log/log.ts';
import type { AdvanceOutcome, FactChange, FactSnapshot, SharedAnswer, Store } from './store.ts';

/** Answers kept; the oldest goes first. About 5 MiB. */
const ANSWERS_MAX = 10_000;

interface Facts {
  head: Head;
  readonly bySubject: Map<string, Uint8Array>;
}

interface Kept {
  readonly message: Uint8Array;
  readonly sinceMs: number;
  readonly untilMs: number;
}

export class MemoryStore implements Store {
  readonly #nowMs: () => number;
  readonly #clusters = new Map<string, Facts>();
  readonly #answers = new Map<string, Kept>();

  constructor(nowMs: () => number = Date.now) {
    this.#nowMs = nowMs;
  }

  async head(cluster: string): Promise<Head | undefined> {
    return this.#clusters.get(cluster)?.head;
  }

  async read(cluster: string): Promise<FactSnapshot | undefined> {
    const facts = this.#clusters.get(cluster);
    return facts && { head: facts.head, facts: new Map(facts.bySubject) };
  }

  async advance(
    cluster: string,
    from: Head | undefined,
    to: Head,
    changes: readonly FactChange[],
  ): Promise<AdvanceOutcome> {
    const facts = this.#clusters.get(cluster);
    if (!isSame(facts?.head, from)) return { kind: 'conflict', head: facts?.head };
    const moved = facts ?? { head: to, bySubject: new Map<string, Uint8Array>() };
    moved.head = to;
    for (const { subject, data } of changes) {
      if (data === undefined) moved.bySubject.delete(subject);
      else moved.bySubject.set(subject, data.slice());
    }
    this.#clusters.set(cluster, moved);
    return { kind: 'advanced' };
  }

  async discard(cluster: string, from: Head): Promise<AdvanceOutcome> {
    const head = this.#clusters.get(cluster)?.head;
    if (!isSame(head, from)) return { kind: 'conflict', head };
    this.#clusters.delete(cluster);
    return { kind: 'advanced' };
  }

  async get(key: string): Promise<SharedAnswer | undefined> {
    const kept = this.#answers.get(key);
    if (kept === undefined) return undefined;
    const nowMs = this.#nowMs();
    if (kept.untilMs > nowMs) return { message: kept.message, ageMs: nowMs - kept.sinceMs };
    this.#answers.delete(key);
    return undefined;
  }

  async set(key: string, message: Uint8Array, ttlSeconds: number): Promise<void> {
    this.#answers.delete(key);
    if (ttlSeconds < 1) return;
    const sinceMs = this.#nowMs();
    const untilMs = sinceMs + Math.floor(ttlSeconds) * 1000;
    this.#answers.set(key, { message: message.slice(), sinceMs, untilMs });
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > ANSWERS_MAX && oldest !== undefined) this.#answers.delete(oldest);
  }

  async forget(key: string): Promise<void> {
    this.#answers.delete(key);
  }

  async close(): Promise<void> {}
}

function isSame(a: Head | undefined, b: Head | undefined): boolean {
  const isPlace = a?.position === b?.position && a?.incarnation === b?.incarnation;
  return isPlace && a?.mark === b?.mark;
}
