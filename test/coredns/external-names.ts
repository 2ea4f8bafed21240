/** The rest of the DNS, as far as it matters: whom both servers forward to. */
import { RCODE } from '../../libs/dns/iana.ts';
import type { Message } from '../../libs/dns/message.ts';
import { isWithin, lowerName } from '../../libs/dns/name.ts';
import { parseRecord } from '../../libs/dns/presentation.ts';
import { answerTo } from '../servers/upstream.ts';

/** Name → rdata by type; a name without any exists all the same. */
const RECORDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'example.': {},
  'none.example.': {},
  'a.example.': { A: '192.0.2.80' },
  'both.example.': { A: '192.0.2.81', AAAA: '2001:db8::81', TXT: '"here"', MX: '10 a.example.' },
  'alias.example.': { CNAME: 'a.example.' },
};
const ROOT_SOA = parseRecord('. 60 IN SOA ns.example. hostmaster.example. 1 7200 1800 86400 60');
const SOA = parseRecord('example. 60 IN SOA ns.example. hostmaster.example. 1 7200 1800 86400 60');

/** The reply to a forwarded query. */
export function answerExternal(asked: Message): Uint8Array {
  const flags = { ...asked.flags, authenticData: false };
  const query = { ...asked, flags, edns: asked.edns && { ...asked.edns, options: [] } };
  const { name = '.', type = 'A' } = query.question ?? {};
  if (lowerName(name) === 'refused.example.') return failed(query, RCODE.REFUSED);
  const records = RECORDS[lowerName(name)];
  const answer = recordsOf(name, type);
  if (answer.length > 0) return answerTo(query, answer);
  const soa = isWithin(lowerName(name), 'example.') ? SOA : ROOT_SOA;
  const rcode = records === undefined ? RCODE.NXDOMAIN : RCODE.NOERROR;
  return answerTo(query, [], { rcode, authority: [soa] });
}

function failed(query: Message, rcode: number): Uint8Array {
  return answerTo(query, [], { rcode });
}

function recordsOf(name: string, type: string): readonly string[] {
  const { [type]: rdata, CNAME: alias } = RECORDS[lowerName(name)] ?? {};
  if (rdata !== undefined) return [`${name} 60 IN ${type} ${rdata}`];
  if (alias === undefined) return [];
  return [`${name} 60 IN CNAME ${alias}`, ...recordsOf(alias, type)];
}
