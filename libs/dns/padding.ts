/**
 * Padding of responses (RFC 7830), so that who sees an encrypted one does not know its name by its
 * size. Only for who sent padding, and never in the clear.
 */
import { TCP_OCTETS_MAX } from './message.ts';
import { type WireRecord, wireRecords } from './wire-records.ts';

/** RFC 8467 § 4.1. */
const BLOCK_OCTETS = 468;
const OPTION_PADDING = 12;
const OPTION_HEADER_OCTETS = 4;
const TYPE_OPT = 41;
const ARCOUNT_AT = 10;

/** The response to this query, padded where the query was. */
export function padded(query: Uint8Array, response: Uint8Array): Uint8Array {
  if (!hasPadding(query)) return response;
  const last = wireRecords(response)?.at(-1);
  // Whatever stands behind OPT is a signature over all before it.
  if (last?.type !== TYPE_OPT) return response;
  const least = response.length + OPTION_HEADER_OCTETS;
  const whole = Math.ceil(least / BLOCK_OCTETS) * BLOCK_OCTETS;
  const octets = Math.min(whole, TCP_OCTETS_MAX);
  if (octets < least) return response;
  const grown = new Uint8Array(octets);
  grown.set(response);
  const data = new DataView(grown.buffer);
  data.setUint16(last.rdata - 2, octets - last.rdata);
  data.setUint16(response.length, OPTION_PADDING);
  data.setUint16(response.length + 2, octets - least);
  return grown;
}

function hasPadding(query: Uint8Array): boolean {
  if (query[ARCOUNT_AT] === 0 && query[ARCOUNT_AT + 1] === 0) return false;
  const opt = wireRecords(query)?.find(({ type }) => type === TYPE_OPT);
  return opt !== undefined && optionsOf(query, opt).includes(OPTION_PADDING);
}

function optionsOf(packet: Uint8Array, { rdata, end }: WireRecord): readonly number[] {
  const data = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const codes: number[] = [];
  for (let at = rdata; at + OPTION_HEADER_OCTETS <= end; ) {
    codes.push(data.getUint16(at));
    at += OPTION_HEADER_OCTETS + data.getUint16(at + 2);
  }
  return codes;
}
