/**
 * What is served, told once: both Corefiles come from it, so that neither can be asked for
 * something else.
 *
 *   Variant ─┬─► kubernetes ZONES { … }      CoreDNS
 *            └─► federation ZONES { … }      Isthmus, from the table or from the chain
 */
import { readZones } from '../../libs/corefile/zone.ts';
import type { Random } from './random.ts';

export interface Variant {
  /** The cluster's zone. */
  readonly zone: string;
  /** Zones or networks of addresses. */
  readonly reverse: readonly string[];
  readonly ttl: number;
  /** Zones that fall through; undefined without the option. */
  readonly fallthrough: readonly string[] | undefined;
  /** Whether there is somebody to ask for other names. */
  readonly forward: boolean;
}

/** Where a server of this variant is, and whom it asks. */
export interface Place {
  readonly port: number;
  /** Of /ready. */
  readonly readyPort: number;
  readonly kubeconfig: string;
  readonly upstreamPort: number;
}

export function variantOf(random: Random): Variant {
  const zone = random.pick(['cluster.local', 'cluster.local', 'k8s.Example.org', 'internal']);
  const forward = random.percent(50);
  return {
    zone,
    reverse: random.pick([
      ['in-addr.arpa', 'ip6.arpa'],
      ['10.0.0.0/8', 'fd00::/8'],
      ['10.244.0.0/15', '10.96.0.0/16', 'ip6.arpa'],
    ]),
    ttl: random.pick([5, 30, 0, 3600]),
    fallthrough: random.percent(50)
      ? random.pick([[], ['in-addr.arpa', 'ip6.arpa'], [zone]])
      : undefined,
    forward,
  };
}

export function corednsCorefile(variant: Variant, place: Place): string {
  return corefile(variant, place, '', [
    `kubernetes ${zoneWords(variant)} {`,
    `    kubeconfig ${place.kubeconfig} test`,
    ...stanza(variant),
    '}',
  ]);
}

/** `chain`: each query goes to the plugins, though the table could answer it. */
export function isthmusCorefile(variant: Variant, place: Place, from: 'table' | 'chain'): string {
  // A log of names that nobody asks for: it keeps the block off the table, and writes nothing.
  return corefile(variant, place, from === 'chain' ? 'log nobody.test {common}' : '', [
    `federation ${zoneWords(variant)} {`,
    '    log memory',
    `    cluster home kubeconfig ${place.kubeconfig} test`,
    ...stanza(variant),
    '}',
  ]);
}

/** Absolute and lower-case; a network is a few. */
export function zonesOf({ zone, reverse }: Variant): readonly string[] {
  return [zone, ...reverse].flatMap((text) => readZones({ text, file: 'variant', line: 1 }));
}

/** As one line, for reports. */
export function formatVariant(variant: Variant): string {
  const forward = variant.forward ? ', forward' : '';
  return `${zoneWords(variant)} { ${stanza(variant).join(';').trim()} }${forward}`;
}

function zoneWords({ zone, reverse }: Variant): string {
  return [zone, ...reverse].join(' ');
}

/** The options that both directives have under the same name. */
function stanza({ ttl, fallthrough }: Variant): readonly string[] {
  const options = [`    ttl ${ttl}`];
  if (fallthrough !== undefined) options.push(`    fallthrough ${fallthrough.join(' ')}`);
  return options;
}

/** No `bind`: with it CoreDNS has no name server of its own. */
function corefile(
  { forward }: Variant,
  { port, readyPort, upstreamPort }: Place,
  extra: string,
  answering: readonly string[],
): string {
  const lines = ['errors', `ready 127.0.0.1:${readyPort}`, extra, ...answering];
  if (forward) lines.push(`forward . 127.0.0.1:${upstreamPort}`);
  const body = lines.filter((line) => line !== '').map((line) => `    ${line}\n`);
  return `.:${port} {\n${body.join('')}}\n`;
}
