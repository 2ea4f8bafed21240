/**
 * The short way for what clusters are made of: addresses, SRV with the addresses of its targets,
 * PTR, CNAME, NS. Written record by record into the image of the table's record, with the names
 * compressed as the codec does it; everything else is left to the codec.
 */
import type { RR } from '../dns/rrset.ts';
import { NameCompressor } from './name-compressor.ts';
import { REFUSED, writePlainName } from './plain-name.ts';
import type { TableAnswer } from './table-answer.ts';
import { writeIpv4, writeIpv6, writeSrvNumbers } from './write-rdata.ts';

/** Longer answers are not worth a short way. */
export const PLAIN_RECORDS_MAX = 2000;
/** Of one record: two names, the fixed part and the longest other rdata, rounded up. */
export const PLAIN_RECORD_OCTETS_MAX = 576;

/** Of one answer, whose addresses are found without the compressor. */
const TARGETS_MAX = 16;
const HEADER_OCTETS = 12;
const CLASS_IN = 1;
const TYPE_A = 1;
const TYPE_NS = 2;
const TYPE_CNAME = 5;
const TYPE_PTR = 12;
const TYPE_AAAA = 28;
const TYPE_SRV = 33;

/** 0: not one of these. */
export function plainType(type: string): number {
  switch (type) {
    case 'A':
      return TYPE_A;
    case 'AAAA':
      return TYPE_AAAA;
    case 'SRV':
      return TYPE_SRV;
    case 'PTR':
      return TYPE_PTR;
    case 'CNAME':
      return TYPE_CNAME;
    case 'NS':
      return TYPE_NS;
    default:
      return 0;
  }
}

