/**
 * What CoreDNS should have said of a ServiceImport without ports: it makes a Service's names of its
 * ports, and has none of these.
 */
import { parseAddress } from '../../libs/dns/address.ts';
import { OPCODE, RCODE } from '../../libs/dns/iana.ts';
import type { Message } from '../../libs/dns/message.ts';
import { parentName } from '../../libs/dns/name.ts';
import { type Given, noData } from './rule.ts';

/** Undefined where the name is none of theirs, or is hidden. */
export async function withPortlessImport(given: Given): Promise<Message | undefined> {
  const { portless, name, question, evidence, variant } = given;
  const addresses = portless.get(name);
  if (addresses === undefined || question.opcode !== OPCODE.QUERY) return undefined;
  if (['AXFR', 'IXFR'].includes(question.type)) return undefined;
  const namespace = await evidence.ask(parentName(name) ?? '.', 'A');
  if (namespace?.rcode !== RCODE.NOERROR) return undefined;
  // It is empty where nothing is below it.
  const isIgnored = variant.options.includes('ignore empty_service') && !evidence.hasBelow(name);
  if (isIgnored) return undefined;
  const answer = addresses
    .filter((address) => parseAddress(address)?.type === question.type)
    .map((rdata) => ({ name: question.name, type: question.type, ttl: variant.ttl, rdata }));
  const none = await noData(given);
  return answer.length === 0 ? none : { ...none, answer, authority: [] };
}
