/** Names of records: who owns them, and the name that their rdata has. */
import { lowerName, nameFromWire, nameToWire } from '../../../../libs/dns/name.ts';
import type { RR } from '../../../../libs/dns/rrset.ts';
import { QueryFailure } from '../../query-failure.ts';
import { mapRecords, type ResponseChange } from './rule.ts';

/** What becomes of a name (in lower case); undefined: it stays as it is. */
export type Rename = (name: string) => string | undefined;

/** Types whose rdata ends with the name. */
const LAST = new Set(['CNAME', 'DNAME', 'MX', 'NAPTR', 'NS', 'PTR', 'SRV']);

export function renameOwners(rename: Rename): ResponseChange {
  return (response) =>
    mapRecords(response, (record) => ({ ...record, name: renamed(record.name, rename) }));
}

/** Of CNAME, DNAME, MX, NAPTR, NS, PTR, SRV, and the server of SOA. */
export function renameValues(rename: Rename): ResponseChange {
  return (response) => mapRecords(response, (record) => withValue(record, rename));
}

function withValue(record: RR, rename: Rename): RR {
  const { type, rdata } = record;
  const inFront = type === 'SOA';
  if ((!inFront && !LAST.has(type)) || rdata.startsWith('\\# ')) return record;
  const blank = inFront ? rdata.indexOf(' ') : rdata.lastIndexOf(' ');
  const name = inFront ? rdata.slice(0, blank) : rdata.slice(blank + 1);
  const by = renamed(name, rename);
  return { ...record, rdata: inFront ? by + rdata.slice(blank) : rdata.slice(0, blank + 1) + by };
}

function renamed(name: string, rename: Rename): string {
  const by = rename(lowerName(name));
  return by === undefined ? name : validName(by, name);
}

/** The name in the one form that text of a name has. Throws QueryFailure for what is none. */
export function validName(name: string, from: string): string {
  try {
    const wire = nameToWire(name);
    // A part of an escape may be left, or a blank have come with a fact.
    return /^[\w.-]*$/.test(name) ? name : (nameFromWire(wire, 0)?.name ?? name);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new QueryFailure(`plugin/rewrite: ${from} became no name: ${error.message}`);
  }
}
