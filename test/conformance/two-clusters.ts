/** Two real API servers, east and west, with objects of their own. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ApiServer, startApiServer } from '../cluster/apiserver.ts';
import type { RawObject } from '../cluster/collections.ts';
import { putObject } from '../cluster/put-object.ts';
import { makeTempDirectory } from '../servers/temp-directory.ts';

export interface TwoClusters {
  readonly east: ApiServer;
  readonly west: ApiServer;
  /** With a context for each. */
  readonly kubeconfig: string;
  stop(): Promise<void>;
}

export async function startTwoClusters(
  objects: Readonly<Record<'east' | 'west', readonly RawObject[]>>,
): Promise<TwoClusters> {
  const starting = [startApiServer(), startApiServer()] as const;
  const folder = makeTempDirectory();
  const stop = async () => {
    rmSync(folder, { recursive: true, force: true });
    for (const one of await Promise.allSettled(starting)) {
      if (one.status === 'fulfilled') await one.value.stop();
    }
  };
  try {
    const [east, west] = await Promise.all(starting);
    for (const [api, some] of [
      [east, objects.east],
      [west, objects.west],
    ] as const) {
      if (some.some(({ kind }) => /^Service(Ex|Im)port$/.test(kind))) await api.installCrds();
      for (const raw of some) await putObject(api, raw);
    }
    const kubeconfig = join(folder, 'kubeconfig');
    writeFileSync(kubeconfig, JSON.stringify(kubeconfigOf({ east, west })));
    return { east, west, kubeconfig, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Stanzas of each, the options a line each. */
export function stanzasOf({ kubeconfig }: TwoClusters) {
  const of =
    (context: 'east' | 'west') =>
    (zones: string, ...options: readonly string[]): string => {
      const lines = [`kubeconfig ${kubeconfig} ${context}`, ...options];
      return `kubernetai ${zones} {\n${lines.map((line) => `        ${line}\n`).join('')}    }`;
    };
  return { east: of('east'), west: of('west') };
}

function kubeconfigOf(clusters: Readonly<Record<string, ApiServer>>): unknown {
  const all = Object.entries(clusters);
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'east',
    clusters: all.map(([name, { url, caFile }]) => ({
      name,
      cluster: { server: url, 'certificate-authority': caFile },
    })),
    users: all.map(([name, { token }]) => ({ name, user: { token } })),
    contexts: all.map(([name]) => ({ name, context: { cluster: name, user: name } })),
  };
}