export class PlainTail {
  readonly #compressor: NameCompressor;
  #bytes: Uint8Array;
  #name = '';
  #question = 0;
  #questionOctets = 0;
  #tail = 0;
  /** The name asked has no escapes. */
  #isPlain = false;
  /** Of the answer, at most one name is another one. */
  #isOnly = false;
  /** The first targets of SRV: the text that each ends, where in it, and where in the message. */
  readonly #targetTexts: string[] = [];
  readonly #targetStarts = new Int32Array(TARGETS_MAX);
  readonly #targetPlaces = new Int32Array(TARGETS_MAX);
  #targets = 0;
  /** The compressor knows the question. */
  #isBegun = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#compressor = new NameCompressor(bytes);
  }

  /** The octets have moved. */
  use(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#compressor.use(bytes);
  }

  /**
   * Writes the tail of an answer at `tail`; where it ends, or REFUSED. The name asked, lower case,
   * stands as `octets` at `question`.
   */
  write(
    name: string,
    question: number,
    octets: number,
    tail: number,
    { answer, authority, additional }: TableAnswer,
  ): number {
    this.#name = name;
    this.#question = question;
    this.#questionOctets = octets;
    this.#tail = tail;
    this.#isBegun = false;
    this.#targets = 0;
    // Without escapes, octets and characters are at the same places.
    this.#isPlain = octets === name.length + 1;
    const isOne = answer.length === 1 && additional.length === 0;
    this.#isOnly = isOne && answer[0]?.name === name;
    if (authority.length > 0 || octets === 1) return REFUSED;
    const end = this.#records(answer, tail);
    return end === REFUSED ? REFUSED : this.#records(additional, end);
  }

  #records(records: readonly RR[], at: number): number {
    for (let i = 0; i < records.length && at !== REFUSED; i++) {
      const record = records[i];
      if (record !== undefined) at = this.#record(record, at);
    }
    return at;
  }

  #record({ name, type, ttl, rdata }: RR, at: number): number {
    const number = plainType(type);
    if (number === 0) return REFUSED;
    const bytes = this.#bytes;
    if (name === this.#name) {
      bytes[at] = 0xc0;
      bytes[at + 1] = HEADER_OCTETS; // where the name asked begins
      at += 2;
    } else {
      at = this.#writeName(name, 0, true, at);
      if (at === REFUSED) return REFUSED;
    }
    bytes[at] = 0;
    bytes[at + 1] = number;
    bytes[at + 2] = 0;
    bytes[at + 3] = CLASS_IN;
    bytes[at + 4] = ttl >>> 24;
    bytes[at + 5] = ttl >>> 16;
    bytes[at + 6] = ttl >>> 8;
    bytes[at + 7] = ttl;
    const end = this.#rdata(number, rdata, at + 10);
    if (end === REFUSED) return REFUSED;
    const octets = end - at - 10;
    bytes[at + 8] = octets >> 8;
    bytes[at + 9] = octets;
    return end;
  }

  #rdata(type: number, rdata: string, at: number): number {
    if (type === TYPE_A) return writeIpv4(rdata, this.#bytes, at);
    if (type === TYPE_AAAA) return writeIpv6(rdata, this.#bytes, at);
    if (type !== TYPE_SRV) return this.#writeName(rdata, 0, true, at);
    const target = writeSrvNumbers(rdata, this.#bytes, at);
    return target === REFUSED ? REFUSED : this.#writeName(rdata, target, false, at + 6);
  }

  /**
   * Most names need no compressor: they are the end of the name asked, or the only one and share
   * nothing with it. What it was not told of, no other name may point at; so it is told of all
   * once it is needed.
   */
  #writeName(text: string, from: number, compress: boolean, at: number): number {
    if (!this.#isPlain) return REFUSED;
    const asked = this.#placeInQuestion(text, from);
    if (asked !== 0) return compress ? this.#writePointer(asked, at) : this.#copyAsked(asked, at);
    if (this.#isOnly && !sharesLastLabel(text, from, this.#name)) {
      const octets = writePlainName(text, from, this.#bytes, at);
      return octets === REFUSED ? REFUSED : at + octets;
    }
    if (!this.#isBegun) {
      this.#compressor.begin(this.#question, this.#questionOctets, this.#tail);
      this.#isBegun = true;
    }
    const known = compress ? this.#placeOfTarget(text, from) : 0;
    if (known !== 0) return this.#writePointer(known, at);
    const end = this.#compressor.write(text, from, compress, at);
    if (end !== REFUSED && !compress && this.#targets < TARGETS_MAX) {
      this.#targetTexts[this.#targets] = text;
      this.#targetStarts[this.#targets] = from;
      this.#targetPlaces[this.#targets++] = this.#compressor.place;
    }
    return end;
  }

  /** Where a target of before stands that has this name: its addresses come with it. */
  #placeOfTarget(text: string, from: number): number {
    for (let i = 0; i < this.#targets; i++) {
      const target = this.#targetTexts[i] ?? '';
      const isAsLong = target.length - (this.#targetStarts[i] ?? 0) === text.length - from;
      if (isAsLong && from === 0 && target.endsWith(text)) return this.#targetPlaces[i] ?? 0;
    }
    return 0;
  }

  /** Where in the message the name stands if it is the end of the name asked; 0: it is not. */
  #placeInQuestion(text: string, from: number): number {
    const name = this.#name;
    const start = name.length - (text.length - from);
    if (start < 1) return 0;
    if (text.length - from < 2 || name.charCodeAt(start - 1) !== 0x2e) return 0;
    for (let i = name.length - 1; i >= start; i--) {
      if (name.charCodeAt(i) !== text.charCodeAt(from + i - start)) return 0;
    }
    return HEADER_OCTETS + start;
  }

  #writePointer(place: number, at: number): number {
    this.#bytes[at] = 0xc0 | (place >> 8);
    this.#bytes[at + 1] = place;
    return at + 2;
  }

  /** Without compression: the octets that stand there. */
  #copyAsked(place: number, at: number): number {
    const bytes = this.#bytes;
    const end = this.#question + this.#questionOctets;
    for (let i = this.#question + place - HEADER_OCTETS; i < end; i++) bytes[at++] = bytes[i] ?? 0;
    return at;
  }
}

/** Whether the last labels of two names may be the same: the text from `from` on, and `name`. */
function sharesLastLabel(text: string, from: number, name: string): boolean {
  for (let i = 2; ; i++) {
    const a = text.length - i;
    const b = name.length - i;
    const textEnds = a < from || text.charCodeAt(a) === 0x2e;
    const nameEnds = b < 0 || name.charCodeAt(b) === 0x2e;
    if (textEnds || nameEnds) return textEnds && nameEnds;
    if ((text.charCodeAt(a) | 0x20) !== (name.charCodeAt(b) | 0x20)) return false;
  }
}
