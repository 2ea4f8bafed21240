/**
 * Where Isthmus may differ from CoreDNS: a rule for each, which says by an RFC what CoreDNS should
 * have answered. A difference is allowed only when the reply so mended is the one that Isthmus
 * gave; so each rule also holds Isthmus to that RFC.
 *
 *   their reply ─rule─► mended ─rule─► mended … ═ our reply?
 */
import { OPCODE } from '../../libs/dns/iana.ts';
import { lowerName } from '../../libs/dns/name.ts';
import type { Evidence } from './evidence.ts';
import type { PortlessImports } from './portless-imports.ts';
import type { Asked } from './questions.ts';
import { isEqual, type Reply } from './reply.ts';
import type { Rule } from './rule.ts';
import { EXISTENCE_RULES } from './rules-existence.ts';
import { MESSAGE_RULES } from './rules-message.ts';
import { SERVER_RULES } from './rules-servers.ts';
import type { Variant } from './variant.ts';

export interface Pair {
  readonly question: Asked;
  readonly theirs: Reply;
  readonly ours: Reply;
  readonly evidence: Evidence;
  readonly variant: Variant;
  readonly portless: PortlessImports;
}

type MessageReply = Extract<Reply, { kind: 'message' }>;

const SILENCE = { name: 'a query gets a reply', rfc: 'RFC 8906 § 2' };

/** In the order in which they mend: what is said first, then how. */
export const RULES: readonly Rule[] = [
  { ...SILENCE, mend: () => undefined },
  ...EXISTENCE_RULES,
  ...SERVER_RULES,
  ...MESSAGE_RULES,
];

/** CoreDNS's reply as it should be, and the rules that made it so. */
export async function mended(pair: Pair): Promise<{
  readonly reply: Reply;
  readonly rules: readonly string[];
}> {
  const { question, ours, evidence, variant, portless } = pair;
  let { theirs } = pair;
  const rules: string[] = [];
  const name = lowerName(question.name);
  const zone = evidence.zoneOf(name);
  if (theirs.kind === 'silence') {
    const said = await insteadOfSilence(question, zone, evidence);
    if (said !== undefined) {
      theirs = said;
      rules.push(SILENCE.name);
    }
  }
  if (theirs.kind !== 'message' || ours.kind !== 'message') return { reply: theirs, rules };
  const fixed = { question, name, zone, evidence, variant, portless, ours: ours.message };
  let reply = theirs;
  const isQuery = question.opcode === OPCODE.QUERY;
  for (const rule of isQuery ? RULES : MESSAGE_RULES) {
    const better = await rule.mend({ ...fixed, theirs: reply.message });
    if (better === undefined) continue;
    const next: typeof reply = { ...reply, message: better };
    if (!isEqual(next, reply)) rules.push(rule.name);
    reply = next;
  }
  return { reply, rules };
}

/**
 * A slice of no Service gives CoreDNS a PTR that can not be written, and the client no reply. The
 * address has no name.
 */
async function insteadOfSilence(
  { type, name, ...asked }: Asked,
  zone: string | undefined,
  evidence: Evidence,
): Promise<MessageReply | undefined> {
  if (type !== 'PTR' || zone === undefined) return undefined;
  const said = await evidence.ask(`nowhere.${name.slice(-zone.length)}`, 'A');
  if (said === undefined) return undefined;
  const { recursionDesired, checkingDisabled } = asked;
  const flags = { ...said.flags, recursionDesired, checkingDisabled };
  const question = { name, type, class: asked.class };
  const edns = asked.edns && { ...asked.edns, options: [] };
  return { kind: 'message', message: { ...said, flags, question, edns }, octets: 0 };
}
