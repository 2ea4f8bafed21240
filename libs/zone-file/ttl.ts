/** TTLs, and the times of a SOA: seconds, or numbers with units as `1h30m`. */
import { TTL_SECONDS_MAX } from '../dns/rrset.ts';

const TTL = /^(?:\d+[smhdw]?)+$/i;
const PART = /(\d+)([smhdw]?)/gi;

const UNIT_SECONDS: ReadonlyMap<string, number> = new Map(
  Object.entries({ '': 1, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }),
);

/** Undefined: it is none, or longer than 31 bits (RFC 2181 § 8). */
export function ttlSeconds(word: string): number | undefined {
  if (!TTL.test(word)) return undefined;
  let sum = 0;
  for (const [, number, unit = ''] of word.matchAll(PART)) {
    sum += Number(number) * (UNIT_SECONDS.get(unit.toLowerCase()) ?? Number.NaN);
  }
  return sum <= TTL_SECONDS_MAX ? sum : undefined;
}
