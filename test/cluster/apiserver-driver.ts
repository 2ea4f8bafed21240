/** Drives the laws of a ClusterSource on a real API server. */
import type { ClusterDriver } from '../../libs/cluster/contract.ts';
import type { ClusterSource } from '../../libs/cluster/source.ts';
import { OBJECT_KINDS, type ObjectKind } from '../../libs/event/object.ts';
import { startApiServer } from './apiserver.ts';
import { collectionPath } from './collections.ts';
import { putObject } from './put-object.ts';

export async function apiServerDriver(
  open: (kubeconfig: string, kinds: readonly ObjectKind[]) => ClusterSource,
): Promise<ClusterDriver> {
  const api = await startApiServer();
  return {
    put: (raw) => putObject(api, raw),
    delete: async ({ kind, namespace, name }) => {
      await api.must('DELETE', `${collectionPath(kind, namespace)}/${name}`);
    },
    source: (kinds = OBJECT_KINDS) => open(api.kubeconfig, kinds),
    close: () => api.stop(),
    multicluster: { install: () => api.installCrds(), remove: () => api.removeCrds() },
  };
}
