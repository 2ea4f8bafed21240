/** What expressions of a Corefile may ask of a query: the functions of CoreDNS's. */
import { BlockList, isIP } from 'node:net';
import { TCP_OCTETS_MAX, UDP_OCTETS_PLAIN } from '../../libs/dns/message.ts';
import { ExpressionError } from '../../libs/expression/expression-error.ts';
import type { Functions, Type, Value } from '../../libs/expression/value.ts';
import type { Query } from './query.ts';

type Fact = string | number | boolean;

function fact(type: Type, of: (query: Query) => Fact): Functions<Query>[string] {
  return { parameters: [], type, call: of };
}

const text = (of: (query: Query) => string) => fact('string', of);
const number = (of: (query: Query) => number) => fact('number', of);

/** Of a query's class; what gets here is of class IN, or CH. */
const CLASS_NAMES: Readonly<Record<number, string>> = { 1: 'IN', 3: 'CH' };

/** How large a reply the client takes (RFC 6891 § 6.2.5): CoreDNS's `bufsize`. */
export function octetsTaken({ message, client }: Pick<Query, 'message' | 'client'>): number {
  if (client.transport === 'tcp') return TCP_OCTETS_MAX;
  return Math.max(message.edns?.udpSize ?? 0, UDP_OCTETS_PLAIN);
}

export const QUERY_FUNCTIONS: Functions<Query> = {
  bufsize: number(octetsTaken),
  class: text(({ question }) => CLASS_NAMES[question.class] ?? `CLASS${question.class}`),
  client_ip: text(({ client }) => client.address),
  do: fact('boolean', ({ message }) => message.edns?.dnssecOk ?? false),
  id: number(({ message }) => message.id),
  name: text(({ name }) => name),
  opcode: number(({ message }) => message.opcode),
  port: text(({ client }) => String(client.port)),
  proto: text(({ client }) => client.transport),
  server_ip: text(({ server }) => server?.address ?? ''),
  server_port: text(({ server }) => String(server?.port ?? '')),
  size: number(({ octets }) => octets ?? 0),
  type: text(({ question }) => question.type),
  incidr: {
    parameters: ['string', 'string'],
    type: 'boolean',
    refuses: ([, network]) => {
      if (typeof network !== 'string' || networkOf(network) !== undefined) return undefined;
      return `"${network}" is no network, as 10.0.0.0/8 is`;
    },
    call: (_query, address, network) => isInNetwork(address, network),
  },
  metadata: {
    parameters: ['string'],
    type: 'string',
    call: ({ metadata }, label) => metadata?.get(String(label))?.() ?? '',
  },
};

/** Networks that were made of their text; few are written in a file. */
const networks = new Map<string, BlockList>();
/** More can only be made by expressions that make up networks. */
const NETWORKS_MAX = 1000;

function isInNetwork(address: Value = '', network: Value = ''): boolean {
  const bare = String(address).replace(/^\[(.*)\]$/, '$1');
  const version = isIP(bare);
  const list = networkOf(String(network));
  if (list === undefined) throw new ExpressionError(`"${network}" is no network`);
  if (version === 0) throw new ExpressionError(`"${address}" is no address`);
  return list.check(bare, version === 4 ? 'ipv4' : 'ipv6');
}

function networkOf(text: string): BlockList | undefined {
  const known = networks.get(text);
  if (known !== undefined) return known;
  const [, address = '', digits = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const version = isIP(address);
  const length = Number(digits);
  if (version === 0 || digits === '' || length > (version === 4 ? 32 : 128)) return undefined;
  const list = new BlockList();
  list.addSubnet(address, length, version === 4 ? 'ipv4' : 'ipv6');
  if (networks.size < NETWORKS_MAX) networks.set(text, list);
  return list;
}
