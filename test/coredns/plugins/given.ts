/** A question and its two replies, as the rules look at them. */
import type { Message } from '../../../libs/dns/message.ts';
import { isWithin, lowerName } from '../../../libs/dns/name.ts';
import { formatRecord } from '../../../libs/dns/presentation.ts';
import type { RR } from '../../../libs/dns/rrset.ts';
import type { Asked } from '../questions.ts';

export interface Given {
  readonly asked: Asked;
  /** The directives of the server block whose question it is; none: nobody's. */
  readonly block: readonly string[];
  readonly own: Message;
  /** Of their reply, as it came. */
  readonly octets: number;
  /** The directives of the block that has another name, for the same question. */
  readonly blockOf: (name: string) => readonly string[];
  /** What they said without `cache`; undefined where the block has none. */
  readonly uncached: Message | undefined;
  /** What they said without `autopath` of each name of the search path, where there is one. */
  readonly walk: readonly Step[];
  /** What a server of theirs with nothing but `file` said of the name, type by type, for ANY. */
  readonly types: readonly Message[];
}

export interface Step {
  /** Lower-case. */
  readonly name: string;
  readonly said: Message;
}

export interface BlockRule {
  readonly name: string;
  /** Whose word it is: an RFC, or what the README of the plugin says. */
  readonly rfc: string;
  /** What CoreDNS should have said; undefined where the rule has nothing to say. */
  readonly mend: (theirs: Message, given: Given) => Message | undefined;
}

export function has(block: readonly string[], plugin: string, ...words: readonly string[]) {
  return block.some((line) => {
    const [first, ...rest] = line.split(' ');
    return first === plugin && words.every((word) => rest.includes(word));
  });
}

export function isEmpty({ answer, authority, additional }: Message): boolean {
  return answer.length + authority.length + additional.length === 0;
}

export function withRecords(message: Message, change: (record: RR) => RR): Message {
  const { answer, authority, additional } = message;
  return {
    ...message,
    answer: answer.map(change),
    authority: authority.map(change),
    additional: additional.map(change),
  };
}

export function once(records: readonly RR[]): readonly RR[] {
  return [...new Map(records.map((record) => [formatRecord(record), record])).values()];
}

/** What was found, behind the alias that `autopath` has before it. */
export function firstFound(
  { answer }: Message,
  walk: readonly Pick<Step, 'name'>[],
): RR | undefined {
  const [first, second] = answer;
  const isAlias =
    first?.type === 'CNAME' && walk.some(({ name }) => name === lowerName(first.rdata));
  return isAlias && second !== undefined ? second : first;
}

const OF_UPSTREAM =
  /^(203\.0\.113\.|198\.51\.100\.|2001:db8::1$|10 mail\.|to\.|"text of up|ns\.example\. )/;

/** Whether block-upstream.ts said it, or some of it. */
export function isOfUpstream({ answer, authority }: Message): boolean {
  return [...answer, ...authority].some(({ rdata }) => OF_UPSTREAM.test(rdata));
}

/** A template of the blocks makes no address of it: a failure, which nothing above changes. */
export function isNoAddress({ name, type }: Asked, block: readonly string[]): boolean {
  const isAsked = type === 'A' && /^ip-10-1-2-300\.ip\.example\.(org|net)\.$/i.test(name);
  return isAsked && has(block, 'template', 'ip.example.org');
}

/** The lines within the braces of a directive. */
function within(block: readonly string[], plugin: string): readonly string[] {
  const from = block.findIndex((line) => line.startsWith(`${plugin} `) && line.endsWith('{'));
  return from < 0 ? [] : block.slice(from + 1, block.indexOf('}', from));
}

/** Whether the plugin hands this name (in lower case) on; without a name, any. */
export function fallsThrough(block: readonly string[], plugin: string, name?: string): boolean {
  const line = within(block, plugin).find((one) => one.startsWith('fallthrough'));
  if (line === undefined) return false;
  const [, ...zones] = line.trim().split(' ');
  return name === undefined || zones.length === 0 || isWithinSome(name, zones);
}

/** Whether `hosts` has the last word for this name (in lower case). */
export function endsAtHosts(block: readonly string[], name: string): boolean {
  const [, , ...words] = block.find((line) => line.startsWith('hosts '))?.split(' ') ?? [];
  if (!has(block, 'hosts') || fallsThrough(block, 'hosts', name)) return false;
  const zones = words.filter((word) => word !== '{' && word !== '');
  return zones.length === 0 || isWithinSome(name, zones);
}

function isWithinSome(name: string, zones: readonly string[]): boolean {
  return zones.some((zone) => isWithin(name, `${zone}.`));
}
