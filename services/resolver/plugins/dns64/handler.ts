/**
 * Makes AAAA records of A records (RFC 6147).
 *
 *   AAAA of an IPv6 client ─► rest of the chain ─┬─ has AAAA, or the name does not exist: as it is
 *                                                └─ has none ─► A ─► behind the prefix
 */
import { RCODE } from '../../../../libs/dns/iana.ts';
import type { RR } from '../../../../libs/dns/rrset.ts';
import type { Plugin } from '../../plugin.ts';
import type { Query } from '../../query.ts';
import type { Response } from '../../response.ts';
import { behind, type Prefix } from './prefix.ts';

export interface Dns64Options {
  readonly prefix: Prefix;
  /** Also where there is AAAA. */
  readonly translatesAll: boolean;
  /** Also for clients that ask over IPv4. */
  readonly allowsIpv4: boolean;
  readonly onTranslated: () => void;
}

/** Seconds that a made-up record lives at most where nothing says how long there is no AAAA. */
const TTL_MAX = 600;

export function createDns64(options: Dns64Options): Plugin {
  const { prefix, translatesAll, allowsIpv4, onTranslated } = options;
  return {
    name: 'dns64',
    asksMax: 2,
    // The table denies AAAA.
    seesEveryQuery: true,
    async handle(query, next) {
      const response = await next(query);
      const mayTranslate = allowsIpv4 || query.client.address.includes(':');
      if (!mayTranslate || !isFor(query) || response.silent === true) return response;
      if (response.rcode === RCODE.NXDOMAIN) return response; // RFC 6147 § 5.1.2
      if (!translatesAll && response.answer.some(isNative)) return response;
      const ofA = await next({ ...query, question: { ...query.question, type: 'A' } });
      if (!ofA.answer.some(({ type }) => type === 'A')) return response;
      onTranslated();
      return translated(ofA, prefix, ttlMaxOf(response));
    },
  };
}

/** AAAA, and not of somebody who validates what we would make up (RFC 6147 § 5.5). */
function isFor({ question, message }: Query): boolean {
  const validates = message.flags.checkingDisabled && message.edns?.dnssecOk === true;
  return question.type === 'AAAA' && !validates;
}

/** IPv4 in disguise is no IPv6 (RFC 6147 § 5.1.4). */
function isNative({ type, rdata }: RR): boolean {
  return type === 'AAAA' && !rdata.startsWith('::ffff:');
}

/** How long there is no AAAA (RFC 6147 § 5.1.7). */
function ttlMaxOf({ authority }: Response): number {
  return authority.find(({ type }) => type === 'SOA')?.ttl ?? TTL_MAX;
}

/** Other records are as they are (RFC 6147 § 5.3.3); nobody signed the whole. */
function translated(response: Response, prefix: Prefix, ttlMax: number): Response {
  const answer = response.answer.flatMap((record) => {
    if (record.type !== 'A') return record;
    const rdata = behind(prefix, record.rdata);
    const ttl = Math.min(record.ttl, ttlMax);
    return rdata === undefined ? [] : { ...record, type: 'AAAA', ttl, rdata };
  });
  return { ...response, authoritative: false, authenticData: false, answer };
}
