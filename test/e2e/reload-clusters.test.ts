/** The stock Corefile of a cluster, and what becomes of its cluster when that is edited. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { describe, test } from 'node:test';
import { parseCorefile } from '../../libs/corefile/parser.ts';
import { configure } from '../../services/resolver/configuration.ts';
import { startApiServer } from '../cluster/apiserver.ts';
import { rawObject } from '../cluster/collections.ts';
import { apiServerMissing } from '../cluster/needs-api-server.ts';
import { putObject } from '../cluster/put-object.ts';
import { ScriptedApi } from '../cluster/scripted-api.ts';
import { givenSetups } from '../presubmit/given-setups.ts';
import { freePort } from '../servers/free-port.ts';
import { answerTo, startUpstream } from '../servers/upstream.ts';
import { ask, short } from './ask.ts';
import { Load } from './load.ts';
import { headless, slice } from './objects.ts';
import { startReloadProcess } from './reload-process.ts';
import { STOCK, stockAt } from './stock-corefile.ts';

const DB = 'db.shop.svc.cluster.local.';
const NONE = 'none.shop.svc.cluster.local.';

async function started(t: TestContext, kubeconfig: string) {
  const upstream = await startUpstream((query) => [
    answerTo(query, [`${query.question?.name} 60 IN A 192.0.2.1`]),
  ]);
  t.after(() => upstream.close());
  const [dns, health, ready, metrics] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const place = {
    ...{ dns, health, ready, metrics, kubeconfig },
    upstream: `${upstream.address}:${upstream.port}`,
  };
  const process = await startReloadProcess(t, stockAt(place), metrics);
  const isReady = async () => (await fetch(`http://127.0.0.1:${ready}/ready`)).status === 200;
  await process.isthmus.until(isReady, 'it is ready');
  const reload = (from: string, to: string) => process.reload(stockAt(place, edited(from, to)));
  return { process, dns, reload, upstream, place };
}

function edited(from: string, to: string): string {
  assert.ok(STOCK.includes(from));
  return STOCK.replace(from, to);
}

const sliceOf = (...addresses: readonly string[]) => {
  const { metadata, addressType, ports, endpoints } = slice('db', ...addresses);
  const fields = { addressType, ports, endpoints };
  return rawObject('EndpointSlice', 'shop', metadata.name, fields, { labels: metadata.labels });
};

/** All but those for one object, which a watcher asks for to see whether the API replies. */
const requestsOf = ({ asked }: ScriptedApi) =>
  asked
    .filter(({ query }) => query.get('limit') !== '1')
    .map(({ verb, resource }) => `${verb} ${resource}`);

const ttlOf = async (port: number, name: string) => (await ask(port, name, 'A'))?.answer[0]?.ttl;
const STUB = 'loadbalance\n}\nconsul.local:53 {\n errors\n cache 30\n forward . 10.150.0.1\n}\n';

test('the stock Corefile of kubeadm is taken as it is', () => {
  const source = { file: 'Corefile', text: STOCK };
  const corefile = parseCorefile(source, { environment: {}, readFiles: () => [] });
  const { listeners, plugins } = configure(corefile, givenSetups());
  assert.deepEqual(
    listeners.map(({ server }) => server),
    ['dns://:53'],
  );
  assert.equal(plugins.length, 10);
});

describe('the stock Corefile', { skip: apiServerMissing() ?? false }, () => {
  test('starts beside a real API server, answers, and is edited while asked', async (t) => {
    const api = await startApiServer();
    t.after(() => api.stop());
    await putObject(api, rawObject('Service', 'shop', 'db', { spec: headless('db').spec }));
    await putObject(api, sliceOf('10.1.0.1'));
    const { process, dns, reload, upstream } = await started(t, api.kubeconfig);
    assert.equal(await ttlOf(dns, DB), 30);
    assert.equal(await short(dns, NONE), 'NXDOMAIN');
    assert.equal(await short(dns, 'a.example.org'), '192.0.2.1');
    const truth = { [DB]: ['10.1.0.1'], [NONE]: ['NXDOMAIN'], 'a.example.org.': ['192.0.2.1'] };
    const load = new Load(dns, truth, 16);
    t.after(() => load.stop());
    await load.more(2000);
    await reload('ttl 30', 'ttl 60');
    assert.equal(await ttlOf(dns, DB), 60);
    await load.more(2000);
    await reload('cluster.local in-addr.arpa', 'cluster.local cluster.test in-addr.arpa');
    assert.equal(await short(dns, 'db.shop.svc.cluster.test'), '10.1.0.1');
    await load.more(2000);
    await reload('pods insecure', 'pods verified');
    await load.more(2000);
    await reload('loadbalance\n}\n', STUB);
    await putObject(api, sliceOf('10.1.0.1', '10.1.0.2'));
    await load.stop();
    assert.deepEqual([load.lost, load.wrong.slice(0, 5)], [0, []]);
    await process.isthmus.until(
      async () => (await short(dns, DB)) === '10.1.0.1 10.1.0.2',
      'what changes in the cluster is followed as before',
    );
    assert.ok(upstream.asked.length > 0);
  });
});

