/**
 * The short way for what clusters are made of: addresses, SRV with the addresses of its targets,
 * PTR, CNAME, NS. Written record by record into the image of the table's record, with the names
 * compressed as the codec does it; everything else is left to the codec.
 */
import type { RR } from '../dns/rrset.ts';
import { NameCompressor } from './name-compressor.ts';
import { REFUSED } from './plain-name.ts';
import type { TableAnswer } from './table-answer.ts';
import { writeIpv4, writeIpv6, writeSrvNumbers } from './write-rdata.ts';

/** Longer answers are not worth a short way. */
export const PLAIN_RECORDS_MAX = 2000;
/** Of one record: two names, the fixed part and the longest other rdata, rounded up. */
export const PLAIN_RECORD_OCTETS_MAX = 576;

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
  /** The compressor knows the question: only what has names needs it. */
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
      bytes[at + 1] = 12; // the header's octets: the question's name follows
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

  #writeName(text: string, from: number, compress: boolean, at: number): number {
    if (!this.#isBegun) {
      this.#compressor.begin(this.#question, this.#questionOctets, this.#tail);
      this.#isBegun = true;
    }
    return this.#compressor.write(text, from, compress, at);
  }
}
