/**
 * Puts the addresses of each reply in another order, so that clients that take the first spread
 * over all.
 */
import { RCODE } from '../../../../libs/dns/iana.ts';
import type { RR } from '../../../../libs/dns/rrset.ts';
import type { Plugin } from '../../plugin.ts';

const TURNED = new Set(['A', 'AAAA', 'MX']);
const WHOLE_ZONES = new Set(['AXFR', 'IXFR']);

/** `random` gives numbers from 0 up to 1. */
export function createLoadbalance(random: () => number): Plugin {
  return {
    name: 'loadbalance',
    async handle(query, next) {
      const response = await next(query);
      if (response.rcode !== RCODE.NOERROR || WHOLE_ZONES.has(query.question.type)) {
        return response;
      }
      return {
        ...response,
        answer: turned(response.answer, random),
        authority: turned(response.authority, random),
        additional: turned(response.additional, random),
      };
    },
  };
}

/** CNAMEs first, since clients follow them in order; then what has its order; then the rest. */
function turned(records: readonly RR[], random: () => number): readonly RR[] {
  if (records.length < 2) return records;
  const aliases = records.filter(({ type }) => type === 'CNAME');
  const fixed = records.filter(({ type }) => type !== 'CNAME' && !TURNED.has(type));
  const addresses = records.filter(({ type }) => type === 'A' || type === 'AAAA');
  const exchanges = records.filter(({ type }) => type === 'MX');
  return [...aliases, ...fixed, ...shuffled(addresses, random), ...shuffled(exchanges, random)];
}

function shuffled(records: readonly RR[], random: () => number): readonly RR[] {
  const left = [...records];
  return records.flatMap(() => left.splice(Math.floor(random() * left.length), 1));
}
