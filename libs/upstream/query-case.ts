/**
 * Names are asked in a case that nobody can guess, one bit a letter, and a server repeats the name
 * as it was asked (draft-vixie-dnsext-dns0x20): one more thing that a liar off the path must know.
 * Most servers keep the case; which does not is found out, and asked in lower case for a while.
 *
 *   not known ─an answer in the case of the query─► keeps it
 *     │  no answer, or none that says something
 *     ▼
 *   plain for a while ◄─two replies in another case─ keeps it
 *
 * What is silent while it is not known may as well be from before EDNS, or behind who drops that:
 * it is asked without for as long.
 */
import type { RandomOctets } from './upstream-server.ts';

/** How long a server that does not keep the case is asked in lower case. */
const PLAIN_MS = 10 * 60_000;
/** As long where it is not known why it was silent: most often a packet was lost. */
const DOUBT_MS = 30_000;
/** Denials that were the same in lower case, until others are believed as they come. */
const SAME_MAX = 100;

export class CaseKeeping {
  #keeps = false;
  #same = 0;
  #plainUntilMs = Number.NEGATIVE_INFINITY;
  #doubtUntilMs = Number.NEGATIVE_INFINITY;

  /** It was seen to answer names in any case. */
  get isKnown(): boolean {
    return this.#keeps;
  }

  /** Whether names are asked in a case that is drawn. */
  isDrawn(nowMs: number): boolean {
    return nowMs >= this.#plainUntilMs;
  }

  /** Whether it is asked as servers have always been: it was silent, and is not known yet. */
  isDoubted(nowMs: number): boolean {
    return !this.#keeps && nowMs < this.#doubtUntilMs;
  }

  /** It answered a name in the case that was drawn. */
  keeps(): void {
    this.#keeps = true;
  }

  /** It denied a name in the case that was drawn, and in lower case. */
  deniesBoth(): void {
    // An answer may have come meanwhile.
    if (++this.#same >= SAME_MAX) this.#keeps = true;
  }

  /** It did not answer. */
  isSilent(nowMs: number): void {
    this.#plainUntilMs = nowMs + DOUBT_MS;
    this.#doubtUntilMs = this.#plainUntilMs;
  }

  doesNotKeep(nowMs: number): void {
    this.#keeps = false;
    this.#same = 0;
    this.#plainUntilMs = nowMs + PLAIN_MS;
  }
}

/** The name, each letter in a case that is drawn. */
export function inRandomCase(name: string, random: RandomOctets): string {
  const bits = random(Math.ceil(name.length / 8));
  let drawn = '';
  for (let i = 0; i < name.length; i++) {
    const letter = name.charAt(i);
    const isUpper = (((bits[i >> 3] ?? 0) >> (i & 7)) & 1) === 1;
    drawn += isUpper && letter >= 'a' && letter <= 'z' ? letter.toUpperCase() : letter;
  }
  return drawn;
}
