/**
 * The Multi-Cluster Services API has two versions, and clusters of one set need not have the same:
 * east serves v1alpha1 only, west v1beta1 only. Real API servers, which convert what they store.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isJson } from '../../libs/cluster/field.ts';
import type { ApiServer } from '../cluster/apiserver.ts';
import { type RawObject, rawObject } from '../cluster/collections.ts';
import { apiServerMissing } from '../cluster/needs-api-server.ts';
import { putObject } from '../cluster/put-object.ts';
import { HTTP, headless, service, slice } from './objects.ts';
import { startTwoClusters, type TwoClusters } from './two-clusters.ts';
import { TwoWays } from './two-ways.ts';

const GROUP = 'multicluster.x-k8s.io';
const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

type Version = 'v1alpha1' | 'v1beta1';

const WEB = service('shop/web', { clusterIP: '10.96.0.9' });

describe('clusters with one version of the MCS API each', {
  skip: apiServerMissing() ?? false,
}, () => {
  let clusters: TwoClusters | undefined;
  let isthmus: TwoWays<'block'> | undefined;

  before(async () => {
    clusters = await startTwoClusters({
      east: [WEB, headless('shop/db'), slice('shop/db', ['10.1.0.3'])],
      west: [WEB, headless('shop/db'), slice('shop/db', ['10.2.0.3'])],
    });
    await exportIn(clusters.east, 'v1alpha1', [imported('10.112.0.9')]);
    await exportIn(clusters.west, 'v1beta1', [imported('10.113.0.9')]);
    const directive = `federation cluster.local clusterset.local {
        log memory
        home west
        cluster east kubeconfig ${clusters?.kubeconfig} east
        cluster west kubeconfig ${clusters?.kubeconfig} west
    }`;
    isthmus = await TwoWays.start({ block: [directive] }, { apart: true });
    await isthmus.untilReady();
  });
  after(async () => {
    await isthmus?.stop();
    await clusters?.stop();
  });

  test('exports of both versions contribute', async () => {
    await isthmus?.until('block', 'db.shop.svc.clusterset.local A', [
      '5 IN A 10.1.0.3',
      '5 IN A 10.2.0.3',
    ]);
  });

  test('the clusterset IP is that of the import, of either version', async () => {
    const web = 'web.shop.svc.clusterset.local';
    await isthmus?.until('block', `${web} A`, ['5 IN A 10.113.0.9']);
    await isthmus?.until('block', `_http._tcp.${web} SRV`, [`5 IN SRV 0 100 80 ${web}.`]);
  });
});

/** Serves this version alone, and has what is exported and imported in it. */
async function exportIn(
  api: ApiServer,
  version: Version,
  imports: readonly RawObject[],
): Promise<void> {
  await api.installCrds();
  for (const plural of ['serviceexports', 'serviceimports']) {
    const path = `${CRDS}/${plural}.${GROUP}`;
    const crd = await api.must('GET', path);
    assert.ok(isJson(crd) && isJson(crd.spec) && Array.isArray(crd.spec.versions));
    const versions = crd.spec.versions.map((one: { readonly name: string }) => {
      return { ...one, served: one.name === version };
    });
    await api.must('PUT', path, { ...crd, spec: { ...crd.spec, versions } });
    for (const one of ['v1alpha1', 'v1beta1']) {
      const status = one === version ? 200 : 404;
      while ((await api.request('GET', `/apis/${GROUP}/${one}/${plural}`)).status !== status) {
        await sleep(20);
      }
    }
  }
  const exports = ['web', 'db'].map((name) => rawObject('ServiceExport', 'shop', name));
  for (const raw of [...exports, ...imports]) {
    await putObject(api, { ...raw, apiVersion: `${GROUP}/${version}` });
  }
}

function imported(ip: string): RawObject {
  const spec = { type: 'ClusterSetIP', ips: [ip], ports: [HTTP] };
  return rawObject('ServiceImport', 'shop', 'web', { spec });
}
