/**
 * What the RFCs want of a name that is an alias (ExternalName), made of what CoreDNS says of each
 * name on the way: it shows the alias only to some types, and not where its target has nothing.
 */
import { OPCODE, RCODE } from '../../libs/dns/iana.ts';
import type { Message } from '../../libs/dns/message.ts';
import { lowerName } from '../../libs/dns/name.ts';
import type { RR } from '../../libs/dns/rrset.ts';
import { withExistingTargets } from './pointers.ts';
import { type Given, noData, saidLike } from './rule.ts';

/** Aliases of aliases are followed so far. */
const ALIASES_MAX = 10;

/** Undefined where the name is none. */
export async function withAlias(given: Given): Promise<Message | undefined> {
  const { question, zone, evidence } = given;
  if (zone === undefined || question.opcode !== OPCODE.QUERY) return undefined;
  if (['CNAME', 'AXFR', 'IXFR'].includes(question.type)) return undefined;
  const chain: RR[] = [];
  const seen = new Set<string>();
  let name = question.name;
  let alias = await aliasOf(given, name);
  if (alias === undefined) return undefined;
  const flags = { ...given.theirs.flags, authoritative: true, recursionAvailable: false };
  const said = { ...given.theirs, flags, rcode: RCODE.NOERROR, authority: [], additional: [] };
  while (alias !== undefined) {
    if (seen.has(lowerName(name)) || seen.size > ALIASES_MAX) return { ...said, answer: chain };
    seen.add(lowerName(name));
    chain.push(alias);
    name = alias.rdata;
    alias = await aliasOf(given, name);
  }
  const last = await evidence.ask(name, question.type);
  if (last === undefined) return undefined;
  const isElsewhere = evidence.zoneOf(name) === undefined;
  const reply = isElsewhere ? last : await corrected(given, name, last);
  const rcode = reply.rcode === RCODE.NXDOMAIN ? RCODE.NXDOMAIN : RCODE.NOERROR;
  const { answer, authority, additional } = reply;
  return { ...said, rcode, answer: [...chain, ...answer], authority, additional };
}

async function aliasOf({ evidence }: Given, name: string): Promise<RR | undefined> {
  if (evidence.zoneOf(name) === undefined) return undefined;
  const reply = await evidence.ask(name, 'CNAME');
  return reply?.answer.find(({ type }) => type === 'CNAME');
}

/** Their reply to the last name, with what other rules say of names in our zones. */
async function corrected(given: Given, name: string, last: Message): Promise<Message> {
  const { evidence, question, theirs } = given;
  const zone = evidence.zoneOf(name);
  const there = { ...given, question: { ...question, name }, name: lowerName(name), zone };
  const said = saidLike(given, last) ?? theirs;
  if (said.answer.length > 0)
    return (await withExistingTargets({ ...there, theirs: said })) ?? said;
  if (evidence.hasBelow(name) || (await evidence.exists(name))) return noData(there);
  // They say NODATA to SOA of any name.
  return saidLike(given, await evidence.ask(name, 'A')) ?? said;
}
