/**
 * Ported: the DNS cases of Kubernetes' end-to-end suite (github.com/kubernetes/kubernetes 1.36,
 * test/e2e/network/dns.go), in our words, over a real API server. Left out is what the kubelet does
 * by itself: /etc/hosts, and what a pod finds in resolv.conf.
 *
 * No pod runs here: the test writes the EndpointSlices that they would be in, and asks for names as
 * a pod's resolver does, along its search path, over UDP and over TCP.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { isJson } from '../../libs/cluster/field.ts';
import { reverseName } from '../../libs/dns/address.ts';
import { type ApiServer, startApiServer } from '../cluster/apiserver.ts';
import { collectionPath, type RawObject } from '../cluster/collections.ts';
import { deleteObject } from '../cluster/delete-object.ts';
import { apiServerMissing } from '../cluster/needs-api-server.ts';
import { putObject } from '../cluster/put-object.ts';
import { headless, service, slice } from './objects.ts';
import { TwoWays } from './two-ways.ts';

const NAMESPACE = 'dns-1';
const SEARCH = [`${NAMESPACE}.svc.cluster.local`, 'svc.cluster.local', 'cluster.local'];
/** Of kubelet's resolv.conf: names with fewer dots are searched for first. */
const NDOTS = 5;

const DUAL_STACK = { ipFamilyPolicy: 'PreferDualStack' };
/** The suite's pod `dns-querier-1`, which is behind both of its Services. */
const POD = { hostname: 'dns-querier-1', four: '10.244.1.7', six: 'fd00:244::7' };

const OBJECTS: readonly RawObject[] = [
  headless(`${NAMESPACE}/dns-test-service`, DUAL_STACK),
  slice(`${NAMESPACE}/dns-test-service`, [{ addresses: [POD.four], hostname: POD.hostname }]),
  slice(`${NAMESPACE}/dns-test-service`, [{ addresses: [POD.six], hostname: POD.hostname }]),
  service(`${NAMESPACE}/test-service-2`, DUAL_STACK),
  slice(`${NAMESPACE}/test-service-2`, [{ addresses: [POD.four], hostname: POD.hostname }]),
  // Kubernetes 1.36 lets names of Services begin with a digit.
  service(`${NAMESPACE}/1kubernetes`, { ports: [{ port: 443 }] }),
];

describe('end-to-end DNS of Kubernetes (ported)', { skip: apiServerMissing() ?? false }, () => {
  let api: ApiServer | undefined;
  before(async () => {
    api = await startApiServer();
    for (const raw of OBJECTS) await putObject(api, raw);
  });
  after(() => api?.stop());

  const zones = 'cluster.local in-addr.arpa ip6.arpa';
  const served = {
    // As kubeadm writes it, but for the access to the cluster.
    kubernetes: (kubeconfig: string) => `kubernetes ${zones} {
        kubeconfig ${kubeconfig} test
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
        ttl 30
    }`,
    federation: (kubeconfig: string) => `federation ${zones} {
        log memory
        cluster east kubeconfig ${kubeconfig} test
        pods insecure
        ttl 30
    }`,
  };
  for (const [plugin, directive] of Object.entries(served)) {
    describe(plugin, () => {
      let isthmus: TwoWays<'block'> | undefined;
      before(async () => {
        const block = [directive(api?.kubeconfig ?? '')];
        isthmus = await TwoWays.start({ block }, { apart: plugin === 'federation' });
        await isthmus.untilReady();
      });
      after(() => isthmus?.stop());
      cases(() => {
        assert.ok(api !== undefined && isthmus !== undefined);
        return { api, isthmus };
      });
    });
  }
});

interface Given {
  readonly api: ApiServer;
  readonly isthmus: TwoWays<'block'>;
}

