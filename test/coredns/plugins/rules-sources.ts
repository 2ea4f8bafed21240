/** Differences of what answers from data: `file`, and `dns64` of what it says. */
import { RCODE } from '../../../libs/dns/iana.ts';
import type { Message } from '../../../libs/dns/message.ts';
import { isWithin, lowerName } from '../../../libs/dns/name.ts';
import { formatRecord } from '../../../libs/dns/presentation.ts';
import type { RR } from '../../../libs/dns/rrset.ts';
import type { BlockRule, Given } from './given.ts';
import {
  endsAtHosts,
  fallsThrough,
  firstFound,
  has,
  isEmpty,
  isOfUpstream,
  once,
} from './given.ts';

/** Of db.example.org, whatever rewrites made of its names. */
const SOA = / 7 7200 1800 86400 60$/;
const MINIMUM = 60;
/** The SOA of a template. */
const OF_TEMPLATE = 'ns. h. 1 60 60 60 60';
const MINIMUM_OF_UPSTREAM = 300;
/** IPv6 that dns64 makes of the addresses of db.example.org, and of block-upstream.ts. */
const OF_FILE = /^(64:ff9b|2001:db8:64)::c000:2(0a|14|35|36|65|66|67)$/;
const OF_UPSTREAM = /^(64:ff9b|2001:db8:64)::(cb00:71|c633:64)/;
const ZONE = 'example.org.';
/** Its only name without records that has names below it, beside a wildcard. */
const EMPTY_NON_TERMINAL = /^y\.wild\./i;

const rule = (name: string, rfc: string, plugin: string, mend: BlockRule['mend']): BlockRule => ({
  name: `${plugin}: ${name}`,
  rfc,
  mend: (theirs, given) => (has(given.block, plugin) ? mend(theirs, given) : undefined),
});

export const SOURCE_RULES: readonly BlockRule[] = [
  rule('ANY is answered with what is there', 'RFC 1035 § 3.2.3', 'file', (theirs, given) =>
    withAllTypes(theirs, given),
  ),
  rule(
    'a name that others are below takes nothing from a wildcard',
    'RFC 4592 § 2.2.2',
    'file',
    (theirs, given) => withoutWildcard(theirs, given),
  ),
  rule(
    'an alias is followed in the zone, whatever rewrite makes of its target',
    'RFC 1034 § 4.3.2',
    'file',
    (theirs, { block, own: { answer } }) => {
      const isPart = theirs.answer.every((one, i) => formatRecord(one) === recordText(answer[i]));
      const isMore = answer.length > theirs.answer.length && theirs.answer.length > 0;
      const isAliases = answer.every(({ type }) => type === 'CNAME');
      const isCut = isPart && isMore && isAliases && has(block, 'rewrite', 'name');
      return isCut ? { ...theirs, answer } : undefined;
    },
  ),
  rule(
    'an alias that leads to nothing has the SOA of where it ends, if any',
    'RFC 2308 § 2.1, § 2.2',
    'file',
    (theirs, given) => withSoaOfTarget(theirs, given),
  ),
  rule(
    'an alias to what nobody here serves is left to the client',
    'RFC 1034 § 4.3.2',
    'file',
    (theirs, { block, blockOf }) => {
      const end = endOf(theirs);
      if (end === undefined || isWithin(end, ZONE)) return undefined;
      const isChanged = has(block, 'rewrite', 'rcode', 'SERVFAIL');
      const isCode =
        theirs.rcode === RCODE.SERVFAIL || (isChanged && theirs.rcode === RCODE.NXDOMAIN);
      const isFailure = isCode && !theirs.flags.recursionAvailable;
      const names = [end, end.replace(/example\.net\.$/, ZONE)];
      const isLeft = isFailure && !names.some((name) => endsAtHosts(blockOf(end), name));
      return isLeft ? { ...theirs, rcode: RCODE.NOERROR } : undefined;
    },
  ),
  rule('a denial lasts no longer than its SOA says', 'RFC 2308 § 3', 'file', (theirs) => ({
    ...theirs,
    authority: theirs.authority.map((record) =>
      isOwnSoa(record) ? { ...record, ttl: Math.min(record.ttl, MINIMUM) } : record,
    ),
  })),
  rule(
    'what is made up lasts no longer than the denial',
    'RFC 6147 § 5.1.7',
    'dns64',
    (theirs, { block }) => ({
      ...theirs,
      answer: theirs.answer.map((record) => ({
        ...record,
        ttl:
          record.type === 'AAAA' ? Math.min(record.ttl, longestMadeUp(record, block)) : record.ttl,
      })),
    }),
  ),
];

/** As long as the SOA of the file, or of the upstream that a cache keeps it for. */
function longestMadeUp({ rdata }: RR, block: readonly string[]): number {
  if (OF_FILE.test(rdata) && has(block, 'file')) return MINIMUM;
  return OF_UPSTREAM.test(rdata) && has(block, 'cache') ? MINIMUM_OF_UPSTREAM : Infinity;
}

