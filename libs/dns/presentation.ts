/** Records as lines of a zone file (RFC 1035 § 5.1): how tests, logs and the command line read and write them. */
import { typeNumber } from './iana.ts';
import { absoluteName } from './name.ts';
import { rdataParts } from './rdata.ts';
import type { RR, RRset } from './rrset.ts';
import { recordsOf } from './rrset.ts';

/** `web.shop.svc.cluster.local. 5 IN A 10.0.0.1` → record. Throws RangeError for a line that is none. */
export function parseRecord(line: string): RR {
  const [, name, ttl, type, rdata] =
    /^(\S+)\s+(\d+)\s+(?:IN\s+)?(\S+)\s+(.*\S)\s*$/.exec(line.trim()) ?? [];
  if (
    name === undefined ||
    type === undefined ||
    rdata === undefined ||
    typeNumber(type) === undefined
  ) {
    throw new RangeError(
      `Cannot read the record "${line}": it is malformed; expected NAME TTL IN TYPE RDATA`,
    );
  }
  rdataParts(type, rdata);
  return { name: absoluteName(name), ttl: Number(ttl), type, rdata };
}

/** The record as one line, fields separated by single blanks. */
export function formatRecord({ name, ttl, type, rdata }: RR): string {
  return `${name} ${ttl} IN ${type} ${rdata}`;
}

/** The set, a line per record. */
export function formatRRset(rrset: RRset): readonly string[] {
  return recordsOf(rrset).map(formatRecord);
}
