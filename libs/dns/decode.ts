/**
 * Octets → message. Whatever arrives gives a value: hostile input is malformed, never an exception
 * or an endless loop.
 */
import { CLASS_IN, typeName } from './iana.ts';
import type { Edns, EdnsOption, Message } from './message.ts';
import { nameFromWire } from './name.ts';
import { rdataText } from './rdata.ts';
import type { RR } from './rrset.ts';
import { TTL_SECONDS_MAX } from './rrset.ts';

export type Decoded =
  | { readonly kind: 'message'; readonly message: Message }
  /** `id`: of the header, where there is one, for FORMERR. */
  | { readonly kind: 'malformed'; readonly id: number | undefined; readonly why: string };

const HEADER_OCTETS = 12;
/**
 * Smallest record: root owner, type, class, TTL, length. A header that promises more than fit is
 * refused before the walk.
 */
const RR_OCTETS_MIN = 11;
const TYPE_OPT = 41;

/**
 * Decodes one message. Records of other classes than the question are left out; a second OPT, or
 * one with an owner, is malformed.
 */
export function decode(bytes: Uint8Array): Decoded {
  if (bytes.length < HEADER_OCTETS) {
    return { kind: 'malformed', id: undefined, why: 'shorter than a header' };
  }
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const id = data.getUint16(0);
  const bits = data.getUint16(2);
  const body = readBody(bytes, data);
  if (typeof body === 'string') return { kind: 'malformed', id, why: body };
  const { opt, ...rest } = body;
  const bit = (mask: number) => (bits & mask) !== 0;
  return {
    kind: 'message',
    message: {
      id,
      flags: {
        response: bit(0x8000),
        authoritative: bit(0x0400),
        truncated: bit(0x0200),
        recursionDesired: bit(0x0100),
        recursionAvailable: bit(0x0080),
        authenticData: bit(0x0020),
        checkingDisabled: bit(0x0010),
      },
      opcode: (bits >> 11) & 15,
      rcode: ((opt?.rcodeBits ?? 0) << 4) | (bits & 15),
      ...rest,
      edns: opt?.edns,
    },
  };
}

interface Opt {
  readonly edns: Edns;
  readonly rcodeBits: number;
}

interface Body extends Pick<Message, 'question' | 'answer' | 'authority' | 'additional'> {
  readonly opt: Opt | undefined;
}

/** What follows the header; a text says why it can't be read. */
function readBody(bytes: Uint8Array, data: DataView): Body | string {
  const questions = data.getUint16(4);
  const counts = [data.getUint16(6), data.getUint16(8), data.getUint16(10)];
  if (questions > 1) return `${questions} questions`;
  const records = counts.reduce((sum, count) => sum + count, 0);
  if (records * RR_OCTETS_MIN > bytes.length) return 'more records than octets';

  let at = HEADER_OCTETS;
  let question: Message['question'];
  if (questions === 1) {
    const name = nameFromWire(bytes, at);
    if (name === undefined || name.end + 4 > bytes.length) return 'no whole question';
    const type = typeName(data.getUint16(name.end));
    question = { name: name.name, type, class: data.getUint16(name.end + 2) };
    at = name.end + 4;
  }
  const sections: RR[][] = [[], [], []];
  let opt: Opt | undefined;
  for (const [i, section] of sections.entries()) {
    for (let n = counts[i] ?? 0; n > 0; n--) {
      const read = readRecord(bytes, data, at, question?.class ?? CLASS_IN);
      if (typeof read === 'string') return read;
      at = read.end;
      if (read.kind === 'record') section.push(read.record);
      if (read.kind !== 'opt') continue;
      if (opt !== undefined || i !== 2) return 'a second OPT, or one outside of ADDITIONAL';
      opt = read.opt;
    }
  }
  if (at !== bytes.length) return 'octets after the last record';
  const [answer = [], authority = [], additional = []] = sections;
  return { question, answer, authority, additional, opt };
}

type RecordRead =
  | { readonly kind: 'record'; readonly record: RR; readonly end: number }
  | { readonly kind: 'opt'; readonly opt: Opt; readonly end: number }
  | { readonly kind: 'other-class'; readonly end: number };

function readRecord(
  bytes: Uint8Array,
  data: DataView,
  at: number,
  dnsClass: number,
): RecordRead | string {
  const owner = nameFromWire(bytes, at);
  if (owner === undefined || owner.end + 10 > bytes.length)
    return 'a record that leaves the packet';
  const type = data.getUint16(owner.end);
  const rrClass = data.getUint16(owner.end + 2);
  const ttl = data.getUint32(owner.end + 4);
  const length = data.getUint16(owner.end + 8);
  const start = owner.end + 10;
  const end = start + length;
  if (end > bytes.length) return 'rdata that leaves the packet';
  if (type === TYPE_OPT) {
    const options = optionsOf(bytes, start, end);
    if (owner.name !== '.' || options === undefined) return 'a bad OPT';
    // RFC 6891 § 6.1.3: class and TTL of an OPT carry other things.
    const dnssecOk = (ttl & 0x8000) !== 0;
    const edns = { udpSize: rrClass, version: (ttl >>> 16) & 0xff, dnssecOk, options };
    return { kind: 'opt', opt: { edns, rcodeBits: ttl >>> 24 }, end };
  }
  const rdata = rdataText(typeName(type), bytes, start, length);
  if (rdata === undefined) return `bad rdata of a ${typeName(type)}`;
  if (rrClass !== dnsClass) return { kind: 'other-class', end };
  // RFC 2181 § 8: a TTL with the top bit set is 0.
  const seconds = ttl > TTL_SECONDS_MAX ? 0 : ttl;
  return {
    kind: 'record',
    record: { name: owner.name, type: typeName(type), ttl: seconds, rdata },
    end,
  };
}

function optionsOf(bytes: Uint8Array, at: number, end: number): readonly EdnsOption[] | undefined {
  const options: EdnsOption[] = [];
  while (at < end) {
    if (at + 4 > end) return undefined;
    const code = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    const length = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
    at += 4 + length;
    if (at > end) return undefined;
    // A copy: slice() of a Buffer would be a view of what a socket receives into.
    options.push({ code, data: new Uint8Array(bytes.subarray(at - length, at)) });
  }
  return options;
}