describe('a watched cluster', () => {
  const scripted = async (t: TestContext) => {
    const api = new ScriptedApi();
    await api.start();
    t.after(() => api.close());
    api.put(rawObject('Namespace', '', 'shop'));
    api.put(rawObject('Service', 'shop', 'db', { spec: headless('db').spec }));
    api.put(sliceOf('10.1.0.1'));
    return { api, ...(await started(t, api.kubeconfig)) };
  };
  const LISTED = ['namespaces', 'services', 'endpointslices'];

  test('is neither listed nor watched anew for what is not about it, nor for its names', async (t) => {
    const { api, process, dns, reload, upstream } = await scripted(t);
    const asked = () => requestsOf(api);
    const before = asked();
    const edits: readonly (readonly [from: string, to: string])[] = [
      ['loop\n', ''],
      ['cache 30 {', 'cache 60 {'],
      ['ttl 30', 'ttl 7'],
      ['cluster.local in-addr.arpa', 'cluster.local cluster.test in-addr.arpa'],
      ['loadbalance\n}\n', STUB],
    ];
    assert.equal(await short(dns, 'a.example.org'), '192.0.2.1');
    for (const [from, to] of edits) {
      await reload(from, to);
      assert.equal(await short(dns, 'a.example.org'), '192.0.2.1');
    }
    assert.deepEqual(asked(), before);
    const forwarded = upstream.asked.filter((one) => one === 'udp a.example.org. A');
    assert.equal(forwarded.length, 3, 'at first, and for the cache that says 60, and again 30');
    api.put(sliceOf('10.1.0.2'));
    await process.isthmus.until(async () => (await short(dns, DB)) === '10.1.0.2', 'it changed');
    assert.deepEqual(asked(), before);
  });

  test('is in the table before the new file counts: readers hand nothing over', async (t) => {
    const { api, process, dns, reload } = await scripted(t);
    const addresses = new Map(
      Array.from({ length: 1500 }, (_, i) => {
        return [`web-${i}.shop.svc.cluster.local.`, `10.96.${i >> 8}.${i & 255}`] as const;
      }),
    );
    for (const [name, clusterIP] of addresses) {
      const [service = ''] = name.split('.');
      api.put(
        rawObject('Service', 'shop', service, { spec: { clusterIP, ports: [{ port: 80 }] } }),
      );
    }
    const asked = [...addresses].slice(-50);
    const areThere = async () => {
      for (const [name, address] of asked) if ((await short(dns, name)) !== address) return false;
      return true;
    };
    await process.isthmus.until(areThere, 'the last ones are there');
    const handedOver = () => process.metric('isthmus_table_handed_over_total{proto="udp"}');
    await process.isthmus.until(async () => {
      const before = (await handedOver()).join();
      return (await areThere()) && (await handedOver()).join() === before;
    }, 'all of them are in the table');
    const before = await handedOver();
    const truth = Object.fromEntries([...addresses].map(([name, one]) => [name, [one]]));
    const load = new Load(dns, { ...truth, [DB]: ['10.1.0.1'], [NONE]: ['NXDOMAIN'] }, 16);
    t.after(() => load.stop());
    await reload('ttl 30', 'ttl 7');
    await reload('loadbalance\n', '');
    await load.stop();
    assert.deepEqual([load.lost, load.wrong.slice(0, 5)], [0, []]);
    assert.deepEqual(await handedOver(), before);
  });

  test('is listed once more where other objects of it are wanted', async (t) => {
    const { api, dns, reload } = await scripted(t);
    const lists = () => LISTED.map((resource) => api.askedOf(resource, 'list').length);
    const before = lists();
    assert.equal(api.askedOf('pods', 'list').length, 0);
    await reload('pods insecure', 'pods verified');
    await api.untilAsked(({ resource, verb }) => resource === 'pods' && verb === 'watch');
    assert.equal(await short(dns, DB), '10.1.0.1');
    assert.deepEqual(
      lists().map((count, i) => count - (before[i] ?? 0) <= 2),
      LISTED.map(() => true),
    );
  });
});
