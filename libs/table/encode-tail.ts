/**
 * TableAnswer → tail. The codec writes the whole message, and header and question are cut off: what
 * points into the question still does when a reader puts the tail behind a client's question, for
 * that has the same length.
 */
import { encode } from '../dns/encode.ts';
import { CLASS_IN, RCODE, typeNumber } from '../dns/iana.ts';
import type { Message } from '../dns/message.ts';
import { NO_FLAGS, TCP_OCTETS_MAX } from '../dns/message.ts';
import { CACHED_DENIAL, CACHED_SUCCESS, EXPIRY_FORGOTTEN, EXPIRY_ZERO_SECONDS } from './layout.ts';
import type { CachedTimes, TableAnswer } from './table-answer.ts';
import type { CachedTail, Rotation, Tail } from './tail.ts';

export const HEADER_OCTETS = 12;
/** Type and class of the question. */
export const QUESTION_FIXED_OCTETS = 4;
/** Type, class, TTL and length of a record. */
export const RECORD_FIXED_OCTETS = 10;

/**
 * `name`: as it is asked, lower case, of so many octets on the wire. Throws RangeError for records
 * that no message can hold.
 */
export function encodeTail(name: string, nameOctets: number, answer: TableAnswer): Tail {
  const type = typeNumber(answer.type);
  if (type === undefined) {
    throw new RangeError(
      `Cannot store answers of type "${answer.type}": it is unknown; expected a mnemonic`,
    );
  }
  const start = HEADER_OCTETS + nameOctets + QUESTION_FIXED_OCTETS;
  const whole = encode(messageOf(name, answer), Number.POSITIVE_INFINITY).subarray(start);
  const tooLong = start + whole.length > TCP_OCTETS_MAX;
  const octets = tooLong ? new Uint8Array(0) : whole;
  return {
    type,
    octets,
    tooLong,
    header: headerOf(answer),
    answers: answer.answer.length,
    authorities: answer.authority.length,
    additionals: answer.additional.length,
    rotation: answer.rotate === true ? rotationOf(octets, answer) : undefined,
    cached: answer.cached === undefined ? undefined : cachedOf(octets, answer.cached),
  };
}

/** Whole seconds, as a reader's clock has them; so a TTL is never longer than it should be. */
function cachedOf(octets: Uint8Array, times: CachedTimes): CachedTail {
  return {
    expiry: Math.max(EXPIRY_FORGOTTEN, Math.floor(times.expiresAtSeconds) - EXPIRY_ZERO_SECONDS),
    saidAt: Math.floor(times.saidAtSeconds) - EXPIRY_ZERO_SECONDS,
    kind: times.denial ? CACHED_DENIAL : CACHED_SUCCESS,
    hits: 0,
    ttlOffsets: ttlOffsets(octets),
  };
}

/** Header octets 2 and 3: QR, AA, RA, AD and the response code. */
export function headerOf(answer: TableAnswer): number {
  const rcode = answer.rcode ?? RCODE.NOERROR;
  if (rcode > 15) {
    throw new RangeError(
      `Cannot store the response code "${rcode}": the table has four bits; expected at most 15`,
    );
  }
  const second = 0x80 | (answer.authoritative ? 0x04 : 0);
  const third = (answer.recursionAvailable ? 0x80 : 0) | (answer.authenticData ? 0x20 : 0) | rcode;
  return second | (third << 8);
}

/** Only the records and the question matter: the header is cut off. */
function messageOf(name: string, { type, answer, authority, additional }: TableAnswer): Message {
  const question = { name, type, class: CLASS_IN };
  const rest = { id: 0, opcode: 0, rcode: RCODE.NOERROR, edns: undefined };
  return { ...rest, flags: NO_FLAGS, question, answer, authority, additional };
}

/** The address records that end ANSWER, if they are two or more and equally long. */
function rotationOf(tail: Uint8Array, answer: TableAnswer): Rotation | undefined {
  const places = recordPlaces(tail).slice(0, answer.answer.length);
  const last = places.at(-1);
  const { type, name } = answer.answer.at(-1) ?? {};
  if (last === undefined || (type !== 'A' && type !== 'AAAA')) return undefined;
  const octets = last.end - last.start;
  let count = 0;
  while (count < places.length) {
    const place = places[places.length - 1 - count];
    const record = answer.answer[places.length - 1 - count];
    if (place === undefined || place.end - place.start !== octets) break;
    // Another owner may be compressed against one of these, which must then not move.
    if (record?.type !== type || record.name !== name) break;
    count++;
  }
  return count > 1 ? { start: last.end - count * octets, octets, count } : undefined;
}

interface RecordPlace {
  readonly start: number;
  /** Of its fixed part. */
  readonly fixed: number;
  readonly end: number;
}

function recordPlaces(tail: Uint8Array): readonly RecordPlace[] {
  const places: RecordPlace[] = [];
  for (let at = 0; at < tail.length; ) {
    const fixed = endOfName(tail, at);
    const end =
      fixed + RECORD_FIXED_OCTETS + (((tail[fixed + 8] ?? 0) << 8) | (tail[fixed + 9] ?? 0));
    places.push({ start: at, fixed, end });
    at = end;
  }
  return places;
}

function ttlOffsets(tail: Uint8Array): readonly number[] {
  return recordPlaces(tail).map(({ fixed }) => fixed + 4);
}

/** Where a name ends that begins at `at`: after its root, or after its pointer. */
export function endOfName(octets: Uint8Array, at: number): number {
  for (;;) {
    const size = octets[at] ?? 0;
    if (size >= 0xc0) return at + 2;
    at += size + 1;
    if (size === 0) return at;
  }
}
