/**
 * What nodelocaldns's Corefile has until somebody fills it in: `__PILLAR__LOCAL__DNS__`. As a name
 * or an address it would be wrong in ways that tell nobody why.
 */
import { ConfigurationError } from './configuration-error.ts';
import type { Token } from './corefile.ts';

/** What each stands for; the last two node-cache fills in itself, the others who installs it. */
const MEANINGS: Readonly<Record<string, string>> = {
  DNS__DOMAIN: 'the domain of the cluster, as cluster.local',
  DNS__SERVER: 'the cluster IP of the Service kube-dns',
  LOCAL__DNS: 'the address of the node-local cache, as 169.254.20.10',
  CLUSTER__DNS: 'the cluster IP of the Service kube-dns-upstream',
  UPSTREAM__SERVERS: 'name servers of the world, or /etc/resolv.conf',
};

/** Throws ConfigurationError. */
export function refusePlaceholder(token: Token): void {
  const [placeholder, name = ''] = /__PILLAR__(\w{1,64}?)__(?![A-Z])/.exec(token.text) ?? [];
  if (placeholder === undefined) return;
  throw new ConfigurationError(
    token,
    `Cannot read "${token.text}": nobody filled in ${placeholder}; ` +
      `expected ${MEANINGS[name] ?? 'what it stands for'} in its place`,
  );
}
