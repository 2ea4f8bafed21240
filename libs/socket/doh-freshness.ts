/** How long an HTTP cache may keep a response (RFC 8484 § 5.1): no longer than a DNS cache. */
import { RCODE } from '../dns/iana.ts';
import { wireRecords } from '../dns/wire-records.ts';

const TYPE_SOA = 6;
/** MINIMUM is the last field of its rdata (RFC 1035 § 3.3.13). */
const MINIMUM_OCTETS = 4;

/** In seconds: the smallest TTL of the answers, or how long the denial holds; 0 for all else. */
export function freshnessSeconds(response: Uint8Array): number {
  const rcode = (response[3] ?? 0) & 15;
  if (rcode !== RCODE.NOERROR && rcode !== RCODE.NXDOMAIN) return 0;
  const records = wireRecords(response) ?? [];
  const ttls = records.filter(({ section }) => section === 'answer').map(({ ttl }) => ttl);
  if (ttls.length > 0 && rcode === RCODE.NOERROR) return Math.min(...ttls);
  const soa = records.find(({ section, type }) => section === 'authority' && type === TYPE_SOA);
  if (soa === undefined || soa.end - soa.rdata < MINIMUM_OCTETS) return 0;
  const data = new DataView(response.buffer, response.byteOffset, response.byteLength);
  // RFC 2308 § 5; what an alias leads to holds as long as the alias does.
  return Math.min(soa.ttl, data.getUint32(soa.end - MINIMUM_OCTETS), ...ttls);
}
