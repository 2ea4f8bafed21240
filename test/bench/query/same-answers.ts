/**
 * Whether the servers that are compared say the same: a sample of each mix, section by section. A
 * different response code or ANSWER ends the bench, since their costs could not be compared. The
 * other sections may be chosen by a server; where they differ, that is told.
 */
import { RCODE, rcodeName } from '../../../libs/dns/iana.ts';
import type { Message } from '../../../libs/dns/message.ts';
import type { RR } from '../../../libs/dns/rrset.ts';
import { ask } from '../../e2e/ask.ts';
import type { Mix, Question } from './questions.ts';

const SAMPLE = 200;
/** A lost packet is asked for again. */
const ATTEMPTS = 5;

export interface Answering {
  readonly title: string;
  readonly port: number;
}

/** Sections in which a server's answers were others than the first one's, and how often. */
export interface Differences {
  readonly title: string;
  readonly authority: number;
  readonly additional: number;
}

/** Asks all of them; each is resumed by the caller. */
export async function compareAnswers(
  mix: Mix,
  questions: readonly Question[],
  [first, ...others]: readonly Answering[],
): Promise<readonly Differences[]> {
  const step = Math.max(1, Math.floor(questions.length / SAMPLE));
  const sample = questions.filter((_, i) => i % step === 0).slice(0, SAMPLE);
  if (first === undefined) return [];
  const differences = others.map(({ title }) => ({ title, authority: 0, additional: 0 }));
  for (const question of sample) {
    const expected = sectionsOf(await reply(first, question), mix);
    for (const [i, server] of others.entries()) {
      const actual = sectionsOf(await reply(server, question), mix);
      if (actual.answer !== expected.answer) {
        const { name, type } = question;
        const is = `${server.title} says ${actual.answer}`;
        const right = `expected ${expected.answer}, as ${first.title} says`;
        throw new Error(`Cannot compare the answers to ${name} ${type}: ${is}; ${right}`);
      }
      const difference = differences[i];
      if (difference === undefined) continue;
      if (actual.authority !== expected.authority) difference.authority++;
      if (actual.additional !== expected.additional) difference.additional++;
    }
  }
  return differences;
}

async function reply({ title, port }: Answering, { name, type }: Question): Promise<Message> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const message = await ask(port, name, type);
    if (message !== undefined) return message;
  }
  throw new Error(`Cannot compare the answers to ${name} ${type}: ${title} says nothing`);
}

export interface Sections {
  /** The response code, and ANSWER. */
  readonly answer: string;
  readonly authority: string;
  readonly additional: string;
}

/**
 * In no order, since address records rotate. Without what is a server's own: the rdata of SOA (its
 * serial), and the TTL of what a cache counts down: kubeadm's Corefile caches reverse names, too.
 */
export function sectionsOf(message: Message, mix: Mix): Sections {
  const code = message.rcode === RCODE.NOERROR ? '' : `${rcodeName(message.rcode)} `;
  return {
    answer: `${code}[${recordsText(message.answer, mix)}]`,
    authority: recordsText(message.authority, mix),
    additional: recordsText(message.additional, mix),
  };
}

function recordsText(records: readonly RR[], mix: Mix): string {
  const lines = records.map(({ name, ttl, type, rdata }) => {
    const shown = type === 'SOA' ? '' : ` ${rdata.toLowerCase()}`;
    const isCounted = mix === 'cached' || type === 'PTR';
    return `${name.toLowerCase()} ${isCounted ? '' : `${ttl} `}${type}${shown}`;
  });
  return lines.sort().join('; ');
}
