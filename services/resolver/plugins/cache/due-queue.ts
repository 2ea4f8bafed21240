/**
 * When something is to be done with which entry: buckets of a quarter of a second, so that a
 * quarter in which nothing is due costs one look into a map.
 */
import type { Entry } from './entry.ts';

export const BUCKET_MS = 250;

export class DueQueue {
  readonly #buckets = new Map<number, Set<Entry>>();
  /** All before this one are done with. */
  #next: number;

  constructor(nowMs: number) {
    this.#next = Math.floor(nowMs / BUCKET_MS);
  }

  /** Instead of what was set before; not before the bucket after this one. */
  set(entry: Entry, dueMs: number): void {
    this.remove(entry);
    const bucket = Math.max(Math.ceil(dueMs / BUCKET_MS), this.#next);
    const entries = this.#buckets.get(bucket) ?? new Set();
    entries.add(entry);
    this.#buckets.set(bucket, entries);
    entry.bucket = bucket;
  }

  remove(entry: Entry): void {
    const { bucket } = entry;
    if (bucket === undefined) return;
    entry.bucket = undefined;
    const entries = this.#buckets.get(bucket);
    entries?.delete(entry);
    if (entries?.size === 0) this.#buckets.delete(bucket);
  }

  /** Takes what is due, the earliest first; at most so many, and the rest the next time. */
  take(nowMs: number, most: number): readonly Entry[] {
    const due: Entry[] = [];
    const end = Math.floor(nowMs / BUCKET_MS);
    for (; this.#next <= end; this.#next++) {
      for (const entry of this.#buckets.get(this.#next) ?? []) {
        if (due.length === most) return due;
        due.push(entry);
        this.remove(entry);
      }
    }
    return due;
  }
}
