/** A Corefile that serves what kube-dns did: kubeadm's, with what its ConfigMap says. */
import type { Forwarded, Forwarding } from './servers.ts';

export interface TextOptions {
  /** Of the cluster: `cluster.local`. */
  readonly zone: string;
  /** What the cluster is called, where federations need that. */
  readonly cluster: string;
}

const INDENT = '    ';

export function corefileText(config: Forwarded, options: TextOptions): string {
  const { upstream, stubDomains } = config;
  const main = [
    'errors',
    'health {',
    `${INDENT}lameduck 5s`,
    '}',
    'ready',
    ...clusterLines(config, options),
    'prometheus :9153',
    ...forwardLines(upstream ?? { zone: '.', servers: ['/etc/resolv.conf'] }),
    'cache 30',
    'loop',
    'reload',
    'loadbalance',
  ];
  return [
    ...blockOf('.:53', main),
    ...stubDomains.flatMap((stub) => stubBlock(stub, { port: ':53', bind: [] })),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

/** kube-dns served pods unverified, with a TTL of 30 seconds. */
function clusterLines(
  { federations }: Forwarded,
  { zone, cluster }: TextOptions,
): readonly string[] {
  const isFederated = federations.size > 0;
  const inside = [
    ...(isFederated ? federationLines(`cluster ${cluster} in_cluster`, cluster, federations) : []),
    'pods insecure',
    'fallthrough in-addr.arpa ip6.arpa',
    'ttl 30',
  ];
  return [
    `${isFederated ? 'federation' : 'kubernetes'} ${zone} in-addr.arpa ip6.arpa {`,
    ...inside.map((line) => INDENT + line),
    '}',
  ];
}

/** What `federation` needs besides what `kubernetes` has. `source`: how the cluster is reached. */
export function federationLines(
  source: string,
  cluster: string,
  federations: ReadonlyMap<string, string>,
): readonly string[] {
  return ['log memory', `home ${cluster}`, source, ...federatedLines(federations)];
}

export function federatedLines(federations: ReadonlyMap<string, string>): readonly string[] {
  return [...federations].map(([name, domain]) => `federated ${name} ${domain}`);
}

export function forwardLines({ servers }: Forwarding): readonly string[] {
  return [`forward . ${servers.join(' ')} {`, `${INDENT}max_concurrent 1000`, '}'];
}

/** A block of a stub domain, where the others listen. `port`: with its colon, or ''. */
export function stubBlock(
  stub: Forwarding,
  { port, bind }: { readonly port: string; readonly bind: readonly string[] },
): readonly string[] {
  const lines = [...bind, 'errors', 'cache 30', 'loop', ...forwardLines(stub)];
  return blockOf(`${stub.zone}${port}`, lines);
}

function blockOf(key: string, lines: readonly string[]): readonly string[] {
  return [`${key} {`, ...lines.map((line) => INDENT + line), '}'];
}
