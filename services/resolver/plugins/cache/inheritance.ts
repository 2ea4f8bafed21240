/**
 * What the cache kept that this one follows, under another configuration: answers are taken over
 * when they are asked for, and all of them in pieces meanwhile.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Entry } from './entry.ts';
import type { KeptAnswers } from './kept-answers.ts';

/** Answers taken over before others have their turn: some 2 ms. */
const AT_ONCE = 200;

export class Inheritance {
  #from: KeptAnswers | undefined;
  readonly #into: KeptAnswers;

  constructor(from: KeptAnswers | undefined, into: KeptAnswers) {
    this.#from = from;
    this.#into = into;
  }

  /** Undefined: nothing was kept of it, or it has been taken over. */
  take(key: string): Entry | undefined {
    const old = this.#from?.get(key);
    if (old === undefined) return undefined;
    const { question, kept, popularity, hits } = old;
    const saidAt = { ms: old.saidAtMs, wallMs: old.saidAtWallMs };
    const entry = new Entry(key, question, kept, saidAt, popularity);
    entry.hits = hits;
    this.#into.put(entry);
    return entry;
  }

  /** Until the signal aborts. */
  async takeAll(signal: AbortSignal): Promise<void> {
    let left = AT_ONCE;
    for (const key of this.#from?.keys() ?? []) {
      if (this.#into.get(key) === undefined) this.take(key);
      if (--left > 0) continue;
      await nextTurn();
      if (signal.aborted) return;
      left = AT_ONCE;
    }
    this.#from = undefined;
  }
}
