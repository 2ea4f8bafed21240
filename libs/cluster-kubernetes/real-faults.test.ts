import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { type ApiServer, startApiServer } from '../../test/cluster/apiserver.ts';
import { rawObject } from '../../test/cluster/collections.ts';
import { apiServerMissing, isSkipped } from '../../test/cluster/needs-api-server.ts';
import { putObject } from '../../test/cluster/put-object.ts';
import { Observed } from '../cluster/observed.ts';
import { openKubernetesCluster } from './kubernetes-cluster.ts';

const service = (name: string, port: number) =>
  rawObject('Service', 'shop', name, { spec: { clusterIP: 'None', ports: [{ port }] } });
const ref = (name: string) => ({ kind: 'Service', namespace: 'shop', name }) as const;
const MULTICLUSTER = ['ServiceExport', 'ServiceImport'] as const;

describe('openKubernetesCluster with a real kube-apiserver', () => {
  let api: ApiServer | undefined;
  before(async () => {
    if (apiServerMissing() === undefined) api = await startApiServer();
  });
  after(() => api?.stop());

  const scenario = (
    name: string,
    play: (
      api: ApiServer,
      observe: (kubeconfig: string) => Observed,
      troubles: string[],
    ) => Promise<void>,
  ) =>
    it(name, async (t: TestContext) => {
      if (isSkipped(t, apiServerMissing()) || api === undefined) return;
      const observers: Observed[] = [];
      const troubles: string[] = [];
      try {
        const observe = (file: string) => {
          const access = { kind: 'kubeconfig', file } as const;
          const onTrouble = (text: string) => troubles.push(text);
          const observed = new Observed(openKubernetesCluster({ access, onTrouble, pingMs: 500 }));
          observers.push(observed);
          return observed;
        };
        await play(api, observe, troubles);
      } finally {
        for (const observed of observers) await observed.stop();
      }
    });

  scenario(
    'needs the verbs list and watch, kind by kind, and takes them when granted',
    async (api, observe, troubles) => {
      const observed = observe(api.readerKubeconfig);
      await observed.until('every kind is refused', (o) => o.troubles().length === 6);
      assert.ok(
        troubles.includes(
          'Cannot list services: forbidden; expected the RBAC verbs list and watch',
        ),
      );
      await grant(api, ['namespaces', 'nodes', 'services'], ['list', 'watch']);
      const granted = ['Namespace', 'Node', 'Service'] as const;
      await observed.until('what is granted is listed', (o) =>
        granted.every((kind) => o.listed.has(kind)),
      );
      assert.equal(observed.listed.size, 3);
      await putObject(api, service('granted', 80));
      await observed.until('a change is seen', (o) => o.get(ref('granted')) !== undefined);
    },
  );

  scenario(
    'comes through kill -9 of the API server, and never takes its CRDs for absent',
    async (api, observe) => {
      await api.installCrds();
      await putObject(api, service('before', 80));
      const observed = observe(api.kubeconfig);
      await observed.until('all kinds are listed', (o) => o.listed.size === 6);
      for (const round of [1, 2]) {
        await api.kill();
        await observed.until('the outage is told', (o) => o.troubles().length > 0);
        await api.restart();
        await putObject(api, service(`after-${round}`, 80));
        await observed.until(
          'a new object is seen',
          (o) => o.get(ref(`after-${round}`)) !== undefined,
        );
      }
      assert.ok(observed.get(ref('before')));
      assert.deepEqual(
        observed.all.filter((one) => one.kind === 'gone' || one.kind === 'unserved'),
        [],
      );
      for (const kind of MULTICLUSTER) assert.ok(observed.listed.has(kind));
      await api.removeCrds();
    },
  );

  scenario(
    'leaves an API server that holds its connections and says nothing',
    async (api, observe) => {
      const observed = observe(api.kubeconfig);
      await observed.until('Services are listed', (o) => o.listed.has('Service'));
      api.pause();
      try {
        await observed.until('the silence is told', (o) => o.troubles().length > 0);
      } finally {
        api.resume();
      }
      await putObject(api, service('resumed', 80));
      await observed.until('a new object is seen', (o) => o.get(ref('resumed')) !== undefined);
    },
  );
});

async function grant(api: ApiServer, resources: readonly string[], verbs: readonly string[]) {
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  const metadata = { name: 'isthmus' };
  await api.must('POST', `${rbac}/clusterroles`, {
    metadata,
    rules: [{ apiGroups: [''], resources, verbs }],
  });
  await api.must('POST', `${rbac}/clusterrolebindings`, {
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'isthmus' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'reader' }],
  });
}
