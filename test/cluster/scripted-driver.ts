/** Drives the laws of a ClusterSource on the scripted API server. */
import type { ClusterDriver } from '../../libs/cluster/contract.ts';
import type { ClusterSource } from '../../libs/cluster/source.ts';
import { OBJECT_KINDS, type ObjectKind } from '../../libs/event/object.ts';
import { rawObject } from './collections.ts';
import { startScriptedApi } from './scripted-api.ts';

const MULTICLUSTER = ['serviceexports', 'serviceimports'];

export async function scriptedDriver(
  open: (kubeconfig: string, kinds: readonly ObjectKind[]) => ClusterSource,
): Promise<ClusterDriver> {
  const api = await startScriptedApi();
  const remove = async () => {
    api.deleteAll('ServiceExport');
    api.deleteAll('ServiceImport');
    for (const resource of MULTICLUSTER) api.unserve(resource);
  };
  await remove();
  return {
    put: async (raw) => {
      api.put(rawObject('Namespace', '', raw.metadata.namespace));
      api.put(raw);
    },
    delete: async (ref) => api.delete(ref),
    source: (kinds = OBJECT_KINDS) => open(api.kubeconfig, kinds),
    close: () => api.close(),
    multicluster: {
      install: async () => {
        for (const resource of MULTICLUSTER) api.serve(resource);
      },
      remove,
    },
  };
}
