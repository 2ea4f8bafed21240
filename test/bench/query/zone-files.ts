/**
 * The names of the cluster as zone files, for servers that read nothing else. TTLs are those that
 * the other servers are told to use, so that all give the same answers.
 */
import { reverseName } from '../../../libs/dns/address.ts';
import type { BigService } from '../big-world.ts';
import { EXTERNAL_HOSTS, EXTERNAL_TTL, EXTERNAL_ZONE } from './external-hosts.ts';

export interface ZoneFile {
  /** With the dot at the end. */
  readonly zone: string;
  readonly text: string;
}

/** Of records and denials of the cluster, in seconds; kubeadm's Corefile says so. */
export const CLUSTER_TTL = 30;
const NAME_SERVER = 'ns.dns.cluster.local.';

export function zoneFiles(services: readonly BigService[]): readonly ZoneFile[] {
  const forward = services.flatMap(forwardRecords);
  forward.push(record(NAME_SERVER, 'A', '127.0.0.1'));
  const reverse = services.flatMap(({ clusterIP, domain }) =>
    clusterIP === undefined ? [] : [record(reverseName(clusterIP), 'PTR', domain)],
  );
  const external = EXTERNAL_HOSTS.flatMap(({ name, addresses }) =>
    addresses.map((address) => record(name, 'A', address, EXTERNAL_TTL)),
  );
  return [
    zoneFile('cluster.local.', forward),
    zoneFile('in-addr.arpa.', reverse),
    zoneFile(EXTERNAL_ZONE, external),
  ];
}

function zoneFile(zone: string, records: readonly string[]): ZoneFile {
  const timers = `7200 1800 86400 ${CLUSTER_TTL}`;
  const apex = [
    record(zone, 'SOA', `${NAME_SERVER} hostmaster.cluster.local. 1 ${timers}`),
    record(zone, 'NS', NAME_SERVER),
  ];
  return { zone, text: `${[...apex, ...records].join('\n')}\n` };
}

/** Kubernetes DNS specification 1.1.0, § 2.3 and 2.4. */
function forwardRecords(service: BigService): readonly string[] {
  const { kind, domain, clusterIP, externalName, ports, endpoints } = service;
  if (kind === 'external-name') return [record(domain, 'CNAME', `${externalName}.`)];
  if (clusterIP !== undefined) {
    const services = ports.map(({ name, port }) =>
      record(`_${name}._tcp.${domain}`, 'SRV', `0 100 ${port} ${domain}`),
    );
    return [record(domain, 'A', clusterIP), ...services];
  }
  return endpoints.flatMap(({ label, address }) => [
    record(domain, 'A', address),
    record(`${label}.${domain}`, 'A', address),
    ...ports.map(({ name, port }) => {
      const weight = Math.floor(100 / endpoints.length);
      const rdata = `0 ${weight} ${port + 8000} ${label}.${domain}`;
      return record(`_${name}._tcp.${domain}`, 'SRV', rdata);
    }),
  ]);
}

function record(name: string, type: string, rdata: string, ttl = CLUSTER_TTL): string {
  return `${name} ${ttl} IN ${type} ${rdata}`;
}
