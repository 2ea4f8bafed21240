/**
 * A record as it will stand in the arena, in memory of the writer's own: written there piece by
 * piece, compared with the one it would replace, and copied into its place as a whole.
 *
 *   begin(key) ─► answer(…) for each type ─► equals(old)? ─► store(arena)
 */
import { TCP_OCTETS_MAX } from '../dns/message.ts';
import type { Arena } from './arena.ts';
import { encodeTail, HEADER_OCTETS, headerOf, QUESTION_FIXED_OCTETS } from './encode-tail.ts';
import {
  ENTRY_COUNTS,
  ENTRY_EXTRAS,
  ENTRY_OCTETS,
  ENTRY_OTHERS,
  ENTRY_TAIL,
  ENTRY_TYPE,
  ENTRY_WORDS,
  EXTRAS_EXPIRY,
  EXTRAS_HITS,
  EXTRAS_ROTATION,
  EXTRAS_SAID_AT,
  EXTRAS_TTL_OFFSETS,
  EXTRAS_TTLS,
  OCTETS_TOO_MANY,
  RECORD_CHILDREN,
  RECORD_HASH,
  RECORD_KEY,
  RECORD_META,
  RECORD_OCTETS,
  RECORD_ZONE,
} from './layout.ts';
import type { MemoryViews } from './memory-views.ts';
import { REFUSED } from './plain-name.ts';
import { PLAIN_RECORD_OCTETS_MAX, PLAIN_RECORDS_MAX, PlainTail, plainType } from './plain-tail.ts';
import type { TableAnswer } from './table-answer.ts';
import type { Tail } from './tail.ts';

/** A copy reads whole words: this much past the last tail must be ours. */
const SLACK_OCTETS = 8;
const INITIAL_OCTETS = 1 << 16;

export class RecordImage {
  readonly #views: MemoryViews;
  readonly #plain: PlainTail;
  #words: Int32Array;
  #bytes: Uint8Array;
  #keyOctets = 0;
  #entry = 0;
  /** Where the next tail goes; after the last one, where the record ends. */
  #place = 0;

  constructor(views: MemoryViews) {
    this.#views = views;
    const buffer = new ArrayBuffer(INITIAL_OCTETS);
    this.#words = new Int32Array(buffer);
    this.#bytes = new Uint8Array(buffer);
    this.#plain = new PlainTail(this.#bytes);
  }

  /** `key`: the name in lower case, a word at a time, zeros behind it. */
  begin(
    key: Int32Array,
    octets: number,
    hash: number,
    view: number,
    zone: number,
    flags: number,
    children: number,
    answers: number,
  ): void {
    const words = this.#words;
    const keyWords = (octets >> 2) + 1;
    this.#keyOctets = octets;
    this.#entry = RECORD_KEY + keyWords;
    this.#place = (this.#entry + answers * ENTRY_WORDS) * 4;
    words[RECORD_HASH] = hash;
    words[RECORD_META] = octets | (view << 8) | (answers << 16) | flags;
    words[RECORD_ZONE] = zone;
    words[RECORD_CHILDREN] = children;
    for (let i = 0; i < keyWords; i++) words[RECORD_KEY + i] = key[i] ?? 0;
  }

