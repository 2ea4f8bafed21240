/** Differences in what is said: which names exist, and what they have. */
import { addressOfReverseName } from '../../libs/dns/address.ts';
import { OPCODE, RCODE } from '../../libs/dns/iana.ts';
import type { Message } from '../../libs/dns/message.ts';
import { isWithin, lowerName } from '../../libs/dns/name.ts';
import type { RR } from '../../libs/dns/rrset.ts';
import { withAlias } from './aliases.ts';
import { withExistingTargets } from './pointers.ts';
import { withPortlessImport } from './portless-answers.ts';
import { denied, type Given, isUnknown, noData, type Rule, saidLike } from './rule.ts';
import { multiclusterZonesOf } from './variant.ts';

export const EXISTENCE_RULES: readonly Rule[] = [
  {
    name: 'names are the same in any case',
    rfc: 'RFC 4343 § 3',
    mend: async (given) => {
      const { name, zone, question, theirs, evidence } = given;
      if (zone === undefined || name === question.name || theirs.answer.length > 0)
        return undefined;
      if (name !== zone && name !== `ns.dns.${zone}`) return undefined;
      const other = await evidence.ask(name, question.type);
      return other && inCaseOf(question.name, saidLike(given, other) ?? theirs);
    },
  },
  {
    name: 'the name server’s name is no other that begins with it',
    rfc: 'RFC 1034 § 4.3.2',
    mend: (given) =>
      given.theirs.rcode === RCODE.NOERROR && given.evidence.isTakenForServer(given.name)
        ? denied(given)
        : undefined,
  },
  {
    name: 'an import has its addresses, whether or not it has ports',
    rfc: 'MCS DNS specification 1.0.0',
    mend: (given) => withPortlessImport(given),
  },
  {
    name: 'below a name that does not exist there is none',
    rfc: 'RFC 8020 § 2, Kubernetes DNS specification 1.1.0 § 2.4.1',
    mend: async (given) =>
      given.theirs.rcode === RCODE.NOERROR && (await given.evidence.isBelowNothing(given.name))
        ? denied(given)
        : undefined,
  },
  {
    name: 'an empty non-terminal exists',
    rfc: 'RFC 8020 § 2, RFC 4592 § 2.2.2',
    mend: (given) =>
      isUnknown(given) && given.evidence.hasBelow(given.name) ? noData(given) : undefined,
  },
  {
    name: 'a name with records of one type exists for all types',
    rfc: 'RFC 2308 § 2.2',
    mend: async (given) =>
      isUnknown(given) && (await given.evidence.exists(given.name)) ? noData(given) : undefined,
  },
  {
    name: 'a SOA query does not make a name exist',
    rfc: 'RFC 2308 § 2.1',
    mend: async (given) => {
      const { question, name, zone, theirs, evidence } = given;
      if (question.type !== 'SOA' || zone === undefined || name === zone) return undefined;
      if (theirs.rcode !== RCODE.NOERROR) return undefined;
      if (evidence.hasBelow(name) || (await evidence.exists(name))) return undefined;
      return saidLike(given, await evidence.ask(question.name, 'A'));
    },
  },
  {
    name: 'a reverse name is one of 32 nibbles',
    rfc: 'RFC 3596 § 2.5',
    mend: (given) => (isNoReverseName(given) ? denied(given) : undefined),
  },
  {
    name: 'names of Services are not in reverse zones',
    rfc: 'RFC 1035 § 3.5',
    mend: (given) => (isServiceNameInReverse(given) ? denied(given) : undefined),
  },
  {
    name: 'a PTR leads to a name that exists',
    rfc: 'RFC 1912 § 2.1',
    mend: (given) => withExistingTargets(given),
  },
  {
    name: 'an alias is one for all types, and its target is what is answered',
    rfc: 'RFC 1034 § 3.6.2, RFC 6604 § 3',
    mend: (given) => withAlias(given),
  },
  {
    name: 'addresses of a target are given all or not at all',
    rfc: 'RFC 2181 § 5',
    mend: (given) => withWholeGlue(given),
  },
  {
    name: 'no label begins with a hyphen',
    rfc: 'RFC 1123 § 2.1, RFC 952',
    mend: (given) => withoutHyphens(given),
  },
  {
    name: 'the version of a clusterset zone is that of its own specification',
    rfc: 'MCS DNS specification 1.0.0 § 2.2',
    mend: ({ theirs, name, zone, variant }) =>
      name === `dns-version.${zone}` && multiclusterZonesOf(variant).includes(zone ?? '')
        ? { ...theirs, answer: theirs.answer.map((one) => ({ ...one, rdata: '"1.0.0"' })) }
        : undefined,
  },
  {
    name: 'who serves not this name refuses it, as nothing has failed',
    rfc: 'RFC 1035 § 4.1.1',
    mend: ({ theirs }) =>
      theirs.rcode === RCODE.SERVFAIL ? { ...theirs, rcode: RCODE.REFUSED } : undefined,
  },
];

