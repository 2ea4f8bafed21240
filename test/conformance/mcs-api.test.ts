/**
 * Ported: the six DNS specs of the conformance suite of the Multi-Cluster Services API
 * (github.com/kubernetes-sigs/mcs-api, conformance/{clusterip,headless}_service_dns.go as of its
 * v1beta1 API, 2025), in our words, over two real API servers. Each is asked in both clusters:
 *
 *   kubernetes   multicluster zones, from what a controller imported into each cluster
 *   federation   from the ServiceExport alone, and the clusterset IP where a controller gave one
 *
 * No controller and no pod runs here: the test writes what they would.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type RawObject, rawObject } from '../cluster/collections.ts';
import { apiServerMissing } from '../cluster/needs-api-server.ts';
import { headless, type Port, service, serviceExport, slice } from './objects.ts';
import { startTwoClusters, type TwoClusters } from './two-clusters.ts';
import { TwoWays } from './two-ways.ts';

/** The suite's `hello`: one number, over TCP and UDP. */
const PORTS: readonly Port[] = [
  { name: 'tcp', port: 42, protocol: 'TCP' },
  { name: 'udp', port: 42, protocol: 'UDP' },
];
const CLUSTERSET_IP = '10.112.0.9';
const LOCAL_IP = '10.96.5.1';
const REPLICAS = ['10.1.0.1', '10.1.0.2'];
const PETS = [
  { addresses: ['10.1.0.3'], hostname: 'pet-0' },
  { addresses: ['10.1.0.4'], hostname: 'pet-1' },
];

/** As the suite deploys them to the first of its clusters. */
const EXPORTED: readonly RawObject[] = [
  service('mcs/hello', { clusterIP: LOCAL_IP, ports: PORTS }),
  slice('mcs/hello', ['10.1.0.9'], PORTS),
  serviceExport('mcs/hello'),
  headless('mcs/replicas', { ports: PORTS }),
  slice('mcs/replicas', REPLICAS, PORTS),
  serviceExport('mcs/replicas'),
  headless('mcs/pets', { ports: PORTS }),
  slice('mcs/pets', PETS, PORTS),
  serviceExport('mcs/pets'),
];

/** As a controller imports them into each cluster. */
const IMPORTED: readonly RawObject[] = [
  serviceImport('hello', 'ClusterSetIP', [CLUSTERSET_IP]),
  serviceImport('replicas', 'Headless'),
  importedSlice('replicas', slice('mcs/replicas', REPLICAS, PORTS)),
  serviceImport('pets', 'Headless'),
  importedSlice('pets', slice('mcs/pets', PETS, PORTS)),
];

/** A cluster where questions are asked. */
interface Client {
  readonly cluster: 'east' | 'west';
  ask(question: string): Promise<readonly string[]>;
}

describe('MCS API conformance (ported)', { skip: apiServerMissing() ?? false }, () => {
  let clusters: TwoClusters | undefined;
  before(async () => {
    clusters = await startTwoClusters({ east: [...EXPORTED, ...IMPORTED], west: IMPORTED });
  });
  after(() => clusters?.stop());

  describe('kubernetes', () => {
    let isthmus: TwoWays<'east' | 'west'> | undefined;
    before(async () => {
      const block = (cluster: string) => [
        `kubernetes cluster.local clusterset.local {
        kubeconfig ${clusters?.kubeconfig} ${cluster}
        multicluster clusterset.local
    }`,
      ];
      isthmus = await TwoWays.start({ east: block('east'), west: block('west') });
      await isthmus.untilReady();
    });
    after(() => isthmus?.stop());
    specs(async (cluster, question) => (await isthmus?.ask(cluster, question)) ?? []);
  });

  describe('federation', () => {
    const homes = new Map<string, TwoWays<'block'>>();
    before(async () => {
      for (const home of ['east', 'west']) {
        const isthmus = await TwoWays.start(
          {
            block: [
              `federation cluster.local clusterset.local {
        log memory
        home ${home}
        cluster east kubeconfig ${clusters?.kubeconfig} east
        cluster west kubeconfig ${clusters?.kubeconfig} west
    }`,
            ],
          },
          { apart: true },
        );
        homes.set(home, isthmus);
      }
      for (const isthmus of homes.values()) {
        await isthmus.untilReady();
        // The home cluster decides on readiness; what all clusters lack is denied by all.
        const nobody = 'nobody.mcs.svc.clusterset.local A';
        await isthmus.until('block', nobody, ['NXDOMAIN clusterset.local. 5']);
      }
    });
    after(async () => {
      for (const isthmus of homes.values()) await isthmus.stop();
    });
    specs(async (cluster, question) => (await homes.get(cluster)?.ask('block', question)) ?? []);
  });
});