  /** One type of the name. Throws RangeError for records that no message can hold. */
  answer(name: string, answer: TableAnswer): void {
    if (!this.#plainAnswer(name, answer)) this.tail(encodeTail(name, this.#keyOctets, answer));
  }

  /** One type, encoded before. */
  tail(tail: Tail): void {
    const extras = extrasOctets(tail);
    this.#reserve(extras + tail.octets.length);
    const { octets, rotation, cached } = tail;
    const place = this.#place;
    const end = place + extras + octets.length;
    this.#bytes.set(octets, place + extras);
    this.#putEntry(tail.type, tail.header, extras, tail.tooLong ? OCTETS_TOO_MANY : octets.length);
    this.#putCounts(tail.answers, tail.authorities, tail.additionals);
    this.#endAt(end);
    if (extras === 0) return;
    const words = this.#words;
    const word = place >> 2;
    this.#putRotation(word, rotation?.start ?? 0, rotation?.octets ?? 0, rotation?.count ?? 0);
    words[word + EXTRAS_EXPIRY] = cached?.expiry ?? 0;
    if (cached === undefined) return;
    words[word + EXTRAS_SAID_AT] = cached.saidAt;
    words[word + EXTRAS_HITS] = cached.hits;
    words[word + EXTRAS_TTLS] = cached.ttlOffsets.length | (cached.kind << 16);
    const offsets = place + EXTRAS_TTL_OFFSETS * 4;
    for (const [i, offset] of cached.ttlOffsets.entries()) {
      this.#bytes[offsets + 2 * i] = offset;
      this.#bytes[offsets + 2 * i + 1] = offset >> 8;
    }
  }

  /** Whether this is what already stands there, names below aside. */
  equals(record: number): boolean {
    const there = this.#views.words;
    const words = this.#words;
    const from = record >> 2;
    words[RECORD_OCTETS] = this.#place + SLACK_OCTETS;
    words[RECORD_CHILDREN] = there[from + RECORD_CHILDREN] ?? 0;
    const end = this.#place >> 2;
    for (let i = 0; i < end; i++) if (there[from + i] !== words[i]) return false;
    return true;
  }

  /** Copies it into the arena: where it then is; 0 when that is full. */
  store(arena: Arena): number {
    const octets = this.#place + SLACK_OCTETS;
    const at = arena.allocate(octets);
    if (at === 0) return 0;
    const words = this.#words;
    const there = this.#views.words;
    const to = at >> 2;
    words[RECORD_OCTETS] = octets;
    const end = this.#place >> 2;
    for (let i = 0; i < end; i++) there[to + i] = words[i] ?? 0;
    return at;
  }

  /** The short way; false when the codec must write the answer. */
  #plainAnswer(name: string, answer: TableAnswer): boolean {
    const type = plainType(answer.type);
    const { answer: records, additional } = answer;
    const count = records.length + additional.length;
    if (type === 0 || answer.cached !== undefined || count > PLAIN_RECORDS_MAX) return false;
    const rotates = answer.rotate === true && records.length > 1;
    // What turns must be alike: records of the name and type, and nothing else.
    if (rotates && !areAddresses(name, answer)) return false;
    const extras = rotates ? EXTRAS_SAID_AT * 4 : 0;
    this.#reserve(extras + count * PLAIN_RECORD_OCTETS_MAX);
    const tail = this.#place + extras;
    const end = this.#plain.write(name, RECORD_KEY * 4, this.#keyOctets, tail, answer);
    const start = HEADER_OCTETS + this.#keyOctets + QUESTION_FIXED_OCTETS;
    if (end === REFUSED || start + end - tail > TCP_OCTETS_MAX) return false;
    if (rotates) {
      const word = this.#place >> 2;
      const octets = (end - tail) / records.length;
      this.#words[word + EXTRAS_EXPIRY] = 0;
      this.#putRotation(word, 0, octets, records.length);
    }
    this.#putEntry(type, headerOf(answer), extras, end - tail);
    this.#putCounts(records.length, 0, additional.length);
    this.#endAt(end);
    return true;
  }

  #putEntry(type: number, header: number, extras: number, octets: number): void {
    const words = this.#words;
    words[this.#entry + ENTRY_TYPE] = type | (header << 16);
    words[this.#entry + ENTRY_TAIL] = this.#place + extras;
    words[this.#entry + ENTRY_OCTETS] = octets;
    words[this.#entry + ENTRY_EXTRAS] = extras === 0 ? 0 : this.#place;
  }

  #putCounts(answers: number, authorities: number, additionals: number): void {
    const words = this.#words;
    words[this.#entry + ENTRY_COUNTS] = 0x100 | (swapped(answers) << 16);
    words[this.#entry + ENTRY_OTHERS] = swapped(authorities) | (swapped(additionals) << 16);
    this.#entry += ENTRY_WORDS;
  }

  #putRotation(word: number, start: number, octets: number, count: number): void {
    this.#words[word + EXTRAS_ROTATION] = start;
    this.#words[word + EXTRAS_ROTATION + 1] = octets;
    this.#words[word + EXTRAS_ROTATION + 2] = count;
  }

  /** What stands between two tails is zero, so that equal records are equal in every word. */
  #endAt(end: number): void {
    const next = aligned(end);
    for (let at = end; at < next; at++) this.#bytes[at] = 0;
    this.#place = next;
  }

  #reserve(octets: number): void {
    const needed = this.#place + octets + SLACK_OCTETS;
    if (needed <= this.#bytes.length) return;
    const buffer = new ArrayBuffer(aligned(Math.max(needed, 2 * this.#bytes.length)));
    new Uint8Array(buffer).set(this.#bytes);
    this.#words = new Int32Array(buffer);
    this.#bytes = new Uint8Array(buffer);
    this.#plain.use(this.#bytes);
  }
}

function areAddresses(name: string, { type, answer, additional }: TableAnswer): boolean {
  if ((type !== 'A' && type !== 'AAAA') || additional.length > 0) return false;
  for (const record of answer) if (record.name !== name || record.type !== type) return false;
  return true;
}

/** A big-endian uint16 as a little-endian word reads it. */
function swapped(count: number): number {
  return ((count & 0xff) << 8) | ((count >> 8) & 0xff);
}

function extrasOctets({ rotation, cached }: Tail): number {
  if (cached !== undefined) return EXTRAS_TTL_OFFSETS * 4 + aligned(2 * cached.ttlOffsets.length);
  return rotation === undefined ? 0 : EXTRAS_SAID_AT * 4;
}

function aligned(octets: number): number {
  return (octets + 3) & ~3;
}