/** CoreDNS takes other labels for nibbles, and more of them for an address. */
function isNoReverseName({ name, theirs, question }: Given): boolean {
  if (question.type !== 'PTR' || theirs.answer.length === 0 || !name.endsWith('.arpa.'))
    return false;
  return addressOfReverseName(name) === undefined;
}

/** The owner of what is answered, and the zone of what denies, as they were asked for. */
function inCaseOf(asked: string, said: Message): Message {
  const owner = (record: RR): RR => {
    const { name } = record;
    const isAsked = lowerName(asked).endsWith(lowerName(name));
    return isAsked ? { ...record, name: asked.slice(-name.length) } : record;
  };
  return { ...said, answer: said.answer.map(owner), authority: said.authority.map(owner) };
}

/** With SRV, CoreDNS gives those that have this port, though the name has others too. */
async function withWholeGlue({ theirs, zone, evidence }: Given): Promise<Message | undefined> {
  if (zone === undefined || theirs.flags.truncated) return undefined;
  const targets = new Set<string>();
  for (const { type, rdata } of theirs.answer) {
    if (type === 'SRV') targets.add(rdata.split(' ')[3] ?? '.');
  }
  if (targets.size === 0) return undefined;
  const additional: RR[] = [];
  for (const target of targets) {
    for (const type of ['A', 'AAAA']) {
      additional.push(...((await evidence.ask(target, type))?.answer ?? []));
    }
  }
  return { ...theirs, additional };
}

function isServiceNameInReverse({ zone, name, theirs, evidence, question }: Given): boolean {
  if (zone === undefined || !evidence.isReverse(zone) || question.opcode !== 0) return false;
  if (theirs.rcode !== RCODE.NOERROR) return false;
  return ['svc.', 'pod.', 'dns.'].some((label) => isWithin(name, `${label}${zone}`));
}

/** Endpoints whose address begins with `::` are named `--2` by CoreDNS, and `0--2` by us. */
async function withoutHyphens(given: Given): Promise<Message | undefined> {
  const { name, zone, theirs, question, evidence } = given;
  if (zone === undefined || question.opcode !== OPCODE.QUERY) return undefined;
  if (name.endsWith(`.pod.${zone}`)) return undefined;
  if (name.startsWith('-') && !evidence.isReverse(zone) && theirs.rcode === RCODE.NOERROR) {
    return denied(given);
  }
  if (name.startsWith('0-') && (await evidence.exists(name.slice(1)))) {
    const other = await evidence.ask(question.name.slice(1), question.type);
    return withZero(saidLike(given, other) ?? theirs);
  }
  return withZero(theirs);
}

function withZero(theirs: Message): Message {
  const changed = (record: RR): RR => ({
    ...record,
    name: record.name.replace(/^-/, '0-'),
    rdata: record.rdata.replace(/(^| )(?=-)/, '$10'),
  });
  return {
    ...theirs,
    answer: theirs.answer.map(changed),
    additional: theirs.additional.map(changed),
  };
}
