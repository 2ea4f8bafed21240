/**
 * A query in shared memory → its response, in place. The path of every known name: nothing is
 * allocated, awaited or locked, and nothing is read beyond the packet's end.
 *
 *   parse ─► find the name ─┬─ there: the entry of the type, or NODATA of its zone ─┐
 *                           └─ not: the closest name above, NXDOMAIN of its zone ───┴► compose
 *
 * What is unusual, or not certain, is handed over untouched: the chain gives the same message as
 * this where both could.
 */
import { UDP_OCTETS_MAX } from '../dns/message.ts';
import { COOKIE_OPTION_OCTETS, ServerCookies } from '../dns/server-cookie.ts';
import {
  AnswerCounter,
  NOTED_CLIENT_SHIFT,
  NOTED_GROUP_SHIFT,
  NOTED_KIND_SHIFT,
  NOTED_OCTETS_SHIFT,
  NOTED_RCODE_SHIFT,
  NOTED_WORDS_MAX,
} from './answer-counter.ts';
import { CELL_TRUNCATED, countersOf } from './counters.ts';
import {
  CACHED_NOT,
  DENIAL_FIRST_POINTER,
  DENIAL_LABELS,
  DENIAL_OCTETS,
  DENIAL_POINTERS,
  DENIAL_SUFFIX,
  DENIAL_SUFFIX_OCTETS,
  DENIAL_TAIL,
  ENTRY_COUNTS,
  ENTRY_EXTRAS,
  ENTRY_OCTETS,
  ENTRY_OTHERS,
  ENTRY_TAIL,
  ENTRY_TYPE,
  ENTRY_WORDS,
  EXPIRY_ZERO_SECONDS,
  EXTRAS_EXPIRY,
  EXTRAS_HITS,
  EXTRAS_ROTATION,
  EXTRAS_SAID_AT,
  EXTRAS_TTL_OFFSETS,
  EXTRAS_TTLS,
  FLAG_ABSENT_HANDS_OVER,
  FLAG_BELOW_HANDS_OVER,
  FLAG_HAND_OVER,
  FLAG_NO_ENCLOSER,
  FLAG_OWN,
  HITS_MAX,
  POINTS_INTO_TAIL,
  RECORD_KEY,
  RECORD_META,
  RECORD_ZONE,
  ROOT_COOKIES,
  ROOT_REFUSED,
  ROOT_ZONES,
  ZONE_COMPLETE,
  ZONE_DENIALS,
  ZONE_HEADER,
  ZONE_OFFSETS,
} from './layout.ts';
import { viewsOf } from './memory-views.ts';
import { NameLookup } from './name-lookup.ts';
import type { Transport } from './question-parser.ts';
import { OPT_OCTETS, QuestionParser } from './question-parser.ts';

/** Not worth an answer: too short for a header, or itself a response (answering those may loop). */
export const DROP = 0;
/** The packet is as it came: the chain answers it. */
export const HAND_OVER = -1;

const HEADER_OCTETS = 12;

/** Header octets, as the words they are read in (little-endian). */
const BIT_RESPONSE = 0x80_0000;
const BIT_TRUNCATED = 0x02;
/** Recursion desired, authentic data, checking disabled. */
const BIT_RD = 0x1_0000;
const BIT_AD = 0x2000_0000;
const BIT_CD = 0x1000_0000;
/** AD in a header's octets 2 and 3. */
const HEADER_AD = 0x2000;
/** Id, RD and CD go back as they came. */
const BITS_RETURNED = 0x1001_ffff;
const ONE_QUESTION = 0x0100;
const ONE_AUTHORITY = 0x0100;
const ONE_ADDITIONAL = 0x0100_0000;
const RCODE_NXDOMAIN = 0x0300;
const TYPE_DS = 43;

export interface AnswererOptions {
  /** TCP has no limit but its own; UDP has the client's. */
  readonly transport?: Transport;
  /** Of the rotation. */
  readonly seed?: number;
}

/** `answer` belongs to one thread, which is reader number `reader` of this memory. */
export function createAnswerer(
  memory: SharedArrayBuffer,
  reader: number,
  options: AnswererOptions = {},
): Answerer {
  return new Answerer(memory, reader, options);
}

export class Answerer {
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #data: DataView;
  readonly #lookup: NameLookup;
  readonly #counters: Float64Array;
  readonly #query: QuestionParser;
  readonly #cookies: ServerCookies;
  #random: number;

  /** Of the last response: the group that it counts for, and whether it was a cached answer. */
  group = 0;
  cachedKind = CACHED_NOT;
  /** Of all responses; whoever sends them says when a batch of them is out. */
  readonly counter: AnswerCounter;

