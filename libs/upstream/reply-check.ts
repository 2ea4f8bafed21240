/**
 * Whether a packet is the reply to a query. What is not is ignored, so that a liar off the path
 * must guess the id, the port and the case of the name, and gets few tries (RFC 5452 § 9).
 */
import { decode } from '../dns/decode.ts';
import { RCODE, typeNumber } from '../dns/iana.ts';
import type { Message } from '../dns/message.ts';
import { lowerName, type NameAt, nameFromWire } from '../dns/name.ts';
import type { RR } from '../dns/rrset.ts';

export type Verdict =
  | { readonly kind: 'reply'; readonly message: Message; readonly keepsCase: boolean }
  /** To this query, and not all of it. */
  | { readonly kind: 'truncated'; readonly keepsCase: boolean }
  /** To this query, and unreadable. */
  | { readonly kind: 'broken'; readonly why: string }
  /** To some other query. */
  | { readonly kind: 'foreign' };

const FOREIGN: Verdict = { kind: 'foreign' };
const HEADER_OCTETS = 12;

/** A server that could not read the query, or would not, need not repeat its question. */
const WITHOUT_QUESTION: ReadonlySet<number> = new Set([
  RCODE.FORMERR,
  RCODE.SERVFAIL,
  RCODE.NOTIMP,
  RCODE.REFUSED,
]);

/**
 * Judges what came for the query. Names that point to its question, or repeat it, come out in lower
 * case, whatever the case was in which it was asked: the octets are changed.
 */
export function judgeReply(query: Message, bytes: Uint8Array): Verdict {
  if (bytes.length < HEADER_OCTETS) return FOREIGN;
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const bits = data.getUint16(2);
  const isReply = (bits & 0x8000) !== 0 && ((bits >> 11) & 15) === query.opcode;
  if (data.getUint16(0) !== query.id || !isReply) return FOREIGN;
  const questions = data.getUint16(4);
  if (questions === 0) return withoutQuestion(bytes);
  if (questions > 1) return { kind: 'broken', why: `${questions} questions` };
  const name = nameFromWire(bytes, HEADER_OCTETS);
  if (name === undefined || name.end + 4 > bytes.length) {
    return { kind: 'broken', why: 'no whole question' };
  }
  if (!isAbout(query, name, data)) return FOREIGN;
  const keepsCase = name.name === query.question?.name;
  toLowerCase(bytes, HEADER_OCTETS, name.end);
  const decoded = decode(bytes);
  const isTruncated = (bits & 0x0200) !== 0;
  if (isTruncated) return { kind: 'truncated', keepsCase };
  if (decoded.kind === 'malformed') return { kind: 'broken', why: decoded.why };
  return { kind: 'reply', message: withoutCase(decoded.message, query.question), keepsCase };
}

/** Owners in the case that was drawn for the question: it is nobody else's to see. */
function withoutCase(message: Message, asked: Message['question']): Message {
  const drawn = asked?.name ?? '';
  if (drawn === lowerName(drawn)) return message;
  const inLower = (records: readonly RR[]) =>
    records.map((record) =>
      drawn.endsWith(record.name) ? { ...record, name: lowerName(record.name) } : record,
    );
  return {
    ...message,
    answer: inLower(message.answer),
    authority: inLower(message.authority),
    additional: inLower(message.additional),
  };
}

function isAbout({ question }: Message, { name, end }: NameAt, data: DataView): boolean {
  return (
    question !== undefined &&
    lowerName(name) === lowerName(question.name) &&
    data.getUint16(end) === typeNumber(question.type) &&
    data.getUint16(end + 2) === question.class
  );
}

/** Of a name: the lengths of its labels are below any letter. */
function toLowerCase(bytes: Uint8Array, start: number, end: number): void {
  for (let i = start; i < end; i++) {
    const octet = bytes[i] ?? 0;
    if (octet >= 0x41 && octet <= 0x5a) bytes[i] = octet | 0x20;
  }
}

function withoutQuestion(bytes: Uint8Array): Verdict {
  const decoded = decode(bytes);
  if (decoded.kind === 'malformed') return { kind: 'broken', why: decoded.why };
  const { message } = decoded;
  const isFailure = WITHOUT_QUESTION.has(message.rcode);
  return isFailure ? { kind: 'reply', message, keepsCase: true } : FOREIGN;
}
