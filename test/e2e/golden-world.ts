/**
 * Published Corefiles (golden/) beside what they expect around them: an API server, upstreams, free
 * ports. Nothing is changed in them but places: each must be in there.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { rawObject } from '../cluster/collections.ts';
import { type ScriptedApi, startScriptedApi } from '../cluster/scripted-api.ts';
import { freePort } from '../servers/free-port.ts';
import { makeTempDirectory, removeTempDirectory } from '../servers/temp-directory.ts';
import { answerTo, type ScriptedUpstream, startUpstream } from '../servers/upstream.ts';
import { clusterIP, slice } from './objects.ts';

const GOLDEN = join(import.meta.dirname, 'golden');

/** As it was published. */
export function goldenFile(name: string): string {
  return readFileSync(join(GOLDEN, name), 'utf8');
}

export type Change = readonly [from: string | RegExp, to: string];

export interface World {
  readonly folder: string;
  readonly api: ScriptedApi;
  /** The world, for whatever name it is asked. */
  readonly upstream: ScriptedUpstream;
  /** The same with another address. */
  readonly stub: ScriptedUpstream;
  readonly dns: number;
  readonly metrics: number;
  readonly health: number;
  readonly ready: number;
  /** What an address of upstream is in a Corefile. */
  readonly upstreamText: string;
  readonly stubText: string;
  /** The text with these ports, addresses and folders in the place of its own. */
  place(text: string, changes?: readonly Change[]): string;
  /** Writes a file of the folder. */
  write(name: string, text: string): void;
}

export const WORLD = '192.0.2.1';
export const STUB = '192.0.2.2';

/** A cluster with one Service, `web` in `shop`: 10.96.0.10. */
export async function goldenWorld(t: TestContext): Promise<World> {
  const folder = makeTempDirectory();
  t.after(() => removeTempDirectory(folder));
  const api = await startScriptedApi();
  t.after(() => api.close());
  const { spec } = clusterIP('web');
  api.put(rawObject('Namespace', '', 'shop'));
  api.put(rawObject('Service', 'shop', 'web', { spec: { ...spec, clusterIP: '10.96.0.10' } }));
  const { metadata, ...rest } = slice('web', '10.1.0.1');
  api.put(rawObject('EndpointSlice', 'shop', 'web-1', rest, { labels: metadata.labels }));
  const answering = async (address: string) => {
    const upstream = await startUpstream((query) => [
      answerTo(query, [`${query.question?.name} 60 IN A ${address}`]),
    ]);
    t.after(() => upstream.close());
    return upstream;
  };
  const [upstream, stub] = [await answering(WORLD), await answering(STUB)];
  const ports = { dns: await freePort(), metrics: await freePort() };
  const http = { health: await freePort(), ready: await freePort() };
  const [upstreamText, stubText] = [upstream, stub].map(
    ({ address, port }) => `${address}:${port}`,
  );
  const world = { ...ports, ...http, folder, api, upstream, stub };
  const texts = { upstreamText: upstreamText ?? '', stubText: stubText ?? '' };
  return {
    ...world,
    ...texts,
    place: (text, changes = []) => {
      const places = placesOf({ ...world, ...texts }, text.includes('    bind '));
      return placed(text, [...places, ...changes]);
    },
    write: (name, text) => {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    },
  };
}

type Places = Omit<World, 'place' | 'write'>;

/** Where a published file means a place of its cluster. Not each file has all of them. */
function placesOf(world: Places, isBound: boolean): readonly Change[] {
  const { dns, health, ready, metrics, api, upstreamText, folder } = world;
  return [
    [/^(\S+):53(?:53)? \{$/gm, `$1:${dns} {${isBound ? '' : '\n    bind 127.0.0.1'}`],
    [/^ {4}health( \{)?$/gm, `    health 127.0.0.1:${health}$1`],
    [/^ {4}ready$/gm, `    ready 127.0.0.1:${ready}`],
    [/prometheus (?:127\.0\.0\.1)?:9\d53/g, `prometheus 127.0.0.1:${metrics}`],
    [/^( {4}kubernetes .*\{)$/gm, `$1\n      kubeconfig "${api.kubeconfig}"`],
    [/\/etc\/resolv\.conf/g, upstreamText],
    [/\/etc\/coredns\//g, `${folder}/`],
  ];
}

function placed(text: string, changes: readonly Change[]): string {
  return changes.reduce((changed, [from, to]) => {
    const isOptional = from instanceof RegExp;
    if (!isOptional && !changed.includes(from)) {
      throw new Error(`Cannot change "${from}": it is not there`);
    }
    return isOptional ? changed.replace(from, to) : changed.replaceAll(from, to);
  }, text);
}
