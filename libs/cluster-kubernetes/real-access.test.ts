import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { type ApiServer, startApiServer } from '../../test/cluster/apiserver.ts';
import { rawObject } from '../../test/cluster/collections.ts';
import { apiServerMissing, isSkipped } from '../../test/cluster/needs-api-server.ts';
import { putObject } from '../../test/cluster/put-object.ts';
import { Observed } from '../cluster/observed.ts';
import { OBJECT_KINDS } from '../event/object.ts';
import type { KubernetesAccess } from './access.ts';
import { type KubernetesOptions, openKubernetesCluster } from './kubernetes-cluster.ts';
import { checkKubernetes } from './load-access.ts';

const pod = (name: string, phase: string) =>
  rawObject('Pod', 'shop', name, {
    spec: { containers: [{ name: 'main', image: 'example.com/none' }] },
    status: { phase, podIP: '10.1.0.5', podIPs: [{ ip: '10.1.0.5' }] },
  });
const ref = (name: string) => ({ kind: 'Pod', namespace: 'shop', name }) as const;

describe('access to a real kube-apiserver', () => {
  let api: ApiServer | undefined;
  before(async () => {
    if (apiServerMissing() === undefined) api = await startApiServer();
  });
  after(() => api?.stop());

  const scenario = (
    name: string,
    play: (
      api: ApiServer,
      observe: (access: KubernetesAccess, options?: Partial<KubernetesOptions>) => Observed,
    ) => Promise<void>,
  ) =>
    it(name, async (t: TestContext) => {
      if (isSkipped(t, apiServerMissing()) || api === undefined) return;
      const observers: Observed[] = [];
      try {
        await play(api, (access, options = {}) => {
          const source = openKubernetesCluster({ access, onTrouble: () => {}, ...options });
          const observed = new Observed(source);
          observers.push(observed);
          return observed;
        });
      } finally {
        for (const observed of observers) await observed.stop();
      }
    });

  scenario('an endpoint with tls is who its certificate says', async ({ url, tls }, observe) => {
    const access = { kind: 'endpoint', url, tls } as const;
    assert.equal(checkKubernetes(access), undefined);
    const observed = observe(access);
    await observed.until('Services are listed', (o) => o.listed.has('Service'));
    assert.deepEqual(observed.troubles(), []);
  });

  scenario('an endpoint without tls trusts whom the system trusts', async ({ url }, observe) => {
    const observed = observe({ kind: 'endpoint', url });
    const isTold = (o: Observed) => o.troubles().some((one) => /self-signed certificate/.test(one));
    await observed.until('the authority is refused', isTold);
    assert.equal(observed.listed.size, 0);
  });

  scenario('a pod that ends is gone by the field selector', async (api, observe) => {
    await putObject(api, pod('done', 'Succeeded'));
    await putObject(api, pod('web', 'Running'));
    const access = { kind: 'kubeconfig', file: api.kubeconfig } as const;
    const limits = { qps: 100, burst: 1, maxInflight: 1 };
    const observed = observe(access, { kinds: OBJECT_KINDS, limits });
    await observed.until('pods are listed', (o) => o.listed.has('Pod'));
    assert.ok(observed.get(ref('web')));
    assert.equal(observed.get(ref('done')), undefined);
    for (const [name, phase] of [
      ['succeeds', 'Succeeded'],
      ['fails', 'Failed'],
    ] as const) {
      await putObject(api, pod(name, 'Running'));
      await observed.until('it runs', (o) => o.get(ref(name)) !== undefined);
      await putObject(api, pod(name, phase));
      await observed.until('it is gone', (o) => o.get(ref(name)) === undefined);
    }
    const told = observed.all.flatMap((one) => (one.kind === 'gone' ? one.ref.name : []));
    assert.deepEqual(told, ['succeeds', 'fails']);
  });
});
