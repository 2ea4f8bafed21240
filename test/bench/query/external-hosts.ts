/**
 * Names outside of the cluster, and the upstream that has them: on loopback, in the bench's own
 * process. It is asked when a cache has no answer (any more), which the mix "cached" hardly does.
 */
import { RCODE } from '../../../libs/dns/iana.ts';
import { answerTo, type ScriptedUpstream, startUpstream } from '../../servers/upstream.ts';

export interface ExternalHost {
  readonly name: string;
  readonly addresses: readonly string[];
}

export const EXTERNAL_ZONE = 'example.net.';
/** They fit into every cache: that of CoreDNS has 9,984 entries. */
const HOSTS = 1000;
/** CoreDNS and Isthmus shorten it to the 30 seconds of `cache 30`. */
export const EXTERNAL_TTL = 3600;

export const EXTERNAL_HOSTS: readonly ExternalHost[] = Array.from({ length: HOSTS }, (_, i) => ({
  name: `host-${i}.cdn.${EXTERNAL_ZONE}`,
  addresses: [`198.51.100.${i % 250}`, `203.0.113.${i % 250}`],
}));

export async function startExternalHosts(): Promise<ScriptedUpstream> {
  const byName = new Map(EXTERNAL_HOSTS.map((host) => [host.name, host]));
  return startUpstream((query) => {
    const { name = '', type } = query.question ?? {};
    const host = byName.get(name.toLowerCase());
    if (host === undefined) {
      const isProbe = name === '.' || name.startsWith('cdn.') || name === EXTERNAL_ZONE;
      return [answerTo(query, [], { rcode: isProbe ? RCODE.NOERROR : RCODE.NXDOMAIN })];
    }
    const addresses = type === 'A' ? host.addresses : [];
    return [
      answerTo(
        query,
        addresses.map((ip) => `${name} ${EXTERNAL_TTL} IN A ${ip}`),
      ),
    ];
  });
}