function specs(ask: (cluster: 'east' | 'west', question: string) => Promise<readonly string[]>) {
  const clients: readonly Client[] = (['east', 'west'] as const).map((cluster) => ({
    cluster,
    ask: (question) => ask(cluster, question),
  }));

  test('A of a ClusterIP Service is the clusterset IP', async () => {
    for (const client of clients) {
      assert.deepEqual(await addressesOf(client, 'hello.mcs.svc.clusterset.local'), [
        CLUSTERSET_IP,
      ]);
    }
  });

  test('SRV of a ClusterIP Service leads to its own name', async () => {
    const name = 'hello.mcs.svc.clusterset.local';
    for (const client of clients) {
      assert.deepEqual(await targetsOf(client, name), [`42 ${name}.`], client.cluster);
    }
  });

  test('a name of cluster.local resolves to local Services only', async () => {
    for (const client of clients) {
      const isThere = client.cluster === 'east';
      assert.deepEqual(
        await client.ask('hello.mcs.svc.cluster.local A'),
        isThere
          ? [`hello.mcs.svc.cluster.local. 5 IN A ${LOCAL_IP}`]
          : ['NXDOMAIN cluster.local. 5'],
        client.cluster,
      );
    }
  });

  test('A of a headless Service are the ready addresses of all its pods', async () => {
    for (const client of clients) {
      assert.deepEqual(await addressesOf(client, 'replicas.mcs.svc.clusterset.local'), REPLICAS);
    }
  });

  test('A of a hostname below its cluster is the address of that pod', async () => {
    for (const client of clients) {
      for (const { hostname, addresses } of PETS) {
        const name = `${hostname}.east.pets.mcs.svc.clusterset.local`;
        assert.deepEqual(await addressesOf(client, name), addresses, name);
      }
    }
  });

  test('SRV of a headless Service leads to the name of each endpoint', async () => {
    for (const client of clients) {
      const base = 'mcs.svc.clusterset.local.';
      assert.deepEqual(await targetsOf(client, 'replicas.mcs.svc.clusterset.local'), [
        `42 10-1-0-1.east.replicas.${base}`,
        `42 10-1-0-2.east.replicas.${base}`,
      ]);
      assert.deepEqual(await targetsOf(client, 'pets.mcs.svc.clusterset.local'), [
        `42 pet-0.east.pets.${base}`,
        `42 pet-1.east.pets.${base}`,
      ]);
    }
  });

  test('beside the suite: a cluster below a Service has no records (KEP-1645)', async () => {
    for (const client of clients) {
      assert.deepEqual(await client.ask('east.hello.mcs.svc.clusterset.local A'), [
        'NXDOMAIN clusterset.local. 5',
      ]);
      // It is between a hostname and its Service (RFC 8020).
      assert.deepEqual(await client.ask('east.pets.mcs.svc.clusterset.local A'), [
        'NODATA clusterset.local. 5',
      ]);
    }
  });
}

async function addressesOf(client: Client, name: string): Promise<readonly string[]> {
  return (await client.ask(`${name} A`)).map((line) => line.replace(`${name}. 5 IN A `, ''));
}

/** Port and target: priority and weight are not specified. */
async function targetsOf(client: Client, name: string): Promise<readonly string[]> {
  const lines = await client.ask(`${name} SRV`);
  return lines.map((line) => line.replace(/^.* IN SRV \d+ \d+ /, ''));
}

function serviceImport(name: string, type: string, ips?: readonly string[]): RawObject {
  return rawObject('ServiceImport', 'mcs', name, { spec: { type, ips, ports: PORTS } });
}

function importedSlice(name: string, raw: RawObject): RawObject {
  const labels = {
    'multicluster.kubernetes.io/service-name': name,
    'multicluster.kubernetes.io/source-cluster': 'east',
  };
  return { ...raw, metadata: { namespace: 'mcs', name: `imported-${name}`, labels } };
}
