/** Answers names of the machine itself, as every resolver should (RFC 6761 § 6.3, RFC 6303). */
import { RCODE } from '../../../../libs/dns/iana.ts';
import { isWithin, longestZone } from '../../../../libs/dns/name.ts';
import type { Plugin } from '../../plugin.ts';
import type { Query } from '../../query.ts';
import { emptyResponse, type Response } from '../../response.ts';

export interface LocalOptions {
  /** Whether `localhost.example.org.` is the machine, too. */
  readonly prefix: boolean;
  readonly onLocalhost: () => void;
}

const LOCALHOST = 'localhost.';
const ZONES = [LOCALHOST, '0.in-addr.arpa.', '127.in-addr.arpa.', '255.in-addr.arpa.'];
const LOOPBACK = '1.0.0.127.in-addr.arpa.';
/** Seconds: a week. CoreDNS's. */
const TTL = 604_800;
const SOA = `${LOCALHOST} root.${LOCALHOST} 1 0 0 0 ${TTL}`;
const ADDRESSES = { A: ['127.0.0.1'], AAAA: ['::1'] };

/** Rdata by type. */
type Records = Readonly<Record<string, readonly string[]>>;

export function createLocal({ prefix, onLocalhost }: LocalOptions): Plugin {
  const isPrefixed = (name: string) => prefix && name !== LOCALHOST && name.startsWith(LOCALHOST);
  const isInZones = (name: string) => longestZone(name, ZONES) !== undefined;
  return {
    name: 'local',
    // localhost.example.org. may be below any name: none of these is denied by the table.
    seesEveryDenial: prefix,
    chainNames: {
      has: (name) => isPrefixed(name) || isInZones(name),
      isOpen: isInZones,
      list: () => ZONES,
      follow: () => {},
    },
    async handle(query, next) {
      const { name } = query;
      const isBelow = name !== LOCALHOST && isWithin(name, LOCALHOST);
      if (isBelow || isPrefixed(name)) {
        onLocalhost();
        return answer(query, isBelow ? LOCALHOST : name, ADDRESSES);
      }
      const zone = longestZone(name, ZONES);
      return zone === undefined ? next(query) : answer(query, zone, recordsOf(name, zone));
    },
  };
}

/** What the name has in this zone; undefined when it does not exist. */
function recordsOf(name: string, zone: string): Records | undefined {
  if (name === zone) {
    return { ...(zone === LOCALHOST ? ADDRESSES : {}), SOA: [SOA], NS: [LOCALHOST] };
  }
  if (name === LOOPBACK) return { PTR: [LOCALHOST] };
  return isWithin(LOOPBACK, name) ? {} : undefined;
}

function answer({ question }: Query, zone: string, records: Records | undefined): Response {
  const { name, type } = question;
  const rdatas = (records !== undefined && Object.hasOwn(records, type) && records[type]) || [];
  const response = {
    ...emptyResponse(records === undefined ? RCODE.NXDOMAIN : RCODE.NOERROR),
    authoritative: true,
  };
  if (rdatas.length === 0) {
    return { ...response, authority: [{ name: zone, type: 'SOA', ttl: TTL, rdata: SOA }] };
  }
  return { ...response, answer: rdatas.map((rdata) => ({ name, type, ttl: TTL, rdata })) };
}
