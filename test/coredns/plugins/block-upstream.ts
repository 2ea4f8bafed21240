/** Whom the blocks forward to: what it says of a name follows from its first label. */
import { RCODE } from '../../../libs/dns/iana.ts';
import type { Message } from '../../../libs/dns/message.ts';
import { parseRecord } from '../../../libs/dns/presentation.ts';
import { answerTo, type Script } from '../../servers/upstream.ts';

/** Multiples of ten: those of a cache are compared by tens, since time goes by. */
const TTL = 600;
const MANY = Array.from({ length: 60 }, (_, i) => `203.0.113.${i}`);

/** Fails, refuses, denies and answers. */
export const answerByLabel: Script = (asked) => {
  const query = withoutOptions(asked);
  const label = labelOf(query);
  if (label === 'servfail') return [answerTo(query, [], { rcode: RCODE.SERVFAIL })];
  if (label === 'refused') return [answerTo(query, [], { rcode: RCODE.REFUSED })];
  if (label.startsWith('no')) return [denial(query, RCODE.NXDOMAIN)];
  return answered(query, rdatasOf(label, query.question?.type ?? 'A'));
};

/** Never fails, and has other addresses. */
export const answerToAll: Script = (asked) => {
  const query = withoutOptions(asked);
  const isAddress = query.question?.type === 'A';
  return answered(query, isAddress ? ['198.51.100.1'] : []);
};

function answered(query: Message, rdatas: readonly string[]): readonly Uint8Array[] {
  const { name = '.', type = 'A' } = query.question ?? {};
  if (rdatas.length === 0) return [denial(query, RCODE.NOERROR)];
  const isAlias = labelOf(query) === 'alias';
  const owner = isAlias ? 'to.example.org.' : name;
  const records = rdatas.map((rdata) => `${owner} ${TTL} IN ${type} ${rdata}`);
  const alias = isAlias ? [`${name} ${TTL} IN CNAME to.example.org.`] : [];
  return [answerTo(query, [...alias, ...records])];
}

/** A server that knows no options of EDNS, and signs nothing. */
function withoutOptions(asked: Message): Message {
  const flags = { ...asked.flags, authenticData: false };
  return { ...asked, flags, edns: asked.edns && { ...asked.edns, options: [] } };
}

function labelOf({ question }: Message): string {
  return question?.name.split('.')[0] ?? '';
}

function rdatasOf(label: string, type: string): readonly string[] {
  if (type === 'A') return label === 'many' ? MANY : ['203.0.113.1', '203.0.113.2'];
  if (type === 'AAAA') return label === 'v4' ? [] : ['2001:db8::1'];
  if (type === 'TXT') return ['"text of upstream"'];
  if (type === 'MX') return ['10 mail.example.com.'];
  return [];
}

function denial(query: Message, rcode: number): Uint8Array {
  const soa = `. ${TTL} IN SOA ns.example. hostmaster.example. 1 7200 1800 86400 300`;
  return answerTo(query, [], { rcode, authority: [parseRecord(soa)] });
}