function cases(given: () => Given): void {
  const resolve = (name: string, type: string, search = SEARCH) =>
    resolved(given().isthmus, name, type, search);

  test('provides DNS for the cluster', async () => {
    const [ip] = await clusterIPsOf(given().api, 'default/kubernetes');
    assert.deepEqual(await resolve('kubernetes.default.svc.cluster.local', 'A'), [ip]);
  });

  test('resolves partial names of the cluster', async () => {
    const [ip] = await clusterIPsOf(given().api, 'default/kubernetes');
    for (const name of ['kubernetes.default', 'kubernetes.default.svc']) {
      assert.deepEqual(await resolve(name, 'A'), [ip], name);
    }
  });

  test('provides DNS for Services', async () => {
    const { api } = given();
    const [four, six] = await clusterIPsOf(api, `${NAMESPACE}/test-service-2`);
    const of = (name: string) => `${name}.${NAMESPACE}.svc.cluster.local`;
    const pod = `${POD.hostname}.${of('dns-test-service')}.`;
    assert.deepEqual(await resolve(of('dns-test-service'), 'A'), [POD.four]);
    assert.deepEqual(await resolve(of('dns-test-service'), 'AAAA'), [POD.six]);
    assert.deepEqual(await resolve(of('_http._tcp.dns-test-service'), 'SRV'), [`0 50 80 ${pod}`]);
    assert.deepEqual(await resolve(of('_http._tcp.test-service-2'), 'SRV'), [
      `0 50 80 ${of('test-service-2')}.`,
    ]);
    assert.deepEqual(await resolve(of('test-service-2'), 'AAAA'), [six]);
    for (const ip of [four, six]) {
      assert.deepEqual(await resolve(reverseName(ip ?? ''), 'PTR'), [`${of('test-service-2')}.`]);
    }
  });

  test('resolves partial names of Services, of pods on the network of their node too', async () => {
    const of = (name: string) => `${name}.${NAMESPACE}.svc`;
    for (const name of ['dns-test-service', `dns-test-service.${NAMESPACE}`]) {
      assert.deepEqual(await resolve(name, 'A'), [POD.four], name);
      assert.deepEqual(await resolve(name, 'AAAA'), [POD.six], name);
    }
    assert.deepEqual(await resolve(of('dns-test-service'), 'A'), [POD.four]);
    for (const name of ['dns-test-service', 'test-service-2']) {
      const [target] = await resolve(of(`_http._tcp.${name}`), 'SRV');
      assert.match(target ?? '', new RegExp(` 80 .*${of(name)}.cluster.local.$`));
    }
  });

  test('provides DNS for the hostname of a pod, and for its subdomain', async () => {
    const subdomain = `dns-test-service.${NAMESPACE}.svc.cluster.local`;
    const pod = `${POD.hostname}.${subdomain}`;
    assert.deepEqual(await resolve(pod, 'A'), [POD.four]);
    assert.deepEqual(await resolve(pod, 'AAAA'), [POD.six]);
    assert.deepEqual(await resolve(subdomain, 'A'), [POD.four]);
    // The suite asks the pod itself; the server knows where it is by its address.
    assert.deepEqual(await resolve(reverseName(POD.six), 'PTR'), [`${pod}.`]);
    assert.deepEqual(await resolve(`10-244-1-7.${NAMESPACE}.pod.cluster.local`, 'A'), [POD.four]);
  });

  test('follows an ExternalName, to another one, and to a cluster IP', async () => {
    const { api, isthmus } = given();
    const key = `${NAMESPACE}/dns-test-service-3`;
    const name = `dns-test-service-3.${NAMESPACE}.svc.cluster.local`;
    const alias = (externalName: string) => service(key, { type: 'ExternalName', externalName });
    for (const target of ['foo.example.com', 'bar.example.com']) {
      await putObject(api, alias(target));
      await isthmus.until('block', `${name} CNAME`, [`30 IN CNAME ${target}.`]);
    }
    await putObject(api, service(key));
    const [ip] = await clusterIPsOf(api, key);
    await isthmus.until('block', `${name} A`, [`30 IN A ${ip}`]);
    await deleteObject(api, service(key));
    await isthmus.until('block', `${name} A`, ['NXDOMAIN cluster.local. 30']);
  });

  test('works with more than 6 search paths, of more than 256 characters', async () => {
    const long = Array.from({ length: 6 }, (_, i) => `${String(i + 1).padStart(38, '0')}.k8s.io`);
    const [ip] = await clusterIPsOf(given().api, 'default/kubernetes');
    for (const search of [
      [...SEARCH, ...long],
      [...long, ...SEARCH],
    ]) {
      assert.deepEqual(await resolve('kubernetes.default', 'A', search), [ip]);
      assert.deepEqual(await resolve('kubernetes.default.svc', 'A', search), [ip]);
    }
  });

  test('works with a search path of a single dot, and one with underscores', async () => {
    const odd = ['.', '_sip._tcp.abc_d.example.com'];
    const [ip] = await clusterIPsOf(given().api, 'default/kubernetes');
    for (const search of [
      [...SEARCH, ...odd],
      [...odd, ...SEARCH],
    ]) {
      assert.deepEqual(await resolve('kubernetes.default', 'A', search), [ip]);
      assert.deepEqual(await resolve('kubernetes.default.svc', 'A', search), [ip]);
    }
  });

  test('works with a name of a Service that begins with a digit', async () => {
    const [ip] = await clusterIPsOf(given().api, `${NAMESPACE}/1kubernetes`);
    assert.deepEqual(await resolve(`1kubernetes.${NAMESPACE}.svc.cluster.local`, 'A'), [ip]);
  });
}

/** Rdata of the first name along the search path that has some; over UDP and TCP alike. */
async function resolved(
  isthmus: TwoWays<'block'>,
  name: string,
  type: string,
  search: readonly string[],
): Promise<readonly string[]> {
  const searched = search.map((element) => (element === '.' ? name : `${name}.${element}`));
  const isSearched = name.split('.').length <= NDOTS;
  for (const candidate of isSearched ? [...searched, name] : [name]) {
    const udp = await isthmus.ask('block', `${candidate} ${type}`);
    const tcp = await isthmus.ask('block', `${candidate} ${type}`, { transport: 'tcp' });
    assert.deepEqual(tcp, udp, candidate);
    const found = udp.flatMap((line) => new RegExp(` IN ${type} (.*)$`).exec(line)?.[1] ?? []);
    if (found.length > 0) return found;
  }
  return [];
}

async function clusterIPsOf(api: ApiServer, key: string): Promise<readonly string[]> {
  const [namespace = '', name] = key.split('/');
  const there = await api.must('GET', `${collectionPath('Service', namespace)}/${name}`);
  const spec = isJson(there) ? there.spec : undefined;
  const ips = isJson(spec) ? spec.clusterIPs : undefined;
  return Array.isArray(ips) ? ips.map(String) : [];
}
