/**
 * What is served, told once: both Corefiles come from it, and are the same but for their ports, so
 * that neither can be asked for something else.
 *
 *   Variant ─► kubernetes ZONES { … }      CoreDNS, and Isthmus from the table or from the chain
 *           └► federation ZONES { … }      Isthmus, of a variant that says so
 */
import { readZones } from '../../libs/corefile/zone.ts';

export interface Variant {
  /** What Isthmus serves it with. `federation` has fewer options. */
  readonly directive: 'kubernetes' | 'federation';
  /** Forward zones; the first is the one that PTR lead into. */
  readonly zones: readonly string[];
  /** Further forward zones, of what was imported. */
  readonly multicluster: readonly string[];
  /** Zones or networks of addresses. */
  readonly reverse: readonly string[];
  readonly ttl: number;
  /** Zones that fall through; undefined without the option. */
  readonly fallthrough: readonly string[] | undefined;
  readonly pods: 'disabled' | 'insecure' | 'verified' | undefined;
  readonly noendpoints: boolean;
  /** Other options, a line each. */
  readonly options: readonly string[];
  /** Whether there is somebody to ask for other names. */
  readonly forward: boolean;
  /** Whether zones are handed out. */
  readonly transfer: boolean;
}

/** By the way in which it is answered. */
export type Way = 'theirs' | 'table' | 'chain';

/** Where a server of this variant is, and whom it asks. */
export interface Place {
  readonly port: number;
  /** Of /ready, which one block of a process has. */
  readonly readyPort: number | undefined;
  readonly kubeconfig: string;
  readonly upstreamPort: number;
}

/** The server block of this variant; `chain`: queries go to its plugins, not to the table. */
export function serverBlock(variant: Variant, place: Place, way: Way): string {
  const { port, readyPort, upstreamPort } = place;
  const lines = ['errors'];
  if (readyPort !== undefined) lines.push(`ready 127.0.0.1:${readyPort}`);
  // A log of names that nobody asks for: it keeps the block off the table, and writes nothing.
  if (way === 'chain') lines.push('log nobody.test {', '    class denial', '}');
  if (variant.transfer) lines.push('transfer {', '    to *', '}');
  lines.push(...answering(variant, place, way));
  if (variant.forward) lines.push(`forward . 127.0.0.1:${upstreamPort}`);
  // No `bind`: with it CoreDNS has no name server of its own.
  return `.:${port} {\n${lines.map((line) => `    ${line}\n`).join('')}}\n`;
}

function answering(variant: Variant, { kubeconfig }: Place, way: Way): readonly string[] {
  if (way === 'theirs' || variant.directive === 'kubernetes') {
    const cluster = `    kubeconfig ${kubeconfig} test`;
    return [`kubernetes ${zoneWords(variant)} {`, cluster, ...stanza(variant), '}'];
  }
  return [
    `federation ${zoneWords(variant)} {`,
    '    log memory',
    `    cluster home kubeconfig ${kubeconfig} test`,
    ...stanza(variant),
    '}',
  ];
}

/** Absolute and lower-case; a network is a few. */
export function zonesOf(variant: Variant): readonly string[] {
  return absolute([...variant.zones, ...variant.multicluster, ...variant.reverse]);
}

export function multiclusterZonesOf({ multicluster }: Variant): readonly string[] {
  return absolute(multicluster);
}

/** As one line, for reports. */
export function formatVariant(variant: Variant): string {
  const { directive, forward, transfer } = variant;
  const options = stanza(variant).map((line) => line.trim());
  const beside = `${forward ? ', forward' : ''}${transfer ? ', transfer' : ''}`;
  return `${directive} ${zoneWords(variant)} { ${options.join('; ')} }${beside}`;
}

function absolute(zones: readonly string[]): readonly string[] {
  return zones.flatMap((text) => readZones({ text, file: 'variant', line: 1 }));
}

function zoneWords({ zones, multicluster, reverse }: Variant): string {
  return [...zones, ...multicluster, ...reverse].join(' ');
}

/** The options that all have under the same name. */
function stanza(variant: Variant): readonly string[] {
  const { ttl, fallthrough, pods, noendpoints, multicluster } = variant;
  const options = [`ttl ${ttl}`, ...variant.options];
  if (fallthrough !== undefined) options.push(`fallthrough ${fallthrough.join(' ')}`);
  if (pods !== undefined) options.push(`pods ${pods}`);
  if (noendpoints) options.push('noendpoints');
  if (multicluster.length > 0) options.push(`multicluster ${multicluster.join(' ')}`);
  return options.map((option) => `    ${option.trim()}`);
}