  /** Of the response, as found: header octets 2 and 3, counts, and where the tail is. */
  #header = 0;
  #counts = 0;
  #others = 0;
  #tail = 0;
  #tailOctets = 0;
  #extras = 0;
  #denial = 0;

  constructor(
    memory: SharedArrayBuffer,
    reader: number,
    { transport = 'udp', seed = 0x2545f491 }: AnswererOptions,
  ) {
    const views = viewsOf(memory);
    this.#words = views.words;
    this.#bytes = views.bytes;
    this.#data = views.data;
    this.#lookup = new NameLookup(views);
    this.#counters = countersOf(memory, reader);
    this.counter = new AnswerCounter(memory, reader);
    this.#query = new QuestionParser(views, transport);
    this.#cookies = new ServerCookies(views.words, ROOT_COOKIES);
    this.#random = (seed ^ Math.imul(reader + 1, 0x9e3779b1)) | 1;
  }

  /**
   * Octets of the response that now stands at `from` (4-aligned, with room for the limit and 16
   * octets more), DROP or HAND_OVER. `client`: where the octets of its address are, 4-aligned; 1
   * more says that they are of IPv6.
   */
  answer(from: number, octets: number, view: number, nowSeconds: number, client: number): number {
    if (octets < HEADER_OCTETS || ((this.#words[from >> 2] ?? 0) & BIT_RESPONSE) !== 0) return DROP;
    if (!this.#query.parse(from, octets) || !this.#find(from, view, nowSeconds)) return HAND_OVER;
    // The tail will cover what the client sent.
    if (this.#query.optOctets > OPT_OCTETS) {
      const { cookie, cookieOctets } = this.#query;
      this.#cookies.take(this.#bytes, cookie, cookieOctets, client, nowSeconds);
    }
    const response = this.#compose(from, nowSeconds);
    const { counter } = this;
    const noted = counter.notedWords;
    counter.noted[noted] =
      this.#query.type |
      (((this.#header >> 8) & 15) << NOTED_RCODE_SHIFT) |
      (this.cachedKind << NOTED_KIND_SHIFT) |
      ((((client & 1) << 1) | (this.#query.dnssecOk >> 7)) << NOTED_CLIENT_SHIFT) |
      (this.group << NOTED_GROUP_SHIFT);
    counter.noted[noted + 1] = (octets << NOTED_OCTETS_SHIFT) | response;
    counter.notedWords = noted + 2;
    if (noted + 2 === NOTED_WORDS_MAX) counter.count();
    return response;
  }

  /** What answers the question; false when the chain must. */
  #find(from: number, view: number, nowSeconds: number): boolean {
    const words = this.#words;
    const at = from + HEADER_OCTETS;
    const octets = this.#query.nameEnd + 1 - at;
    this.#extras = 0;
    this.#denial = 0;
    this.cachedKind = CACHED_NOT;
    const record = this.#lookup.find(this.#lookup.hash(at, octets, view), octets, view);
    if (record === 0) return this.#findEncloser(view, record);
    const word = record >> 2;
    const meta = words[word + RECORD_META] ?? 0;
    if ((meta & FLAG_HAND_OVER) !== 0) return false;
    let entry = word + RECORD_KEY + (octets >> 2) + 1;
    const end = entry + ((meta >> 16) & 255) * ENTRY_WORDS;
    while (entry < end && ((words[entry + ENTRY_TYPE] ?? 0) & 0xffff) !== this.#query.type) {
      entry += ENTRY_WORDS;
    }
    if (entry < end) {
      this.group = (words[word + RECORD_ZONE] ?? 0) >>> 16;
      return this.#useEntry(from, record, entry, nowSeconds);
    }
    if ((meta & FLAG_ABSENT_HANDS_OVER) !== 0) return false;
    // Of a zone the parent has it (RFC 4035 § 3.1.4.1), which may be served too, by others.
    if (this.#query.type === TYPE_DS) return false;
    if ((meta & FLAG_OWN) === 0) return this.#findEncloser(view, record);
    return this.#useDenial(words[word + RECORD_ZONE] ?? 0, 0);
  }

  #useEntry(from: number, record: number, entry: number, nowSeconds: number): boolean {
    const words = this.#words;
    const asked = words[from >> 2] ?? 0;
    this.#header = (words[entry + ENTRY_TYPE] ?? 0) >>> 16;
    // Only for who asks for it (RFC 6840 § 5.8).
    if ((asked & BIT_AD) === 0 && this.#query.dnssecOk === 0) this.#header &= ~HEADER_AD;
    this.#tail = record + (words[entry + ENTRY_TAIL] ?? 0);
    this.#tailOctets = words[entry + ENTRY_OCTETS] ?? 0;
    this.#counts = words[entry + ENTRY_COUNTS] ?? 0;
    this.#others = words[entry + ENTRY_OTHERS] ?? 0;
    const extras = words[entry + ENTRY_EXTRAS] ?? 0;
    if (extras === 0) return true;
    this.#extras = record + extras;
    const word = this.#extras >> 2;
    const expiry = words[word + EXTRAS_EXPIRY] ?? 0;
    if (expiry === 0) return true;
    if (expiry <= nowSeconds - EXPIRY_ZERO_SECONDS) return false;
    // What is cached was asked with RD, without DO and CD, and answers only such queries.
    if ((asked & (BIT_RD | BIT_CD)) !== BIT_RD || this.#query.dnssecOk !== 0) return false;
    this.cachedKind = (words[word + EXTRAS_TTLS] ?? 0) >>> 16;
    const hits = words[word + EXTRAS_HITS] ?? 0;
    if (hits < HITS_MAX) words[word + EXTRAS_HITS] = hits + 1; // a store takes the line from others
    return true;
  }

  /**
   * The longest suffix that exists: its zone denies the name. Whether it may, the longest one says
   * that was put by itself: what is between exists only for the names below it, as the name asked
   * may do (`there`, or 0).
   */
  #findEncloser(view: number, there: number): boolean {
    const words = this.#words;
    let encloser = there;
    for (let label = 1; label <= this.#query.labelCount; label++) {
      const suffix =
        label === this.#query.labelCount ? this.#query.nameEnd : (this.#query.labels[label] ?? 0);
      const octets = this.#query.nameEnd + 1 - suffix;
      const record = this.#lookup.find(this.#lookup.hash(suffix, octets, view), octets, view);
      if (record === 0) continue;
      const meta = words[(record >> 2) + RECORD_META] ?? 0;
      if ((meta & FLAG_NO_ENCLOSER) !== 0) continue;
      if (encloser === 0 && (meta & FLAG_HAND_OVER) !== 0) return false;
      if ((meta & FLAG_BELOW_HANDS_OVER) !== 0) return false;
      if (encloser === 0) encloser = record;
      if ((meta & FLAG_OWN) !== 0) break;
    }
    if (encloser === 0) return false;
    const rcode = there === 0 ? RCODE_NXDOMAIN : 0;
    return this.#useDenial(words[(encloser >> 2) + RECORD_ZONE] ?? 0, rcode);
  }

  /**
   * NODATA or NXDOMAIN, if the zone is known to be complete: its SOA, with pointers to set. `zone`:
   * the word of the record, with its group.
   */
  #useDenial(zone: number, rcode: number): boolean {
    const words = this.#words;
    const block = words[ROOT_ZONES + (zone & 0xffff)] ?? 0;
    if (block === 0 || words[(block >> 2) + ZONE_COMPLETE] === 0) return false;
    if (rcode !== 0 && words[ROOT_REFUSED] !== 0) return false;
    const last = (block >> 2) + ZONE_OFFSETS + (words[(block >> 2) + ZONE_DENIALS] ?? 0) - 1;
    let denial = (block >> 2) + ZONE_OFFSETS;
    while (denial < last && !this.#isBelow(block + (words[denial] ?? 0))) denial++;
    this.group = zone >>> 16;
    this.#denial = block + (words[denial] ?? 0);
    this.#tail = this.#denial + (words[(this.#denial >> 2) + DENIAL_TAIL] ?? 0);
    this.#tailOctets = words[(this.#denial >> 2) + DENIAL_OCTETS] ?? 0;
    this.#header = (words[(block >> 2) + ZONE_HEADER] ?? 0) | rcode;
    this.#counts = ONE_QUESTION;
    this.#others = ONE_AUTHORITY;
    return true;
  }

  /** Whether the name asked is at or below the suffix of this denial. */
  #isBelow(denial: number): boolean {
    const words = this.#words;
    const bytes = this.#bytes;
    const at = this.#query.suffixAt(words[(denial >> 2) + DENIAL_LABELS] ?? 0);
    const octets = words[(denial >> 2) + DENIAL_SUFFIX_OCTETS] ?? 0;
    if (at < 0 || this.#query.nameEnd + 1 - at !== octets) return false;
    const suffix = denial + (words[(denial >> 2) + DENIAL_SUFFIX] ?? 0);
    for (let i = 0; i < octets; i++) {
      const octet = bytes[at + i] ?? 0;
      const folded = octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet;
      if (folded !== bytes[suffix + i]) return false;
    }
    return true;
  }

  /** Tail, OPT and header around the client's own question. */
  #compose(from: number, nowSeconds: number): number {
    const data = this.#data;
    let end = this.#query.questionEnd;
    if (end - from + this.#tailOctets + this.#query.optOctets > this.#query.limit) {
      this.#header |= BIT_TRUNCATED;
      this.#counts = ONE_QUESTION;
      this.#others = 0;
      bump(this.#counters, CELL_TRUNCATED, 1);
    } else {
      if (this.#extras !== 0) this.#copyExtras(end, nowSeconds);
      else copy(data, end, this.#tail, this.#tailOctets);
      if (this.#denial !== 0) this.#point(from, end);
      end += this.#tailOctets;
    }
    if (this.#query.optOctets !== 0) {
      data.setInt32(end, 0x00002900 | (UDP_OCTETS_MAX >> 8)); // root, type, our size
      data.setInt32(end + 4, (UDP_OCTETS_MAX & 0xff) << 24); // … version 0
      data.setInt32(end + 7, this.#query.dnssecOk << 24); // DO, no options
      if (this.#query.optOctets > OPT_OCTETS) {
        data.setUint16(end + 9, COOKIE_OPTION_OCTETS);
        this.#cookies.write(data, end + OPT_OCTETS);
      }
      this.#others = (this.#others + ONE_ADDITIONAL) | 0;
      end += this.#query.optOctets;
    }
    const words = this.#words;
    const base = from >> 2;
    words[base] = ((words[base] ?? 0) & BITS_RETURNED) | (this.#header << 16);
    words[base + 1] = this.#counts;
    words[base + 2] = this.#others;
    return end - from;
  }

  /** Copies a tail with rotation, or with TTLs that count down. */
  #copyExtras(to: number, nowSeconds: number): void {
    const words = this.#words;
    const data = this.#data;
    const extras = this.#extras >> 2;
    const count = words[extras + EXTRAS_ROTATION + 2] ?? 0;
    if (count === 0) copy(data, to, this.#tail, this.#tailOctets);
    else this.#copyRotated(to, words[extras + EXTRAS_ROTATION] ?? 0, extras, count);
    if (this.cachedKind !== CACHED_NOT) this.#countDown(to, nowSeconds);
  }

  /** Each TTL by itself (RFC 1035 § 3.2.1). A clock that was set back ages nothing. */
  #countDown(to: number, nowSeconds: number): void {
    const words = this.#words;
    const data = this.#data;
    const extras = this.#extras >> 2;
    const age = nowSeconds - EXPIRY_ZERO_SECONDS - (words[extras + EXTRAS_SAID_AT] ?? 0);
    if (age <= 0) return;
    const ttls = (words[extras + EXTRAS_TTLS] ?? 0) & 0xffff;
    const offsets = this.#extras + EXTRAS_TTL_OFFSETS * 4;
    for (let i = 0; i < ttls; i++) {
      const at = to + data.getUint16(offsets + 2 * i, true);
      data.setInt32(at, Math.max(0, data.getInt32(at) - age));
    }
  }

  #copyRotated(to: number, start: number, extras: number, count: number): void {
    const data = this.#data;
    const from = this.#tail;
    const one = this.#words[extras + EXTRAS_ROTATION + 1] ?? 0;
    let random = this.#random; // xorshift32 (Marsaglia)
    random ^= random << 13;
    random ^= random >>> 17;
    random ^= random << 5;
    this.#random = random;
    const group = start + count * one;
    const first = start + (((random >>> 16) * count) >>> 16) * one;
    if (start > 0) copy(data, to, from, start);
    copy(data, to + start, from + first, group - first);
    copy(data, to + start + group - first, from + start, first - start);
    if (group < this.#tailOctets) {
      copy(data, to + group, from + group, this.#tailOctets - group);
    }
  }

  /** Sets the pointers of a denial: to the suffix, wherever that is in the question, or within. */
  #point(from: number, to: number): void {
    const words = this.#words;
    const denial = this.#denial >> 2;
    const suffix = this.#query.suffixAt(words[denial + DENIAL_LABELS] ?? 0) - from;
    const count = words[denial + DENIAL_POINTERS] ?? 0;
    for (let i = 0; i < count; i++) {
      const pointer = words[denial + DENIAL_FIRST_POINTER + i] ?? 0;
      const base = (pointer & POINTS_INTO_TAIL) !== 0 ? to - from : suffix;
      this.#data.setUint16(to + (pointer >> 16), 0xc000 | (base + (pointer & 0x7fff)));
    }
  }
}

/** Whole words at any offset, so up to three octets past the end: no call, and no allocation. */
function copy(data: DataView, to: number, from: number, octets: number): void {
  for (let i = 0; i < octets; i += 4) {
    data.setInt32(to + i, data.getInt32(from + i, true), true);
  }
}

function bump(counters: Float64Array, cell: number, by: number): void {
  counters[cell] = (counters[cell] ?? 0) + by;
}