function recordText(record: RR | undefined): string {
  return record === undefined ? '' : formatRecord(record);
}

function isOwnSoa({ type, rdata }: RR): boolean {
  return type === 'SOA' && SOA.test(rdata);
}

/** CoreDNS says that there is nothing. The records are those that it has for each type. */
function withAllTypes(theirs: Message, given: Given): Message | undefined {
  const { asked, block, types, own, walk } = given;
  const first = firstFound(own, walk);
  if (asked.type !== 'ANY' || first === undefined || has(block, 'any')) return undefined;
  const name = lowerName(first.name);
  const there = types.flatMap((one) => one.answer).filter((one) => lowerName(one.name) === name);
  // It follows an alias, too, which is an answer already (RFC 1034 § 3.6.2).
  const isAlias = there.some(({ type }) => type === 'CNAME');
  if (!isAlias && !theirs.authority.some(isOwnSoa)) return undefined;
  if (there.length === 0) return undefined;
  // Of the walk: it is told where something was found.
  const answer = [...own.answer.slice(0, own.answer.indexOf(first)), ...there];
  const additional = types.flatMap((one) => one.additional);
  const servers = types.find(({ authority }) => authority.some(({ type }) => type === 'NS'));
  const authority = name === ZONE ? [] : (servers?.authority ?? []);
  if (has(block, 'minimal')) return { ...theirs, answer: once(answer), authority: [] };
  return { ...theirs, answer: once(answer), authority, additional: once(additional) };
}

/** It exists, and has nothing: what falls through does so here as well. */
function withoutWildcard(theirs: Message, { block, own }: Given): Message | undefined {
  const isSynthesized = theirs.answer.some(
    ({ name, rdata }) =>
      EMPTY_NON_TERMINAL.test(name) && (rdata === '192.0.2.20' || rdata.startsWith('20 a.')),
  );
  const isMadeUp = theirs.answer.some(({ name, rdata }) => {
    return EMPTY_NON_TERMINAL.test(name) && /^(64:ff9b|2001:db8:64)::c000:214$/.test(rdata);
  });
  const isDenied = theirs.answer.length === 0 && EMPTY_NON_TERMINAL.test(own.question?.name ?? '');
  const [soa] = own.authority;
  if (isSynthesized && soa !== undefined && isOwnSoa(soa)) {
    return { ...theirs, answer: [], authority: [soa], additional: [] };
  }
  if (isMadeUp && soa !== undefined && (isOwnSoa(soa) || soa.rdata === OF_TEMPLATE)) {
    const { authoritative } = own.flags;
    const flags = { ...theirs.flags, authoritative };
    return { ...theirs, flags, answer: [], authority: [soa], additional: [] };
  }
  const isOfWhoami =
    own.additional.some(({ type }) => type === 'SRV') ||
    (has(block, 'whoami') && has(block, 'minimal') && isEmpty(own));
  const isOfOthers = isOfUpstream(own) || isOfWhoami;
  const falls = fallsThrough(block, 'file') && (isOfOthers || own.rcode === RCODE.REFUSED);
  if (!falls || !(isSynthesized || isDenied)) return undefined;
  const { answer, authority, additional, rcode } = own;
  const { authoritative, recursionAvailable } = own.flags;
  const flags = { ...theirs.flags, authoritative, recursionAvailable };
  return { ...theirs, rcode, flags, answer, authority, additional };
}

/** CoreDNS has the SOA of the zone with the alias, or its name servers. */
function withSoaOfTarget(theirs: Message, { own, blockOf }: Given): Message | undefined {
  const end = endOf(theirs);
  const [soa] = own.authority;
  // These deny without an SOA.
  const bare = ['whoami', 'hosts', 'acl'];
  const isBare = end !== undefined && bare.some((one) => has(blockOf(end), one));
  if (isBare && own.authority.length === 0) {
    return { ...theirs, authority: [], additional: own.additional };
  }
  if (end === undefined || soa?.type !== 'SOA') return undefined;
  const isOfOthers = isOfUpstream({ ...own, answer: [] }) || soa.rdata === OF_TEMPLATE;
  const isRight = isOwnSoa(soa)
    ? isWithin(end, ZONE) || isWithin(end, lowerName(soa.name))
    : isOfOthers;
  return isRight ? { ...theirs, authority: [soa] } : undefined;
}

/** Where the aliases of an answer lead that has nothing else. */
function endOf({ answer, question }: Message): string | undefined {
  const aliases = answer.filter(({ type }) => type === 'CNAME');
  const isAll = answer.every(({ type }) => type === 'CNAME' || type === 'DNAME');
  if (!isAll || aliases.length === 0 || question?.type === 'CNAME') return undefined;
  const owners = new Set(aliases.map(({ name }) => lowerName(name)));
  return aliases.map(({ rdata }) => lowerName(rdata)).find((target) => !owners.has(target));
}
