/** What a server says, as one line to compare. */
import { rcodeName } from '../../libs/dns/iana.ts';
import { type Message, OPTION_EDE, OPTION_NSID } from '../../libs/dns/message.ts';
import { formatRecord } from '../../libs/dns/presentation.ts';
import { type Asking, ask } from '../e2e/ask.ts';

/** As stub resolvers do: a busy machine loses packets. */
const TRIES = 3;

/** One line: the response code, flags, records by section, the extended error, and NSID. */
export async function saidBy(port: number, question: string, asking: Asking = {}): Promise<string> {
  const reply = await replyBy(port, question, asking);
  return reply === undefined ? 'silence' : lineOf(reply);
}

/** Who says for how long to wait asks once. */
export async function replyBy(
  port: number,
  question: string,
  asking: Asking = {},
): Promise<Message | undefined> {
  const [name = '', type = ''] = question.split(' ');
  for (let left = asking.timeoutMs === undefined ? TRIES : 1; left > 0; left--) {
    const reply = await ask(port, name, type, asking);
    if (reply !== undefined) return reply;
  }
  return undefined;
}

/** What whoami says over UDP, behind a plugin that let the query pass. */
export function saidByWhoami(name: string): string {
  const records = [`${name}. 0 IN A 127.0.0.1`, `_udp.${name}. 0 IN SRV 0 0 PORT .`];
  return `NOERROR aa | ADDITIONAL ${records.sort().join(', ')}`;
}

/** What is asked, for the name of a test. */
export function titleOf(question: string, asking?: Asking): string {
  return asking === undefined ? question : `${question} ${JSON.stringify(asking)}`;
}

export function lineOf({ rcode, flags, answer, authority, additional, edns }: Message): string {
  const error = edns?.options.find(({ code }) => code === OPTION_EDE)?.data;
  const nsid = edns?.options.find(({ code }) => code === OPTION_NSID)?.data;
  const section = (name: string, records: Message['answer']) =>
    records.length === 0 ? [] : [`${name} ${records.map(formatRecord).sort().join(', ')}`];
  // The client's own port is another each time.
  const additionalText = section('ADDITIONAL', additional).map((text) =>
    text.replace(/( SRV 0 0) \d+ \./, '$1 PORT .'),
  );
  return [
    [rcodeName(rcode), ...flagsOf(flags)].join(' '),
    ...section('ANSWER', answer),
    ...section('AUTHORITY', authority),
    ...additionalText,
    ...(error === undefined ? [] : [`EDE ${((error[0] ?? 0) << 8) | (error[1] ?? 0)}`]),
    ...(nsid === undefined ? [] : [`NSID ${new TextDecoder().decode(nsid)}`]),
  ].join(' | ');
}

/** Each query asks for recursion. */
function flagsOf(flags: Message['flags']): readonly string[] {
  return [
    ...(flags.authoritative ? ['aa'] : []),
    ...(flags.truncated ? ['tc'] : []),
    ...(flags.recursionAvailable ? ['ra'] : []),
    ...(flags.recursionDesired ? [] : ['no-rd']),
  ];
}
