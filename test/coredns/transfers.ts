/**
 * Zones as both hand them out. Ours has all that CoreDNS's has, but for the listed rules, and it
 * has of each name what a query gets: what CoreDNS leaves out is so compared as well.
 *
 *   CoreDNS's records ─rule─► … ⊆ our records = what our queries give
 */
import { lowerName } from '../../libs/dns/name.ts';
import { formatRecord } from '../../libs/dns/presentation.ts';
import type { RR } from '../../libs/dns/rrset.ts';
import type { Evidence } from './evidence.ts';
import { receiveZone } from './receive-zone.ts';
import { isRealServer, withRealServer } from './rules-servers.ts';
import type { Compared } from './servers.ts';
import type { Variant } from './variant.ts';
import { heldBack, unlikeAnswers } from './zone-content.ts';

export interface TransferRule {
  readonly name: string;
  readonly rfc: string;
  /** A record as it should be; undefined for one that should not be there. */
  readonly mend: (record: RR, given: TransferGiven) => RR | undefined | Promise<RR | undefined>;
}

export interface TransferGiven {
  readonly zone: string;
  /** Names in it that exist. */
  readonly names: readonly string[];
  readonly evidence: Evidence;
  readonly variant: Variant;
}

const UNWRITABLE = {
  name: 'a record that can not be written keeps no zone back',
  rfc: 'RFC 5936 § 2',
};

/** What CoreDNS hands out otherwise than it should. */
export const TRANSFER_RULES: readonly TransferRule[] = [
  { ...UNWRITABLE, mend: (record) => record },
  {
    name: 'a reverse zone has no names of Services, and the cluster zone’s name server',
    rfc: 'RFC 1035 § 3.5',
    mend: (record, { zone, evidence }) => {
      if (!evidence.isReverse(zone)) return record;
      if (record.type !== 'SOA' && record.type !== 'NS') return undefined;
      return withRealServer(record, evidence);
    },
  },
  {
    name: 'a name server that is handed out has a name that exists',
    rfc: 'RFC 1912 § 2.8',
    mend: async (record, { evidence }) =>
      record.type !== 'NS' || (await isRealServer(record, evidence)) ? record : undefined,
  },
  {
    name: 'addresses of one link are handed out to nobody',
    rfc: 'RFC 4472 § 2.1',
    mend: (record) =>
      record.type === 'AAAA' && record.rdata.startsWith('fe80:') ? undefined : record,
  },
  {
    name: 'all records of a set have one TTL',
    rfc: 'RFC 2181 § 5.2',
    mend: (record, { variant: { ttl } }) =>
      isAddress(record) && record.ttl === 0 ? { ...record, ttl } : record,
  },
  {
    name: 'a zone that is handed out is the one that answers',
    rfc: 'RFC 5936 § 3',
    mend: async (record, { evidence }) => {
      // A name server that is made up is mended by now.
      if (record.type === 'SOA' || record.type === 'NS') return record;
      const said = await evidence.ask(record.name, record.type);
      const isSaid = said?.answer.some((one) => likeness(one) === likeness(record));
      return isSaid ? record : undefined;
    },
  },
  {
    name: 'no label that is handed out begins with a hyphen',
    rfc: 'RFC 1123 § 2.1',
    mend: (record) => ({
      ...record,
      name: record.name.replace(/^-/, '0-'),
      rdata: record.rdata.replace(/(^| )(?=-)/, '$10'),
    }),
  },
];

export interface TransferReport {
  /** A line for each record that is missing, or that is not as it is answered. */
  readonly lines: readonly string[];
  readonly rules: readonly string[];
}

export async function compareTransfer(
  theirs: Compared,
  ours: Compared,
  given: TransferGiven,
): Promise<TransferReport> {
  const { zone, names, variant } = given;
  const rules: string[] = [];
  const records = await receiveZone(ours.port, zone);
  if (records === undefined) return { lines: ['- no transfer'], rules };
  const have = new Set(records.map(likeness));
  const lines: string[] = [];
  const handedOut = await receiveZone(theirs.port, zone);
  if (handedOut === undefined) rules.push(UNWRITABLE.name);
  for (const record of handedOut ?? []) {
    const expected = await mendedRecord(record, given, rules);
    if (expected === undefined || have.has(likeness(expected))) continue;
    lines.push(`- ${formatRecord(expected)}`);
  }
  lines.push(...(await unlikeAnswers(records, ours)));
  lines.push(...(await heldBack(names, zone, records, ours, variant)));
  return { lines: [...new Set(lines)], rules };
}

async function mendedRecord(
  record: RR,
  given: TransferGiven,
  rules: string[],
): Promise<RR | undefined> {
  let mended = record;
  for (const rule of TRANSFER_RULES) {
    const better = await rule.mend(mended, given);
    if (better === undefined || formatRecord(better) !== formatRecord(mended))
      rules.push(rule.name);
    if (better === undefined) return undefined;
    mended = better;
  }
  return mended;
}

/** Of serials each has its own; weights are those of answers, which are compared there. */
function likeness(record: RR): string {
  const words = record.rdata.split(' ');
  if (record.type === 'SOA') words[2] = 'SERIAL';
  if (record.type === 'SRV') words[1] = 'WEIGHT';
  const rdata = record.type === 'TXT' ? record.rdata : lowerName(words.join(' '));
  return formatRecord({ ...record, name: lowerName(record.name), rdata });
}

function isAddress({ type }: RR): boolean {
  return type === 'A' || type === 'AAAA';
}
