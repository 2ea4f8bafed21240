import { apiServerDriver } from '../../test/cluster/apiserver-driver.ts';
import { apiServerMissing } from '../../test/cluster/needs-api-server.ts';
import { scriptedDriver } from '../../test/cluster/scripted-driver.ts';
import { clusterSourceContract } from '../cluster/contract.ts';
import type { ObjectKind } from '../event/object.ts';
import { openKubernetesCluster } from './kubernetes-cluster.ts';

const open = (file: string, kinds: readonly ObjectKind[]) =>
  openKubernetesCluster({ access: { kind: 'kubeconfig', file }, kinds, onTrouble: () => {} });

clusterSourceContract('a scripted API server', () => scriptedDriver(open));
clusterSourceContract('a real kube-apiserver', () => apiServerDriver(open), apiServerMissing());
