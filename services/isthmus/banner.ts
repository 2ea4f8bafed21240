/** What a newcomer sees first: what is served, where, and what to ask. */
import { isIPv6 } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Listen } from '../resolver/readers/udp-readers.ts';
import { examplesOf } from './examples.ts';
import type { ServedClusters } from './served-clusters.ts';

export interface BannerOptions {
  readonly listeners: readonly Pick<Listen, 'address' | 'port' | 'scheme' | 'security'>[];
  /** Of all server blocks. */
  readonly clusters: readonly ServedClusters[];
  /** What tells how the clusters are; undefined: that is asked of a log server. */
  readonly status: string | undefined;
  readonly signal: AbortSignal;
  readonly print: (text: string) => void;
}

/**
 * The banner waits so long for clusters that are being read, in ms, and is then printed all the
 * same.
 */
const WAIT_MS = 1500;
const LOOK_EVERY_MS = 20;

const DIG_OPTIONS = { dns: '', tls: '+tls ', https: '+https ' };

export async function printBanner(options: BannerOptions): Promise<void> {
  const { listeners, clusters, status, signal, print } = options;
  const until = performance.now() + WAIT_MS;
  const viewsOf = (served: ServedClusters) => served.control?.clusters() ?? [];
  const isReady = () =>
    clusters.flatMap(viewsOf).every(({ synced, caughtUp }) => synced && caughtUp);
  while (!isReady() && performance.now() < until && !signal.aborted) await delay(LOOK_EVERY_MS);
  if (signal.aborted) return;
  const lines = [
    '',
    'Isthmus answers DNS on',
    ...listeners.map((one) => `  ${textOf(one)}, ${transportOf(one)}`),
  ];
  const views = new Map(clusters.flatMap(viewsOf).map((view) => [view.cluster, view]));
  const home = clusters[0]?.config().layers[0]?.cluster;
  if (views.size > 0) lines.push('from the clusters');
  for (const { cluster, position, synced, services, endpointSlices } of views.values()) {
    const state = synced ? `at position ${position} of its log` : 'not synced yet';
    const which = cluster === home && views.size > 1 ? ' (home)' : '';
    lines.push(
      `  ${cluster}${which}: ${services} services, ${endpointSlices} endpoint slices, ${state}`,
    );
  }
  const [first] = clusters;
  if (first !== undefined) {
    const asked = listeners.find(({ scheme = 'dns' }) => scheme === 'dns') ?? listeners[0];
    lines.push(...askLines(asked, examplesOf(first.config(), first.states), status));
  }
  print([...lines, ''].join('\n'));
}

function askLines(
  listener: BannerOptions['listeners'][number] | undefined,
  examples: ReturnType<typeof examplesOf>,
  status: string | undefined,
): readonly string[] {
  if (listener === undefined || examples.length === 0) return [];
  const any =
    listener.address === '' || listener.address === '::' || listener.address === '0.0.0.0';
  const transport = DIG_OPTIONS[listener.scheme ?? 'dns'];
  const dig = `dig ${transport}@${any ? '127.0.0.1' : listener.address} -p ${listener.port}`;
  const lines: (readonly [command: string, what: string])[] = examples.map(({ what, question }) => [
    `${dig} ${question}`,
    what,
  ]);
  if (status !== undefined) lines.push([status, 'how the clusters are']);
  const width = Math.max(...lines.map(([command]) => command.length));
  return ['Try', ...lines.map(([command, what]) => `  ${command.padEnd(width)}   # ${what}`)];
}

function textOf({ address, port }: BannerOptions['listeners'][number]): string {
  return `${isIPv6(address) ? `[${address}]` : address === '' ? '*' : address}:${port}`;
}

function transportOf({ scheme = 'dns', security }: BannerOptions['listeners'][number]): string {
  if (scheme === 'dns') return 'UDP and TCP';
  if (scheme === 'tls') return 'DNS over TLS';
  return security === undefined ? 'DNS over HTTP, not encrypted' : 'DNS over HTTPS';
}
