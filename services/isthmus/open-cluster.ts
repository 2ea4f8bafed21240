/**
 * A cluster as the configuration names it → its source. Only here do the kinds of sources meet, and
 * the libraries of one are loaded for who needs it alone.
 */
import { checkManifests, openManifests } from '../../libs/cluster/manifests.ts';
import type { ClusterSource } from '../../libs/cluster/source.ts';
import type { Log } from '../../libs/telemetry/log.ts';
import type { ClusterOptions } from '../resolver/plugins/federation/options.ts';

type Source = ClusterOptions['source'];
type Kubeconfig = Extract<Source, { kind: 'kubeconfig' }>;

/**
 * Why the configuration can't be right, in the house sentence; undefined when it can. The cluster
 * itself may be away.
 */
export async function checkCluster(source: Source): Promise<string | undefined> {
  if (source.kind === 'manifests') return checkManifests(source.directory);
  const { checkKubernetes } = await import('../../libs/cluster-kubernetes/kubeconfig.ts');
  return checkKubernetes(accessOf(source));
}

export async function openCluster(name: string, source: Source, log: Log): Promise<ClusterSource> {
  const onTrouble = (text: string) => log.warning(`cluster ${name}: ${text}`);
  if (source.kind === 'manifests') return openManifests({ directory: source.directory, onTrouble });
  const { openKubernetesCluster } = await import(
    '../../libs/cluster-kubernetes/kubernetes-cluster.ts'
  );
  return openKubernetesCluster({ access: accessOf(source), onTrouble });
}

function accessOf({ kind, file, context }: Kubeconfig) {
  return context === undefined ? { kind, file } : { kind, file, context };
}
