/**
 * Records as lines of a zone file (RFC 1035 § 5.1): how tests, logs and the command line read and
 * write them.
 */
import { typeNumber } from './iana.ts';
import { absoluteName, nameToWire } from './name.ts';
import { rdataParts } from './rdata.ts';
import type { RR, RRset } from './rrset.ts';
import { recordsOf, TTL_SECONDS_MAX } from './rrset.ts';

/**
 * `web.shop.svc.cluster.local. 5 IN A 10.0.0.1` → record. Throws RangeError for a line that is
 * none.
 */
export function parseRecord(line: string): RR {
  const [, name, ttl, type, rdata] =
    /^(\S+)\s+(\d+)\s+(?:IN\s+)?(\S+)\s+(.*\S)$/.exec(line.trim()) ?? [];
  if (name === undefined || type === undefined || rdata === undefined) {
    throw badRecord(line, 'it is malformed', 'NAME TTL IN TYPE RDATA');
  }
  const seconds = Number(ttl);
  if (seconds > TTL_SECONDS_MAX) throw badRecord(line, 'its TTL is too long', '31 bits');
  if (typeNumber(type) === undefined) throw badRecord(line, 'its type is unknown', 'a mnemonic');
  nameToWire(name);
  for (const part of rdataParts(type, rdata)) if ('name' in part) nameToWire(part.name);
  return { name: absoluteName(name), ttl: seconds, type, rdata };
}

/** The record as one line, fields separated by single blanks. */
export function formatRecord({ name, ttl, type, rdata }: RR): string {
  return `${name} ${ttl} IN ${type} ${rdata}`;
}

/** The set, a line per record. */
export function formatRRset(rrset: RRset): readonly string[] {
  return recordsOf(rrset).map(formatRecord);
}

function badRecord(line: string, is: string, expected: string): RangeError {
  return new RangeError(`Cannot read the record "${line}": ${is}; expected ${expected}`);
}
