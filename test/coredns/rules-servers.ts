/** Differences in the name servers of the zones, and in what is true of every record. */
import type { Message } from '../../libs/dns/message.ts';
import { lowerName } from '../../libs/dns/name.ts';
import { formatRecord } from '../../libs/dns/presentation.ts';
import type { RR } from '../../libs/dns/rrset.ts';
import type { Evidence } from './evidence.ts';
import { OWN_ADDRESSES } from './own-addresses.ts';
import { type Given, noData, type Rule } from './rule.ts';

export const SERVER_RULES: readonly Rule[] = [
  {
    name: 'a name server has a name that exists',
    rfc: 'RFC 1912 § 2.8',
    mend: (given) => withExistingServers(given),
  },
  {
    name: 'the name server of a reverse zone is the cluster zone’s',
    rfc: 'RFC 1035 § 3.5',
    mend: ({ theirs, evidence }) => withServerOf(theirs, evidence),
  },
  {
    name: 'addresses of one link are in no zone',
    rfc: 'RFC 4472 § 2.1',
    mend: ({ theirs, zone }) =>
      zone === undefined
        ? undefined
        : {
            ...theirs,
            answer: theirs.answer.filter(isNotOfALink),
            additional: theirs.additional.filter(isNotOfALink),
          },
  },
  {
    name: 'a record is there once',
    rfc: 'RFC 2181 § 5',
    mend: ({ theirs }) => ({
      ...theirs,
      answer: once(theirs.answer),
      additional: once(theirs.additional),
    }),
  },
];

/** NS and SOA of a reverse zone, with a server that exists. */
export function withRealServer(record: RR, evidence: Evidence): RR {
  if (!['NS', 'SOA'].includes(record.type)) return record;
  const [server = '', ...rest] = record.rdata.split(' ');
  const zone = serverZone(lowerName(server), evidence);
  if (zone === undefined) return record;
  const real = `${server.slice(0, -zone.length)}${evidence.zones[0]}`;
  return { ...record, rdata: [real, ...rest].join(' ') };
}

/** Whether an NS leads anywhere. A server of a reverse zone is one of the cluster's. */
export async function isRealServer(record: RR, evidence: Evidence): Promise<boolean> {
  const { rdata } = withRealServer(record, evidence);
  const isOwn = evidence.zones.some((zone) => lowerName(rdata) === `ns.dns.${zone}`);
  return isOwn || evidence.exists(rdata);
}

/**
 * CoreDNS names a Service as the name server which its filters hide, or which was not imported, or
 * nobody where it finds an endpoint of no Service. Then it is this machine, as without a Service.
 */
async function withExistingServers(given: Given): Promise<Message | undefined> {
  const { question, name, zone, theirs, evidence } = given;
  if (zone === undefined) return undefined;
  const isApex = name === zone && question.type === 'NS';
  const isServer = name === `ns.dns.${zone}` && !evidence.isReverse(zone);
  if (!isApex && !isServer) return undefined;
  const said = await evidence.ask(zone, 'NS');
  const kept: RR[] = [];
  for (const record of said?.answer ?? []) {
    if (await isRealServer(record, evidence)) kept.push(record);
  }
  if (said === undefined || (kept.length > 0 && kept.length === said.answer.length)) return;
  const { ttl } = given.variant;
  const owner = isApex ? `ns.dns.${question.name}` : question.name;
  const own = OWN_ADDRESSES.map((address): RR => ({ name: owner, ttl, ...address }));
  const names = kept.map(({ rdata }) => lowerName(rdata));
  const theirOwn = said.additional.filter((record) => names.includes(lowerName(record.name)));
  const addresses = kept.length === 0 ? own : theirOwn;
  if (isApex) {
    const self = { name: question.name, type: 'NS', ttl, rdata: owner };
    const answer = kept.length === 0 ? [self] : kept;
    const additional = evidence.isReverse(zone) ? [] : addresses;
    return { ...theirs, answer, authority: [], additional };
  }
  const answer = addresses
    .filter(({ type }) => type === question.type)
    .map((record) => ({ ...record, name: owner }));
  return answer.length === 0 ? noData(given) : { ...theirs, answer, authority: [] };
}

/** CoreDNS makes a name server below each reverse zone up, after that of the cluster's zone. */
function withServerOf(theirs: Message, evidence: Evidence): Message {
  const changed = (record: RR) => withRealServer(record, evidence);
  const isMadeUp = ({ name }: RR) => serverZone(lowerName(name), evidence) !== undefined;
  return {
    ...theirs,
    answer: theirs.answer.map(changed),
    authority: theirs.authority.map(changed),
    additional: theirs.additional.filter((record) => !isMadeUp(record)),
  };
}

/** The reverse zone in which it was made up. */
function serverZone(server: string, { zones }: Evidence): string | undefined {
  return zones.find(
    (zone) =>
      zone.endsWith('.arpa.') && (server === `ns.dns.${zone}` || server.endsWith(`.svc.${zone}`)),
  );
}

function isNotOfALink({ type, rdata }: RR): boolean {
  return type !== 'AAAA' || !rdata.startsWith('fe80:');
}

function once(records: readonly RR[]): readonly RR[] {
  return [...new Map(records.map((record) => [formatRecord(record), record])).values()];
}
