/** Two real API servers, east and west, with objects of their own. */
import { type ApiServer, startApiServer } from '../cluster/apiserver.ts';
import type { RawObject } from '../cluster/collections.ts';
import { putObject } from '../cluster/put-object.ts';

export interface TwoClusters {
  readonly east: ApiServer;
  readonly west: ApiServer;
  stop(): Promise<void>;
}

export async function startTwoClusters(
  objects: Readonly<Record<'east' | 'west', readonly RawObject[]>>,
): Promise<TwoClusters> {
  const starting = [startApiServer(), startApiServer()] as const;
  const stop = async () => {
    for (const one of await Promise.allSettled(starting)) {
      if (one.status === 'fulfilled') await one.value.stop();
    }
  };
  try {
    const [east, west] = await Promise.all(starting);
    for (const raw of objects.east) await putObject(east, raw);
    for (const raw of objects.west) await putObject(west, raw);
    return { east, west, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A stanza, its options a line each. */
export function stanza(
  zones: string,
  api: { readonly kubeconfig: string },
  ...options: readonly string[]
): string {
  const lines = [`kubeconfig ${api.kubeconfig} test`, ...options];
  return `kubernetai ${zones} {\n${lines.map((line) => `        ${line}\n`).join('')}    }`;
}
