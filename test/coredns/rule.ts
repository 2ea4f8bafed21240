/** The form of a rule, and what several of them need. */
import { RCODE } from '../../libs/dns/iana.ts';
import type { Message } from '../../libs/dns/message.ts';
import type { Evidence } from './evidence.ts';
import type { PortlessImports } from './portless-imports.ts';
import type { Asked } from './questions.ts';
import type { Variant } from './variant.ts';

export interface Rule {
  readonly name: string;
  /** Whose word it is, and where. */
  readonly rfc: string;
  /** What CoreDNS should have said; undefined where the rule has nothing to say. */
  readonly mend: (given: Given) => Message | undefined | Promise<Message | undefined>;
}

export interface Given {
  readonly question: Asked;
  /** Lower-case. */
  readonly name: string;
  /** Of the name; undefined outside of the zones. */
  readonly zone: string | undefined;
  readonly theirs: Message;
  readonly ours: Message;
  readonly evidence: Evidence;
  readonly variant: Variant;
  readonly portless: PortlessImports;
}

/** A name of our zones that they do not know: denied, or the next plugin's. */
export function isUnknown({ zone, theirs, question }: Given): boolean {
  if (zone === undefined || theirs.answer.length > 0 || question.opcode !== 0) return false;
  return theirs.rcode === RCODE.NXDOMAIN || theirs.rcode === RCODE.SERVFAIL;
}

/** The name exists, and has nothing of this type. */
export async function noData({ theirs, zone, question, evidence }: Given): Promise<Message> {
  const apex = question.name.slice(-(zone ?? '.').length);
  const soa = await evidence.ask(apex, 'SOA');
  return {
    ...theirs,
    rcode: RCODE.NOERROR,
    flags: { ...theirs.flags, authoritative: true, recursionAvailable: false },
    answer: [],
    authority: soa?.answer ?? [],
    additional: [],
  };
}

/** As they say it of a name that is nowhere: they deny it, or the next plugin says what it says. */
export async function denied(given: Given): Promise<Message | undefined> {
  const { question, zone = '.' } = given;
  const nowhere = `nowhere.${question.name.slice(-zone.length)}`;
  return saidLike(given, await given.evidence.ask(nowhere, 'A'));
}

/** What was said to another question, as the reply to this one. */
export function saidLike({ theirs }: Given, other: Message | undefined): Message | undefined {
  if (other === undefined) return undefined;
  const { rcode, answer, authority, additional } = other;
  const { authoritative, recursionAvailable } = other.flags;
  const flags = { ...theirs.flags, authoritative, recursionAvailable };
  return { ...theirs, flags, rcode, answer, authority, additional };
}
