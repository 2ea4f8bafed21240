/** The addresses of a host: of the machine, or of resolvers that the Corefile names. */
import { lookup } from 'node:dns/promises';
import { parseAddress } from '../../../../libs/dns/address.ts';
import { RCODE, rcodeName } from '../../../../libs/dns/iana.ts';
import { queryMessage } from '../../../../libs/dns/message.ts';
import { lowerName } from '../../../../libs/dns/name.ts';
import type { ServerClient } from '../../../../libs/upstream/upstream-server.ts';
import { withinBailiwick } from './bailiwick.ts';

/** For an absolute name in lower case. Rejects, or none, when there is nothing. */
export type LookUp = (host: string) => Promise<readonly string[]>;

/** Longest wait for each reply. CoreDNS's. */
const TIMEOUT_MS = 2000;

/** As the machine does, without its search path: its hosts file, then its resolvers. */
export function lookUpByMachine(readHosts: () => string): LookUp {
  return async (host) => {
    const known = hostsEntry(readHosts, host.slice(0, -1));
    if (known.length > 0) return known;
    const found = await lookup(host, { all: true, order: 'verbatim' });
    return found.map(({ address }) => address);
  };
}

function hostsEntry(readHosts: () => string, host: string): readonly string[] {
  let text = '';
  try {
    text = readHosts();
  } catch {
    // There need not be one.
  }
  return text.split('\n').flatMap((line) => {
    const [address = '', ...names] = (line.split('#')[0] ?? '').trim().split(/\s+/);
    const parsed = parseAddress(address);
    return parsed !== undefined && names.map(lowerName).includes(host) ? [parsed.text] : [];
  });
}

/** The first of the resolvers that knows an address says them all. */
export function lookUpBy(resolvers: readonly ServerClient[], nowMs: () => number): LookUp {
  return async (host) => {
    let why = 'there is no address';
    for (const resolver of resolvers) {
      const ask = async (type: 'A' | 'AAAA') => {
        const endMs = nowMs() + 2 * TIMEOUT_MS;
        const timeouts = { dialTimeoutMs: TIMEOUT_MS, readTimeoutMs: TIMEOUT_MS, endMs };
        const reply = await resolver.ask(queryMessage(host, type), { via: 'udp', ...timeouts });
        if (reply.rcode !== RCODE.NOERROR) why = `the resolver says ${rcodeName(reply.rcode)}`;
        const { answer } = withinBailiwick(host, reply);
        return answer.filter((record) => record.type === type).map(({ rdata }) => rdata);
      };
      const [a, aaaa] = await Promise.allSettled([ask('A'), ask('AAAA')]);
      const addresses = [a, aaaa].flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
      if (addresses.length > 0) return addresses;
      if (a.status === 'rejected') why = messageOf(a.reason);
    }
    throw new Error(why);
  };
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
