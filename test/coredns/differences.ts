/**
 * Where Isthmus may differ from CoreDNS: a rule for each, which says by an RFC what CoreDNS should
 * have answered. A difference is allowed only when the reply so mended is the one that Isthmus
 * gave; so each rule also holds Isthmus to that RFC.
 *
 *   their reply ─rule─► mended ─rule─► mended … ═ our reply?
 */
import { lowerName } from '../../libs/dns/name.ts';
import type { Evidence } from './evidence.ts';
import type { Asked } from './questions.ts';
import { isEqual, type Reply } from './reply.ts';
import type { Rule } from './rule.ts';
import { EXISTENCE_RULES } from './rules-existence.ts';
import { MESSAGE_RULES } from './rules-message.ts';

export interface Pair {
  readonly question: Asked;
  readonly theirs: Reply;
  readonly ours: Reply;
  readonly evidence: Evidence;
  /** Whether the server block forwards what is not in its zones. */
  readonly forward: boolean;
}

/** In the order in which they mend: what is said first, then how. */
export const RULES: readonly Rule[] = [...EXISTENCE_RULES, ...MESSAGE_RULES];

/** CoreDNS's reply as it should be, and the rules that made it so. */
export async function mended({ question, theirs, ours, evidence, forward }: Pair): Promise<{
  readonly reply: Reply;
  readonly rules: readonly string[];
}> {
  const rules: string[] = [];
  if (theirs.kind !== 'message' || ours.kind !== 'message') return { reply: theirs, rules };
  const name = lowerName(question.name);
  const zone = evidence.zoneOf(name);
  const fixed = { question, name, zone, evidence, forward, ours: ours.message };
  let reply = theirs;
  for (const rule of RULES) {
    const { octets, message } = reply;
    const better = await rule.mend({ ...fixed, theirs: message, octets });
    if (better === undefined) continue;
    const next: typeof reply = { ...reply, message: better };
    if (!isEqual(next, reply)) rules.push(rule.name);
    reply = next;
  }
  return { reply, rules };
}
