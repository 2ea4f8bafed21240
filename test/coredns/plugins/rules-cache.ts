/** Differences of `cache`: which TTLs an answer has, and whose it is. */
import { CLASS_IN } from '../../../libs/dns/iana.ts';
import type { Message } from '../../../libs/dns/message.ts';
import { isWithin, lowerName } from '../../../libs/dns/name.ts';
import { formatRecord } from '../../../libs/dns/presentation.ts';
import type { RR } from '../../../libs/dns/rrset.ts';
import type { BlockRule, Given } from './given.ts';
import { has, isNoAddress, isOfUpstream, withRecords } from './given.ts';
import { setsOption } from './rewrite-rules.ts';

export const CACHE_RULES: readonly BlockRule[] = [
  {
    name: 'cache: each record has its own TTL, and a denial that of its SOA',
    rfc: 'RFC 2181 § 5.2, RFC 2308 § 5',
    mend: (theirs, given) => withOwnTtls(theirs, given),
  },
  {
    name: 'redisc: a denial is told as long as its SOA says, and no TTL is longer than its own',
    rfc: 'RFC 2308 § 5, the README of redisc',
    mend: (theirs, { asked, blockOf, own }) => {
      // What an alias of ours leads to may be another block's.
      const end = theirs.answer.findLast(({ type }) => type === 'CNAME')?.rdata;
      const block = blockOf((theirs.flags.authoritative && end) || asked.name);
      const [longest] = block.flatMap((line) => /^redisc (\d+)/.exec(line)?.[1] ?? []);
      // With `cache` it has what that keeps.
      if (!has(block, 'redisc') || has(block, 'cache')) return undefined;
      // What was asked with an option is for one client.
      const isShared = asked.recursionDesired && !has(block, 'header') && !setsOption(block, asked);
      // Denials of names in zones of ours are no matter of a store, nor are aliases to there.
      const isOurs =
        has(block, 'file') && (own.answer.length === 0 ? !isLowered(own) : leadsToOurs(block, own));
      if (!isShared || isOurs || !isOfUpstream(own)) return undefined;
      return withRecords(theirs, (record) => {
        const ttl = Math.min(record.ttl, minimumOf(record), Number(longest ?? 1800));
        return { ...record, ttl };
      });
    },
  },
  {
    name: 'cache: what whoami says is of one client',
    rfc: 'the README of whoami',
    mend: (theirs, { block, uncached }) =>
      has(block, 'whoami') && uncached?.additional.some(({ type }) => type === 'SRV')
        ? { ...theirs, additional: uncached.additional }
        : undefined,
  },
  {
    name: 'cache: what header took away stays away',
    rfc: 'the README of header',
    mend: (theirs, { asked, block, uncached }) =>
      uncached !== undefined && has(block, 'response', 'rd') && !isNoAddress(asked, block)
        ? {
            ...theirs,
            flags: { ...theirs.flags, recursionDesired: uncached.flags.recursionDesired },
          }
        : undefined,
  },
];

function isLowered({ authority }: Message): boolean {
  return authority.some((record) => record.type === 'SOA' && record.ttl <= minimumOf(record));
}

/**
 * A TTL may be longer than theirs, the shortest of all, up to what it was without their cache; and
 * that of what we keep is never longer than the cache may have it.
 */
function withOwnTtls(theirs: Message, given: Given): Message | undefined {
  const { own, uncached } = given;
  if (uncached === undefined) return undefined;
  const longest = longestKept(given, own);
  const changed = (section: 'answer' | 'authority' | 'additional') =>
    theirs[section].map((record): RR => {
      const ours = find(own[section], record);
      const raw = find(uncached[section], record);
      if (ours === undefined || raw === undefined) return record;
      const least = Math.min(record.ttl, raw.ttl, minimumOf(record));
      const most = Math.min(raw.ttl, longest);
      return ours.ttl >= least && ours.ttl <= most ? { ...record, ttl: ours.ttl } : record;
    });
  return {
    ...theirs,
    answer: changed('answer'),
    authority: changed('authority'),
    additional: changed('additional'),
  };
}

function find(records: readonly RR[], like: RR): RR | undefined {
  const key = (record: RR) => lowerName(formatRecord({ ...record, ttl: 0 }));
  return records.find((record) => key(record) === key(like));
}

function minimumOf({ type, rdata }: RR): number {
  return type === 'SOA' ? Number(rdata.split(' ').at(-1)) : Number.POSITIVE_INFINITY;
}

/** No bound: it is not kept, or its TTL is rewritten after the cache. */
function longestKept({ asked, block }: Given, own: Message): number {
  const unbounded = Number.POSITIVE_INFINITY;
  const isKept =
    !own.flags.authoritative &&
    !leadsToOurs(block, own) &&
    isOfUpstream(own) &&
    asked.recursionDesired &&
    asked.class === CLASS_IN &&
    !has(block, 'rewrite', 'ttl') &&
    !has(block, 'rewrite', 'edns0') &&
    !has(block, 'header');
  if (!isKept) return unbounded;
  const kind = own.answer.length > 0 ? 'success' : 'denial';
  if (isDisabled(block, kind, lowerName(asked.name))) return unbounded;
  const [, all] = block.find((line) => /^cache\b/.test(line))?.match(/^cache (\d+)/) ?? [];
  const bounds = block.find((line) => line.startsWith(`${kind} `))?.split(' ') ?? [];
  const [, , special] = bounds;
  const usual = kind === 'success' ? 3600 : 1800;
  return Number(special ?? all ?? usual);
}

/** An alias of others to a name of ours is not kept. */
function leadsToOurs(block: readonly string[], { answer }: Message): boolean {
  const isOurs = has(block, 'file') || has(block, 'hosts');
  return isOurs && answer.some(({ type, rdata }) => type === 'CNAME' && /example\.org/.test(rdata));
}

function isDisabled(block: readonly string[], kind: string, name: string): boolean {
  const zones = block.find((line) => line.startsWith(`disable ${kind}`))?.trim();
  if (zones === undefined) return false;
  const [, , ...named] = zones.split(' ');
  return named.length === 0 || named.some((zone) => isWithin(name, `${zone}.`));
}
