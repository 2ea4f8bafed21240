/**
 * The upstream of the rows of `rewrite`: what it says of a name follows from the name.
 *
 *   alias.x.  CNAME to.x., and its address       none.x.    NXDOMAIN
 *   TXT       the EDNS options that it was sent  broken.x.  SERVFAIL
 *   MX        answers each option with `up`
 */
import { RCODE } from '../../libs/dns/iana.ts';
import { type EdnsOption, type Message, NO_FLAGS } from '../../libs/dns/message.ts';
import { parseRecord } from '../../libs/dns/presentation.ts';
import type { Script } from '../servers/upstream.ts';
import { answerTo } from '../servers/upstream.ts';

/** DNS Cookies are between two servers (RFC 7873): no plugin writes them. */
const OPTION_COOKIE = 10;

export const answerByName: Script = (asked) => {
  const options = asked.question?.type === 'MX' ? answered(asked) : [];
  const query = { ...asked, edns: asked.edns && { ...asked.edns, options } };
  const { name = '', type = '' } = query.question ?? {};
  const [first = ''] = name.split('.');
  const rest = name.slice(first.length + 1);
  if (first === 'broken') return [answerTo(query, [], { rcode: RCODE.SERVFAIL })];
  if (first === 'none') return [denial(query, RCODE.NXDOMAIN, rest)];
  if (first === 'alias' && type === 'CNAME')
    return [answerTo(query, [`${name} 60 IN CNAME to.${rest}`])];
  if (first === 'alias') {
    const target = [`${name} 60 IN CNAME to.${rest}`, `to.${rest} 60 IN A 192.0.2.2`];
    return [answerTo(query, target)];
  }
  const additional = [`ns.${name} 60 IN A 192.0.2.53`].map(parseRecord);
  if (type === 'NS') return [answerTo(query, [`${name} 60 IN NS ns.${name}`], { additional })];
  const rdata = rdataOf(type, name, asked);
  if (rdata === undefined) return [denial(query, RCODE.NOERROR, rest)];
  return [answerTo(query, [`${name} 60 IN ${type} ${rdata}`])];
};

function rdataOf(type: string, name: string, query: Message): string | undefined {
  switch (type) {
    case 'A':
      return '192.0.2.1';
    case 'MX':
      return `10 mail.${name}`;
    case 'SRV':
      return `0 0 80 ${name}`;
    case 'NAPTR':
      return `1 2 "s" "a b" "" ${name}`;
    case 'SOA':
      return `${name} root.${name} 1 2 3 4 5`;
    case 'PTR':
      return 'ftp-us-west-1.service.consul.';
    case 'HINFO':
      return '"x" "y"';
    case 'TXT':
      return `"${optionsOf(query)}"`;
    default:
      return undefined;
  }
}

function answered(query: Message): readonly EdnsOption[] {
  return optionsIn(query).map(({ code }) => ({ code, data: new TextEncoder().encode('up') }));
}

function optionsIn({ edns }: Message): readonly EdnsOption[] {
  return edns?.options.filter(({ code }) => code !== OPTION_COOKIE) ?? [];
}

function optionsOf(query: Message): string {
  const options = optionsIn(query);
  return options.map(({ code, data }) => `${code}:${Buffer.from(data).toString('hex')}`).join(' ');
}

function denial(query: Message, rcode: number, zone: string): Uint8Array {
  const soa = parseRecord(`${zone === '' ? '.' : zone} 30 IN SOA ns. root. 1 2 3 4 30`);
  const flags = { ...NO_FLAGS, response: true, recursionDesired: true, recursionAvailable: true };
  return answerTo(query, [], { flags, rcode, authority: [soa] });
}
