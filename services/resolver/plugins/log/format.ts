/** One line about one query. Placeholders are CoreDNS's, so that who reads its logs reads ours. */
import { rcodeName } from '../../../../libs/dns/iana.ts';
import type { Flags } from '../../../../libs/dns/message.ts';
import type { Answered } from '../../plugin.ts';
import type { Metadata } from '../../query.ts';
import { octetsTaken } from '../../query-functions.ts';
import { classOf, typeOf } from './reply-class.ts';

/** In the place of what is not known. */
const UNKNOWN = '-';

export const PLACEHOLDERS = [
  'type',
  'name',
  'class',
  'proto',
  'remote',
  'port',
  'local',
  'size',
  'duration',
  'rcode',
  'rsize',
  '>rflags',
  '>bufsize',
  '>do',
  '>id',
  '>opcode',
] as const;

/** A part of the line that each query has of its own: `{rcode}`. */
export interface Placeholder {
  readonly placeholder: (typeof PLACEHOLDERS)[number];
}

/** What the `metadata` plugin collected under a label: `{/kubernetes/namespace}`. */
export interface Fact {
  readonly label: string;
}

export type Format = readonly (string | Placeholder | Fact)[];

export function isPlaceholder(name: string): name is Placeholder['placeholder'] {
  return PLACEHOLDERS.some((known) => known === name);
}

export function isFact(part: Format[number]): part is Fact {
  return typeof part !== 'string' && 'label' in part;
}

/** The line that a format makes of a query, its reply, and what is known of it. */
export function formatLine(format: Format, answered: Answered, metadata?: Metadata): string {
  let line = '';
  for (const part of format) {
    if (typeof part === 'string') line += part;
    else if (isFact(part)) line += fact(part.label, answered, metadata) || UNKNOWN;
    else line += value(part.placeholder, answered);
  }
  return line;
}

/** The same for who reads lines with a program, under CoreDNS's names, whatever the format is. */
export function fieldsOf({ query, reply, queryOctets, replyOctets, durationMs }: Answered) {
  const { client, message, question, name } = query;
  return {
    plugin: 'log',
    client_ip: client.address,
    client_port: client.port,
    qname: name,
    qtype: question.type,
    qclass: classOfQuestion(question.class),
    protocol: client.transport,
    id: message.id,
    opcode: message.opcode,
    request_size: queryOctets,
    dnssec_ok: message.edns?.dnssecOk ?? false,
    bufsize: octetsTaken(query),
    rcode: rcodeName(reply.rcode),
    response_size: replyOctets,
    duration_seconds: durationMs / 1000,
  };
}

/** What is known of the reply is so without `metadata`. */
function fact(label: string, { reply }: Answered, metadata?: Metadata): string | undefined {
  if (label === 'log/class') return classOf(reply);
  if (label === 'log/type') return typeOf(reply);
  return metadata?.get(label)?.();
}

const CLASS_NAMES: Readonly<Record<number, string>> = { 1: 'IN', 3: 'CH' };

function classOfQuestion(number: number): string {
  return CLASS_NAMES[number] ?? `CLASS${number}`;
}

function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

function value(name: Placeholder['placeholder'], answered: Answered): string {
  const { query, reply, queryOctets, replyOctets, durationMs } = answered;
  const { client, message } = query;
  switch (name) {
    case 'type':
      return query.question.type;
    case 'name':
      return query.name;
    case 'class':
      return classOfQuestion(query.question.class);
    case 'proto':
      return client.transport;
    case 'remote':
      return bracketed(client.address);
    case 'local':
      return bracketed(query.server?.address || UNKNOWN);
    case 'port':
      return String(client.port);
    case 'size':
      return String(queryOctets);
    case 'duration':
      return `${(durationMs / 1000).toFixed(9)}s`;
    case 'rcode':
      return rcodeName(reply.rcode);
    case 'rsize':
      return String(replyOctets);
    case '>rflags':
      return flagsText(answered);
    case '>bufsize':
      return String(octetsTaken(query));
    case '>do':
      return String(message.edns?.dnssecOk ?? false);
    case '>id':
      return String(message.id);
    case '>opcode':
      return String(message.opcode);
  }
}

function flagsText({ reply: { flags } }: Answered): string {
  let text = '';
  for (const [flag, name] of FLAG_NAMES) {
    if (flags[flag]) text += text === '' ? name : `,${name}`;
  }
  return text;
}

const FLAG_NAMES: readonly (readonly [flag: keyof Flags, name: string])[] = [
  ['response', 'qr'],
  ['authoritative', 'aa'],
  ['truncated', 'tc'],
  ['recursionDesired', 'rd'],
  ['recursionAvailable', 'ra'],
  ['authenticData', 'ad'],
  ['checkingDisabled', 'cd'],
];
