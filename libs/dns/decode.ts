/** Octets → message. Whatever arrives gives a value: hostile input is malformed, never an exception or an endless loop. */
import { CLASS_IN, typeName } from './iana.ts';
import type { Edns, EdnsOption, Message } from './message.ts';
import { nameFromWire } from './name.ts';
import { rdataText } from './rdata.ts';
import type { RR } from './rrset.ts';

export type Decoded =
  | { readonly kind: 'message'; readonly message: Message }
  /** `id`: of the header, where there is one, for FORMERR. */
  | { readonly kind: 'malformed'; readonly id: number | undefined; readonly why: string };

const HEADER_OCTETS = 12;
/** Smallest record: root owner, type, class, TTL, length. A header that promises more than fit is refused before the walk. */
const RR_OCTETS_MIN = 11;
const TYPE_OPT = 41;

/** Decodes one message. Records of other classes than IN are left out; a second OPT, or one with an owner, is malformed. */
export function decode(bytes: Uint8Array): Decoded {
  if (bytes.length < HEADER_OCTETS)
    return { kind: 'malformed', id: undefined, why: 'shorter than a header' };
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const id = data.getUint16(0);
  const malformed = (why: string): Decoded => ({ kind: 'malformed', id, why });
  const bits = data.getUint16(2);
  const questions = data.getUint16(4);
  const counts = [data.getUint16(6), data.getUint16(8), data.getUint16(10)] as const;
  if (questions > 1) return malformed(`${questions} questions`);
  if ((counts[0] + counts[1] + counts[2]) * RR_OCTETS_MIN > bytes.length)
    return malformed('more records than octets');

  let at = HEADER_OCTETS;
  let question: Message['question'];
  if (questions === 1) {
    const name = nameFromWire(bytes, at);
    if (name === undefined || name.end + 4 > bytes.length) return malformed('no whole question');
    question = {
      name: name.name,
      type: typeName(data.getUint16(name.end)),
      class: data.getUint16(name.end + 2),
    };
    at = name.end + 4;
  }
  const sections: RR[][] = [[], [], []];
  let opt: { edns: Edns; rcodeBits: number } | undefined;
  for (const [i, section] of sections.entries()) {
    for (let n = counts[i as 0 | 1 | 2]; n > 0; n--) {
      const owner = nameFromWire(bytes, at);
      if (owner === undefined || owner.end + 10 > bytes.length)
        return malformed('a record that leaves the packet');
      const type = data.getUint16(owner.end);
      const length = data.getUint16(owner.end + 8);
      const start = owner.end + 10;
      at = start + length;
      if (at > bytes.length) return malformed('rdata that leaves the packet');
      if (type === TYPE_OPT) {
        const options = optionsOf(bytes, start, at);
        if (opt !== undefined || i !== 2 || owner.name !== '.' || options === undefined)
          return malformed('a bad OPT');
        const ttl = data.getUint32(owner.end + 4);
        opt = {
          edns: {
            udpSize: data.getUint16(owner.end + 2),
            version: (ttl >>> 16) & 0xff,
            dnssecOk: (ttl & 0x8000) !== 0,
            options,
          },
          rcodeBits: ttl >>> 24,
        };
        continue;
      }
      const rdata = rdataText(typeName(type), bytes, start, length);
      if (rdata === undefined) return malformed(`bad rdata of a ${typeName(type)}`);
      if (data.getUint16(owner.end + 2) !== CLASS_IN) continue;
      const ttl = data.getUint32(owner.end + 4);
      // RFC 2181 § 8: a TTL with the top bit set is 0.
      section.push({
        name: owner.name,
        type: typeName(type),
        ttl: ttl > 0x7fffffff ? 0 : ttl,
        rdata,
      });
    }
  }
  if (at !== bytes.length) return malformed('octets after the last record');
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
      question,
      answer: sections[0] ?? [],
      authority: sections[1] ?? [],
      additional: sections[2] ?? [],
      edns: opt?.edns,
    },
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
    options.push({ code, data: bytes.slice(at - length, at) });
  }
  return options;
}
