/** What CoreDNS's PTR should be: those whose targets exist, by its own word. */
import type { Message } from '../../libs/dns/message.ts';
import type { RR } from '../../libs/dns/rrset.ts';
import { denied, type Given, noData } from './rule.ts';

/** Undefined where nothing is to be mended. */
export async function withExistingTargets(given: Given): Promise<Message | undefined> {
  const { theirs, question, evidence } = given;
  if (question.type !== 'PTR' || theirs.answer.length === 0) return undefined;
  const kept: RR[] = [];
  for (const record of theirs.answer) {
    if (await evidence.exists(record.rdata)) kept.push(record);
  }
  if (kept.length > 0) return { ...theirs, answer: kept };
  return evidence.hasBelow(given.name) ? noData(given) : denied(given);
}
