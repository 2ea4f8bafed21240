/**
 * The question of a query in shared memory, read without allocating. Its fields are what the last
 * query had; they belong to one thread.
 */
import { CLASS_IN } from '../dns/iana.ts';
import { TCP_OCTETS_MAX, UDP_OCTETS_MAX, UDP_OCTETS_PLAIN } from '../dns/message.ts';
import { COOKIE_OPTION_OCTETS, isCookieLength, OPTION_COOKIE } from '../dns/server-cookie.ts';
import { ROOT_COOKIES } from './layout.ts';
import type { MemoryViews } from './memory-views.ts';

export type Transport = 'udp' | 'tcp';

/** An OPT without options: root, type, class, TTL, length (RFC 6891 § 6.1.2). */
export const OPT_OCTETS = 11;
/** Code and length of an option. */
const OPTION_HEADER_OCTETS = 4;
const HEADER_OCTETS = 12;
const LABELS_MAX = 127;
const TYPE_OPT = 41;
/** Meta types and QTYPEs (RFC 6895 § 3.1): TKEY, TSIG, IXFR, AXFR, ANY … */
const META_TYPES_FROM = 128;
const META_TYPES_TO = 255;

/** Header octets, as the words they are read in (little-endian). */
const BITS_OPCODE = 0x78_0000;
const ONE_QUESTION = 0x0100;
const ONE_ADDITIONAL = 0x0100_0000;

export class QuestionParser {
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #isUdp: boolean;

  /** Where the labels begin, each at its length. */
  readonly labels = new Int32Array(LABELS_MAX + 1);
  labelCount = 0;
  /** Where the root label is. */
  nameEnd = 0;
  questionEnd = 0;
  type = 0;
  /** Octets that the response may have. */
  limit = 0;
  /**
   * Of the OPT that the response must have; 0 when the client sent none, more than OPT_OCTETS when
   * it sent a cookie.
   */
  optOctets = 0;
  /** Where the data of the first COOKIE option is, when there is one, and its octets. */
  cookie = 0;
  cookieOctets = 0;
  /** DO, as the octet that it is in. */
  dnssecOk = 0;

  constructor({ words, bytes }: MemoryViews, transport: Transport) {
    this.#words = words;
    this.#bytes = bytes;
    this.#isUdp = transport === 'udp';
  }

  /** Header and question; false for all that is not one plain question of class IN. */
  parse(from: number, octets: number): boolean {
    const words = this.#words;
    const bytes = this.#bytes;
    const base = from >> 2;
    const others = words[base + 2] ?? 0;
    if (
      ((words[base] ?? 0) & BITS_OPCODE) !== 0 ||
      words[base + 1] !== ONE_QUESTION || // QDCOUNT 1, ANCOUNT 0
      (others & ~ONE_ADDITIONAL) !== 0 // NSCOUNT 0, ARCOUNT 0 or 1
    ) {
      return false;
    }
    // After a label there are at least a root, a type and a class: no read below passes the end.
    const last = from + octets - 5;
    let at = from + HEADER_OCTETS;
    let labelCount = 0;
    for (;;) {
      if (at > last) return false;
      const size = bytes[at] ?? 0;
      if (size === 0) break;
      if (size > 63 || labelCount === LABELS_MAX) return false;
      this.labels[labelCount++] = at;
      at += size + 1;
    }
    if (at - from - HEADER_OCTETS > 254) return false;
    if (bytes[at + 3] !== 0 || bytes[at + 4] !== CLASS_IN) return false;
    const type = ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    if ((type >= META_TYPES_FROM && type <= META_TYPES_TO) || type === TYPE_OPT) return false;
    this.labelCount = labelCount;
    this.nameEnd = at;
    this.questionEnd = at + 5;
    this.type = type;
    return others === 0
      ? this.#parseNoOpt(from + octets)
      : this.#parseOpt(this.questionEnd, from + octets);
  }

  #parseNoOpt(end: number): boolean {
    this.limit = this.#isUdp ? UDP_OCTETS_PLAIN : TCP_OCTETS_MAX;
    this.optOctets = 0;
    this.dnssecOk = 0;
    return this.questionEnd === end;
  }

  /**
   * The one additional record must be a plain OPT, version 0. Its options need only be whole, and
   * a cookie as long as one.
   */
  #parseOpt(at: number, end: number): boolean {
    const bytes = this.#bytes;
    if (at + OPT_OCTETS > end) return false;
    if (bytes[at] !== 0 || bytes[at + 1] !== 0 || bytes[at + 2] !== TYPE_OPT) return false;
    if (bytes[at + 6] !== 0) return false;
    this.optOctets = OPT_OCTETS;
    let option = at + OPT_OCTETS;
    if (option + (((bytes[at + 9] ?? 0) << 8) | (bytes[at + 10] ?? 0)) !== end) return false;
    while (option < end) {
      const data = option + OPTION_HEADER_OCTETS;
      if (data > end) return false;
      const octets = ((bytes[option + 2] ?? 0) << 8) | (bytes[option + 3] ?? 0);
      const isCookie = bytes[option] === 0 && bytes[option + 1] === OPTION_COOKIE;
      if (isCookie && !this.#takeCookie(data, octets)) return false;
      option = data + octets;
    }
    const size = ((bytes[at + 3] ?? 0) << 8) | (bytes[at + 4] ?? 0);
    this.limit = this.#isUdp ? udpLimit(size) : TCP_OCTETS_MAX;
    this.dnssecOk = (bytes[at + 7] ?? 0) & 0x80;
    return option === end;
  }

  /** Only the first one counts (RFC 7873 § 5.2). */
  #takeCookie(at: number, octets: number): boolean {
    if (this.optOctets > OPT_OCTETS) return true;
    if (!isCookieLength(octets) || this.#words[ROOT_COOKIES] === 0) return false;
    this.cookie = at;
    this.cookieOctets = octets;
    this.optOctets = OPT_OCTETS + COOKIE_OPTION_OCTETS;
    return true;
  }

  /** Where the last `labels` labels of the name begin; -1 when it has fewer. */
  suffixAt(labels: number): number {
    const label = this.labelCount - labels;
    if (label < 0) return -1;
    return labels === 0 ? this.nameEnd : (this.labels[label] ?? 0);
  }
}

/** What the client takes, but not more than we send (the same rule as udpLimit of the codec). */
function udpLimit(announced: number): number {
  if (announced <= UDP_OCTETS_PLAIN) return UDP_OCTETS_PLAIN;
  return Math.min(announced, UDP_OCTETS_MAX);
}
