/** One line about one query. Placeholders are CoreDNS's, so that who reads its logs reads ours. */
import { rcodeName } from '../../../../libs/dns/iana.ts';
import { UDP_OCTETS_PLAIN } from '../../../../libs/dns/message.ts';
import type { Answered } from '../../plugin.ts';

export const PLACEHOLDERS = [
  'type',
  'name',
  'class',
  'proto',
  'remote',
  'port',
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

export interface Placeholder {
  readonly placeholder: (typeof PLACEHOLDERS)[number];
}

export function isPlaceholder(name: string): name is Placeholder['placeholder'] {
  return PLACEHOLDERS.some((known) => known === name);
}

/** The line that a format makes of a query and its reply. */
export function formatLine(format: readonly (string | Placeholder)[], answered: Answered): string {
  return format
    .map((part) => (typeof part === 'string' ? part : value(part.placeholder, answered)))
    .join('');
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
      return 'IN';
    case 'proto':
      return client.transport;
    case 'remote':
      return client.address.includes(':') ? `[${client.address}]` : client.address;
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
      return String(message.edns?.udpSize ?? UDP_OCTETS_PLAIN);
    case '>do':
      return String(message.edns?.dnssecOk ?? false);
    case '>id':
      return String(message.id);
    case '>opcode':
      return String(message.opcode);
  }
}

function flagsText({ reply: { flags } }: Answered): string {
  const names: readonly (readonly [isSet: boolean, name: string])[] = [
    [flags.response, 'qr'],
    [flags.authoritative, 'aa'],
    [flags.truncated, 'tc'],
    [flags.recursionDesired, 'rd'],
    [flags.recursionAvailable, 'ra'],
    [flags.authenticData, 'ad'],
    [flags.checkingDisabled, 'cd'],
  ];
  const set = names.filter(([isSet]) => isSet).map(([, name]) => name);
  return set.join(',');
}
