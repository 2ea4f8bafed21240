/** Differences of `autopath`: which names of the search path are asked, and which answer is taken. */
import { RCODE } from '../../../libs/dns/iana.ts';
import type { Message } from '../../../libs/dns/message.ts';
import { lowerName } from '../../../libs/dns/name.ts';
import { formatRecord } from '../../../libs/dns/presentation.ts';
import type { BlockRule, Step } from './given.ts';
import { endsAtHosts, has, isEmpty, withRecords } from './given.ts';

export const AUTOPATH_RULES: readonly BlockRule[] = [
  {
    name: 'autopath: the element of the path itself goes through',
    rfc: 'RFC 2308 § 2.2',
    mend: (theirs, { walk }) => {
      const [itself, ...others] = walk;
      return itself && others.length === 0 ? { ...itself.said, id: theirs.id } : undefined;
    },
  },
  {
    name: 'autopath: a name that nobody serves is passed over',
    rfc: 'the README of autopath',
    // It ends CoreDNS's walk.
    mend: (theirs, { walk, block, asked }) => {
      if (!walk.some((step) => isUnserved(step, block))) return undefined;
      const served = walk.filter((step) => !isUnserved(step, block));
      const step = served.find((one) => !isDenied(one)) ?? served.find((one) => one === walk[0]);
      if (step === undefined || (isOfServer(step) && endsAtHosts(block, step.name))) return;
      const found = step.said;
      const isKept = has(block, 'cache') && asked.recursionDesired;
      const [record] = found.answer;
      const { name } = asked;
      const isOther = step !== walk[0] && record !== undefined;
      const alias = isOther && { name, type: 'CNAME', ttl: record.ttl, rdata: record.name };
      const answer = [...(alias ? [alias] : []), ...found.answer];
      const { authority } = isKept ? withSoaTtl(found) : found;
      return { ...found, id: theirs.id, question: theirs.question, answer, authority };
    },
  },
  {
    name: 'autopath: a failure ends the walk, since it denies nothing',
    rfc: 'RFC 2308 § 7',
    mend: (theirs, { walk, block }) => {
      const first = walk.find((step) => !isDenied(step));
      const isFailure = first !== undefined && isOfServer(first) && !isUnserved(first, block);
      return isFailure ? { ...first.said, id: theirs.id } : undefined;
    },
  },
  {
    name: 'autopath: an alias is told once',
    rfc: 'RFC 2181 § 5',
    mend: (theirs, { walk }) => {
      if (walk.length === 0) return undefined;
      const known = new Set<string>();
      const answer = theirs.answer.filter((record) => {
        const text = lowerName(formatRecord(record));
        const isKnown = known.has(text);
        known.add(text);
        return record.type !== 'CNAME' || !isKnown;
      });
      return { ...theirs, answer };
    },
  },
];

/** As `cache` gives a denial (RFC 2308 § 5); of this one it has seen nothing else. */
function withSoaTtl(said: Message): Message {
  return withRecords(said, (record) => {
    const ttl = record.type === 'SOA' ? Number(record.rdata.split(' ').at(-1)) : record.ttl;
    return { ...record, ttl: Math.min(record.ttl, ttl) };
  });
}

function isDenied(step: Step): boolean {
  return step.said.rcode === RCODE.NXDOMAIN && !isOfServer(step);
}

/** SERVFAIL that no upstream said, or what `rewrite rcode` made of it: a denial without any reason. */
function isOfServer({ said }: Step): boolean {
  const { recursionAvailable, authoritative } = said.flags;
  if (recursionAvailable || authoritative || !isEmpty(said)) return false;
  return said.rcode === RCODE.SERVFAIL || said.rcode === RCODE.NXDOMAIN;
}

/** At the end of the chain; `hosts` without `fallthrough` says the same of names of its own. */
function isUnserved(step: Step, block: readonly string[]): boolean {
  return isOfServer(step) && !endsAtHosts(block, step.name);
}
