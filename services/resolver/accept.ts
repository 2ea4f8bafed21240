/**
 * What is done with a packet before any plugin sees it. Only a query of opcode QUERY with one
 * question of class IN goes on, or of another one to who answers for that; a response is never
 * answered, lest two servers answer each other.
 *
 *   packet ─┬─ a response, or no header ─► silence
 *           ├─ can't be read ─► its header, and why
 *           ├─ read, and nothing for a plugin ─► a message without records
 *           └─ a query
 */
import { cookieOf } from '../../libs/dns/cookie-reply.ts';
import { decode } from '../../libs/dns/decode.ts';
import { CLASS_IN, OPCODE, RCODE } from '../../libs/dns/iana.ts';
import type { Message, Question } from '../../libs/dns/message.ts';
import { isCookieLength } from '../../libs/dns/server-cookie.ts';

export type Accepted =
  | { readonly kind: 'query'; readonly message: Message; readonly question: Question }
  /** Of a class other than IN. */
  | { readonly kind: 'otherClass'; readonly message: Message; readonly question: Question }
  /** Asks whether its cookie is good (RFC 7873 § 5.4). */
  | { readonly kind: 'cookie'; readonly message: Message }
  /** Its reply has question and EDNS, and nothing else. */
  | { readonly kind: 'refused'; readonly message: Message; readonly rcode: number }
  | { readonly kind: 'rejected'; readonly rcode: number; readonly reply: Uint8Array }
  | { readonly kind: 'ignored' };

const HEADER_OCTETS = 12;
/**
 * Records that a query may have, by section: as CoreDNS takes them. IXFR has a SOA in AUTHORITY;
 * OPT and TSIG are in ADDITIONAL.
 */
const RECORDS_MAX = [1, 1, 2] as const;

/** Judges a packet. Whatever it holds gives a value. */
export function accept(packet: Uint8Array): Accepted {
  if (packet.length < HEADER_OCTETS || ((packet[2] ?? 0) & 0x80) !== 0) return { kind: 'ignored' };
  const opcode = ((packet[2] ?? 0) >> 3) & 15;
  // Other opcodes give the sections other meanings: not even their counts can be judged.
  if (opcode !== OPCODE.QUERY) return rejectHeader(packet, RCODE.NOTIMP);
  if (count(packet, 4) > 1) return rejectHeader(packet, RCODE.FORMERR);
  if (RECORDS_MAX.some((most, i) => count(packet, 6 + 2 * i) > most)) {
    return rejectHeader(packet, RCODE.FORMERR);
  }
  const decoded = decode(packet);
  if (decoded.kind === 'malformed') return rejectHeader(packet, RCODE.FORMERR);
  const { message } = decoded;
  const { question } = message;
  const cookie = cookieOf(message);
  if (question === undefined && cookie === undefined) return rejectHeader(packet, RCODE.FORMERR);
  // RFC 6891 § 6.1.3: with our own version, 0, in the reply.
  if ((message.edns?.version ?? 0) !== 0) return { kind: 'refused', message, rcode: RCODE.BADVERS };
  if (cookie !== undefined && !isCookieLength(cookie.length)) {
    return { kind: 'refused', message, rcode: RCODE.FORMERR };
  }
  if (question === undefined) return { kind: 'cookie', message };
  if (question.class !== CLASS_IN) return { kind: 'otherClass', message, question };
  return { kind: 'query', message, question };
}

/** For what can't be read further than its header: id, opcode, RD and CD are copied. */
function rejectHeader(packet: Uint8Array, rcode: number): Accepted {
  const reply = new Uint8Array(HEADER_OCTETS);
  reply.set(packet.subarray(0, 2));
  reply[2] = 0x80 | ((packet[2] ?? 0) & 0x79);
  reply[3] = rcode | ((packet[3] ?? 0) & 0x10);
  return { kind: 'rejected', rcode, reply };
}

function count(packet: Uint8Array, at: number): number {
  return ((packet[at] ?? 0) << 8) | (packet[at + 1] ?? 0);
}
