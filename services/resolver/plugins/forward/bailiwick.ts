/**
 * Of a reply, only what belongs to the question: nobody asked for more, and what nobody asked for
 * is how caches are poisoned.
 */
import type { Message } from '../../../../libs/dns/message.ts';
import { lowerName, parentName } from '../../../../libs/dns/name.ts';
import type { RR } from '../../../../libs/dns/rrset.ts';

type Sections = Pick<Message, 'answer' | 'authority' | 'additional'>;

/** Records whose owner need not be an ancestor of the name: proofs stand beside it. */
const PROOFS = new Set(['NSEC', 'NSEC3', 'RRSIG']);
const ADDRESSES = new Set(['A', 'AAAA', 'RRSIG']);

/**
 * ANSWER: the name and what its CNAMEs and DNAMEs lead to. AUTHORITY: zones above these, and
 * proofs. ADDITIONAL: addresses of names that the other two mention.
 */
export function withinBailiwick(name: string, reply: Sections): Sections {
  const chain = followAliases(lowerName(name), reply.answer);
  const above = new Set([...chain].flatMap(upFrom));
  const isAbove = (owner: string) => above.has(owner);
  const answer = reply.answer.filter(
    (record) => chain.has(lowerName(record.name)) || isDnameAbove(record, isAbove),
  );
  const authority = reply.authority.filter(
    (record) => PROOFS.has(record.type) || isAbove(lowerName(record.name)),
  );
  const mentioned = new Set(
    [...answer, ...authority].flatMap(({ name, rdata }) => [
      lowerName(name),
      ...rdata.split(' ').map(lowerName),
    ]),
  );
  const additional = reply.additional.filter(
    (record) => ADDRESSES.has(record.type) && mentioned.has(lowerName(record.name)),
  );
  return { answer, authority, additional };
}

/** The name and those above it. */
function upFrom(name: string): readonly string[] {
  const all: string[] = [];
  for (let at: string | undefined = name; at !== undefined; at = parentName(at)) all.push(at);
  return all;
}

/** Signatures of a DNAME have its owner too. */
function isDnameAbove({ name, type, rdata }: RR, isAbove: (owner: string) => boolean): boolean {
  const isDname = type === 'DNAME' || (type === 'RRSIG' && DNAME_SIGNATURE.test(rdata));
  return isDname && isAbove(lowerName(name));
}

/** RRSIG's rdata begins with the type that it signs. */
const DNAME_SIGNATURE = /^DNAME /;

function followAliases(name: string, answer: readonly RR[]): ReadonlySet<string> {
  const targets = new Map(
    answer
      .filter(({ type }) => type === 'CNAME')
      .map((record) => [lowerName(record.name), lowerName(record.rdata)]),
  );
  const chain = new Set<string>();
  for (let at: string | undefined = name; at !== undefined && !chain.has(at); at = targets.get(at))
    chain.add(at);
  return chain;
}
