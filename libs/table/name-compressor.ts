/**
 * Names of one message being written: where each suffix stands, so that it can be pointed at (RFC
 * 1035 § 4.1.4). Gives what the codec gives, without a string or an object for each suffix; what is
 * not plain (escapes, long messages) it refuses, and the codec writes the answer.
 */

import { REFUSED, writePlainName } from './plain-name.ts';

/** Pointers have 14 bits; what begins later can't be pointed at. */
const POINTER_MAX = 0x3fff;
const NAME_OCTETS_MAX = 255;
const HEADER_OCTETS = 12;
/** Type and class of the question. */
const QUESTION_FIXED_OCTETS = 4;
/** Suffixes of one message at most, in twice as many slots. */
const SUFFIXES_MAX = 2048;
const SLOTS = 2 * SUFFIXES_MAX;
/** Messages until the slots must be cleared: sixteen bits of a place. */
const ROUNDS_MAX = 0xffff;
/** FNV-1a (Fowler, Noll, Vo). */
const FNV_PRIME = 0x0100_0193;
const FNV_BASIS = 0x811c_9dc5 | 0;

export class NameCompressor {
  /** Where the message is written, and where in it its tail begins. */
  #bytes: Uint8Array;
  #tail = 0;
  #question = 0;
  #questionOctets = 0;
  /** Slots: hash of a suffix, and place in the message | round. */
  readonly #hashes = new Int32Array(SLOTS);
  readonly #places = new Int32Array(SLOTS);
  #round = 0;
  #suffixes = 0;
  /** The name at hand: wire form, where its labels begin, and the hash of each suffix. */
  readonly #wire = new Uint8Array(NAME_OCTETS_MAX);
  readonly #labels = new Uint8Array(128);
  readonly #suffixHashes = new Int32Array(128);
  #labelCount = 0;
  #octets = 0;
  /** Where the name written last stands first in the message; 0: it is the root. */
  place = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The octets have moved. */
  use(bytes: Uint8Array): void {
    this.#bytes = bytes;
  }

  /**
   * Another message: its question's name of so many octets stands at `question` of the bytes, what
   * follows the question is written from `tail` on.
   */
  begin(question: number, octets: number, tail: number): void {
    this.#question = question;
    this.#questionOctets = octets;
    this.#tail = tail;
    if (++this.#round > ROUNDS_MAX) {
      this.#places.fill(0);
      this.#round = 1;
    }
    this.#suffixes = 0;
    const bytes = this.#bytes;
    for (let i = 0; i < octets; i++) this.#wire[i] = bytes[question + i] ?? 0;
    this.#octets = octets;
    this.#hashSuffixes();
    for (let i = 0; i < this.#labelCount; i++) this.#add(i, HEADER_OCTETS + (this.#labels[i] ?? 0));
  }

  /** Writes characters `from` to the end of the text, a name; where it ends, or REFUSED. */
  write(text: string, from: number, compress: boolean, at: number): number {
    const octets = writePlainName(text, from, this.#wire, 0);
    if (octets === REFUSED) return REFUSED;
    this.#octets = octets;
    this.#hashSuffixes();
    let known = 0;
    let seen = 0;
    while (known < this.#labelCount && seen === 0) {
      seen = this.#find(known);
      if (seen === 0) known++;
    }
    const place = at - this.#tail + HEADER_OCTETS + this.#questionOctets + QUESTION_FIXED_OCTETS;
    const isTooFar = known > 0 && place + (this.#labels[known - 1] ?? 0) > POINTER_MAX;
    if (isTooFar || this.#suffixes + known > SUFFIXES_MAX) return REFUSED;
    this.place = known === 0 ? seen : place;
    const bytes = this.#bytes;
    const wire = this.#wire;
    const isPointer = compress && seen !== 0;
    const end = isPointer ? (this.#labels[known] ?? 0) : this.#octets - 1;
    for (let i = 0; i < end; i++) bytes[at + i] = wire[i] ?? 0;
    at += end;
    // Only now, for to find one is to read it. None of a name's suffixes is another of them.
    for (let i = 0; i < known; i++) this.#add(i, place + (this.#labels[i] ?? 0));
    if (!isPointer) {
      bytes[at] = 0;
      return at + 1;
    }
    bytes[at] = 0xc0 | (seen >> 8);
    bytes[at + 1] = seen & 0xff;
    return at + 2;
  }

  /** From the last label to the first, so that each goes on from the suffix before. */
  #hashSuffixes(): void {
    const wire = this.#wire;
    this.#labelCount = 0;
    for (let at = 0; (wire[at] ?? 0) !== 0; at += (wire[at] ?? 0) + 1) {
      this.#labels[this.#labelCount++] = at;
    }
    let hash = FNV_BASIS;
    let end = this.#octets - 1;
    for (let i = this.#labelCount - 1; i >= 0; i--) {
      const label = this.#labels[i] ?? 0;
      for (let at = label; at < end; at++) {
        hash = Math.imul(hash ^ folded(wire[at] ?? 0), FNV_PRIME);
      }
      this.#suffixHashes[i] = hash;
      end = label;
    }
  }

  #add(label: number, place: number): void {
    const hash = this.#suffixHashes[label] ?? 0;
    let slot = slotOf(hash);
    while ((this.#places[slot] ?? 0) >>> 16 === this.#round) slot = (slot + 1) & (SLOTS - 1);
    this.#hashes[slot] = hash;
    this.#places[slot] = place | (this.#round << 16);
    this.#suffixes++;
  }

  /** Where the suffix from this label on stands first; 0: nowhere. */
  #find(label: number): number {
    const hash = this.#suffixHashes[label] ?? 0;
    for (let slot = slotOf(hash); ; slot = (slot + 1) & (SLOTS - 1)) {
      const place = this.#places[slot] ?? 0;
      if (place >>> 16 !== this.#round) return 0;
      if (this.#hashes[slot] === hash && this.#isAt(label, place & 0xffff)) return place & 0xffff;
    }
  }

  /** Whether what stands there, its pointers followed, is the suffix. */
  #isAt(label: number, place: number): boolean {
    const bytes = this.#bytes;
    const wire = this.#wire;
    let at = this.#offsetOf(place);
    for (let i = this.#labels[label] ?? 0; i < this.#octets - 1; ) {
      let size = bytes[at] ?? 0;
      while (size >= 0xc0) {
        at = this.#offsetOf(((size & 0x3f) << 8) | (bytes[at + 1] ?? 0));
        size = bytes[at] ?? 0;
      }
      if (size !== wire[i]) return false;
      for (let k = 1; k <= size; k++) {
        if (folded(bytes[at + k] ?? 0) !== folded(wire[i + k] ?? 0)) return false;
      }
      i += size + 1;
      at += size + 1;
    }
    while ((bytes[at] ?? 0) >= 0xc0) {
      at = this.#offsetOf((((bytes[at] ?? 0) & 0x3f) << 8) | (bytes[at + 1] ?? 0));
    }
    return bytes[at] === 0;
  }

  /** Where in the bytes a place of the message is. */
  #offsetOf(place: number): number {
    const inQuestion = place - HEADER_OCTETS;
    if (inQuestion < this.#questionOctets) return this.#question + inQuestion;
    return this.#tail + inQuestion - this.#questionOctets - QUESTION_FIXED_OCTETS;
  }
}

function slotOf(hash: number): number {
  return (hash ^ (hash >>> 15)) & (SLOTS - 1);
}

function folded(octet: number): number {
  return octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet;
}
