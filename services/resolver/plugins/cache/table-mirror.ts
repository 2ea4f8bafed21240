/**
 * Entries → answers of the table, which readers give by the wall clock. Only what is the same
 * message for each client: asked without DO and CD, and without EDNS options.
 */
import type { CachedAnswers } from '../../plugin.ts';
import type { Entry } from './entry.ts';

export interface TableMirrorOptions {
  readonly cachedAnswers: CachedAnswers;
  /** Readers count TTLs down. */
  readonly keepsTtl: boolean;
  readonly nowMs: () => number;
}

/** What the chain was asked although it should be in the table is put there again, this often. */
const AGAIN_MS = 1000;

export class TableMirror {
  readonly #options: TableMirrorOptions;

  constructor(options: TableMirrorOptions) {
    this.#options = options;
  }

  keep(entry: Entry): void {
    if (!this.#isForAll(entry)) return;
    const { question, kept, type, saidAtWallMs } = entry;
    const { rcode, authoritative, recursionAvailable, authenticData } = kept.response;
    const { answer, authority, additional } = kept.response;
    const saidAtSeconds = Math.floor(saidAtWallMs / 1000);
    entry.mirroredAtMs = this.#options.nowMs();
    entry.isInTable = this.#options.cachedAnswers.keep(question.name, {
      type: question.type,
      rcode,
      authoritative,
      recursionAvailable,
      authenticData,
      answer,
      authority,
      additional,
      cached: {
        saidAtSeconds,
        expiresAtSeconds: saidAtSeconds + kept.lifetimeSeconds,
        denial: type === 'denial',
      },
    });
  }

  /**
   * The chain answered with it: the table lacks it, since it was full or the name was another's for
   * a while.
   */
  keepAgain(entry: Entry): void {
    if (this.#options.nowMs() - entry.mirroredAtMs >= AGAIN_MS) this.keep(entry);
  }

  forget(entry: Entry): void {
    if (!entry.isInTable) return;
    entry.isInTable = false;
    this.#options.cachedAnswers.forget(entry.question.name, entry.question.type);
  }

  /** How often readers gave it since the last call. */
  takeHits({ question, isInTable }: Entry): number {
    if (!isInTable) return 0;
    return this.#options.cachedAnswers.takeHits(question.name, question.type);
  }

  #isForAll({ question, kept }: Entry): boolean {
    if (question.dnssecOk || question.checkingDisabled || this.#options.keepsTtl) return false;
    return kept.response.options.length === 0;
  }
}
