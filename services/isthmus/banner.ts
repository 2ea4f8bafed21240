/** What a newcomer sees first: what is served, where, and what to ask. */
import { isIPv6 } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { examplesOf } from './examples.ts';
import type { ServedFederation } from './served-federation.ts';

export interface BannerOptions {
  readonly listeners: readonly { readonly address: string; readonly port: number }[];
  readonly federation: ServedFederation | undefined;
  readonly signal: AbortSignal;
}

/**
 * The banner waits so long for clusters that are being read, in ms, and is then printed all the
 * same.
 */
const WAIT_MS = 1500;
const LOOK_EVERY_MS = 20;

export async function printBanner({ listeners, federation, signal }: BannerOptions): Promise<void> {
  const control = federation?.control;
  const until = performance.now() + WAIT_MS;
  const isReady = () =>
    control?.clusters().every(({ synced, caughtUp }) => synced && caughtUp) ?? true;
  while (!isReady() && performance.now() < until && !signal.aborted) await delay(LOOK_EVERY_MS);
  const lines = [
    '',
    'Isthmus answers DNS on',
    ...listeners.map((one) => `  ${textOf(one)}, UDP and TCP`),
  ];
  if (federation !== undefined && control !== undefined) {
    lines.push('from the clusters');
    for (const { cluster, position, synced, services, endpointSlices } of control.clusters()) {
      const state = synced ? `at position ${position} of its log` : 'not synced yet';
      const home = cluster === federation.options.home ? ' (home)' : '';
      lines.push(
        `  ${cluster}${home}: ${services} services, ${endpointSlices} endpoint slices, ${state}`,
      );
    }
    lines.push(...askLines(listeners[0], examplesOf(federation.config(), control.states)));
  }
  console.log([...lines, ''].join('\n'));
}

function askLines(
  listener: BannerOptions['listeners'][number] | undefined,
  examples: ReturnType<typeof examplesOf>,
): readonly string[] {
  if (listener === undefined || examples.length === 0) return [];
  const any =
    listener.address === '' || listener.address === '::' || listener.address === '0.0.0.0';
  const dig = `dig @${any ? '127.0.0.1' : listener.address} -p ${listener.port}`;
  const width = Math.max(...examples.map(({ question }) => question.length));
  return [
    'Try',
    ...examples.map(({ what, question }) => `  ${dig} ${question.padEnd(width)}   # ${what}`),
  ];
}

function textOf({ address, port }: BannerOptions['listeners'][number]): string {
  return `${isIPv6(address) ? `[${address}]` : address === '' ? '*' : address}:${port}`;
}
