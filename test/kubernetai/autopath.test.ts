/**
 * `autopath @kubernetai`: the search path of a pod of any cluster. Clients are on loopback, at
 * addresses that pods have.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { RawObject } from '../cluster/collections.ts';
import { deleteObject } from '../cluster/delete-object.ts';
import { apiServerMissing } from '../cluster/needs-api-server.ts';
import { putObject } from '../cluster/put-object.ts';
import { headless, pod, service, slice } from '../conformance/objects.ts';
import { stanzasOf, startTwoClusters, type TwoClusters } from '../conformance/two-clusters.ts';
import { expectedOf, TwoWays } from '../conformance/two-ways.ts';
import { answerExternal } from '../coredns/external-names.ts';
import { type ScriptedUpstream, startUpstream } from '../servers/upstream.ts';

const HOST = { hostNetwork: true, nodeName: 'node' };

const EAST: readonly RawObject[] = [
  service('shop/web', { clusterIP: '10.96.1.1' }),
  pod('shop/client', ['127.1.0.1']),
  // The first ones share the address of their node, and their namespace; the others only that.
  pod('shop/agent', ['127.1.0.8'], HOST),
  pod('shop/proxy', ['127.1.0.8'], HOST),
  pod('shop/log', ['127.1.0.9'], HOST),
  pod('bank/log', ['127.1.0.9'], HOST),
  pod('shop/everywhere', ['127.3.0.1']),
  pod('shop/same', ['127.3.0.2']),
];

const WEST: readonly RawObject[] = [
  headless('bank/vault'),
  slice('bank/vault', ['10.2.0.1']),
  pod('bank/client', ['127.2.0.1']),
  pod('bank/everywhere', ['127.3.0.1']),
  pod('shop/same', ['127.3.0.2']),
];

type Row = readonly [what: string, client: string, question: string, ...answer: readonly string[]];

const SHARED: readonly Row[] = [
  [
    'a pod of the first cluster',
    '127.1.0.1',
    'web.shop.shop.svc.cluster.local A',
    '10 IN CNAME web.shop.svc.cluster.local.',
    'web.shop.svc.cluster.local. 10 IN A 10.96.1.1',
  ],
  [
    'a pod of the first, to what the second has',
    '127.1.0.1',
    'vault.bank.shop.svc.cluster.local A',
    '20 IN CNAME vault.bank.svc.cluster.local.',
    'vault.bank.svc.cluster.local. 20 IN A 10.2.0.1',
  ],
  [
    'a pod of the second cluster',
    '127.2.0.1',
    'web.shop.bank.svc.cluster.local A',
    '10 IN CNAME web.shop.svc.cluster.local.',
    'web.shop.svc.cluster.local. 10 IN A 10.96.1.1',
  ],
  [
    'a name of the world, of a pod of the second',
    '127.2.0.1',
    'a.example.bank.svc.cluster.local A',
    '60 IN CNAME a.example.',
    'a.example. 60 IN A 192.0.2.80',
  ],
  [
    'a name that is there is given as it is',
    '127.1.0.1',
    'web.shop.svc.cluster.local A',
    '10 IN A 10.96.1.1',
  ],
  [
    "not below another pod's namespace",
    '127.2.0.1',
    'web.shop.shop.svc.cluster.local A',
    'NXDOMAIN cluster.local. 10',
  ],
  [
    'an address of nobody',
    '127.9.0.1',
    'web.shop.shop.svc.cluster.local A',
    'NXDOMAIN cluster.local. 10',
  ],
  [
    'a node with pods of one namespace',
    '127.1.0.8',
    'web.shop.shop.svc.cluster.local A',
    '10 IN CNAME web.shop.svc.cluster.local.',
    'web.shop.svc.cluster.local. 10 IN A 10.96.1.1',
  ],
  [
    'no guess at a node with pods of several',
    '127.1.0.9',
    'web.shop.shop.svc.cluster.local A',
    'NXDOMAIN cluster.local. 10',
  ],
  [
    'no guess at an address that pods of both clusters have',
    '127.3.0.1',
    'web.shop.shop.svc.cluster.local A',
    'NXDOMAIN cluster.local. 10',
  ],
  [
    'such pods in namespaces of one name have one path',
    '127.3.0.2',
    'web.shop.shop.svc.cluster.local A',
    '10 IN CNAME web.shop.svc.cluster.local.',
    'web.shop.svc.cluster.local. 10 IN A 10.96.1.1',
  ],
];

const OWN: readonly Row[] = [
  [
    'in the zone of the pod',
    '127.1.0.1',
    'web.shop.shop.svc.east.test A',
    '10 IN CNAME web.shop.svc.east.test.',
    'web.shop.svc.east.test. 10 IN A 10.96.1.1',
  ],
  [
    'in the zone of a pod of the second',
    '127.2.0.1',
    'vault.bank.bank.svc.west.test A',
    '20 IN CNAME vault.bank.svc.west.test.',
    'vault.bank.svc.west.test. 20 IN A 10.2.0.1',
  ],
  [
    'not in the zone of another cluster',
    '127.2.0.1',
    'web.shop.bank.svc.east.test A',
    'NXDOMAIN east.test. 10',
  ],
];

describe('autopath @kubernetai', { skip: apiServerMissing() ?? false }, () => {
  let clusters: TwoClusters | undefined;
  let upstream: ScriptedUpstream | undefined;
  let isthmus: TwoWays<'shared' | 'own'> | undefined;
  before(async () => {
    clusters = await startTwoClusters({ east: EAST, west: WEST });
    const of = stanzasOf(clusters);
    upstream = await startUpstream((query) => [answerExternal(query)]);
    const around = ['autopath @kubernetai', `forward . 127.0.0.1:${upstream.port}`];
    isthmus = await TwoWays.start({
      shared: [
        ...around,
        of.east('cluster.local', 'ttl 10', 'pods verified', 'fallthrough'),
        of.west('cluster.local', 'ttl 20', 'pods verified'),
      ],
      own: [
        ...around,
        of.east('east.test', 'ttl 10', 'pods verified'),
        of.west('west.test', 'ttl 20', 'pods verified'),
      ],
    });
    await isthmus.untilReady();
  });
  after(async () => {
    await isthmus?.stop();
    await upstream?.close();
    await clusters?.stop();
  });

  for (const [block, rows] of [
    ['shared', SHARED],
    ['own', OWN],
  ] as const) {
    describe(block, () => {
      for (const [what, source, question, ...answer] of rows) {
        test(`${what}: ${source} asks for ${question}`, async () => {
          const said = await isthmus?.ask(block, question, { source });
          assert.deepEqual(said, expectedOf(question, answer));
        });
      }
    });
  }

  test('follows an address from pod to pod', async () => {
    assert.ok(clusters !== undefined && isthmus !== undefined);
    const question = 'web.shop.bank.svc.cluster.local A';
    const found = [
      '10 IN CNAME web.shop.svc.cluster.local.',
      'web.shop.svc.cluster.local. 10 IN A 10.96.1.1',
    ];
    const denied = ['NXDOMAIN cluster.local. 10'];
    const asking = { source: '127.4.0.1' };
    await isthmus.until('shared', question, denied, asking);
    const [first, second] = [pod('bank/a', ['127.4.0.1']), pod('shop/b', ['127.4.0.1'])];
    await putObject(clusters.west, first);
    await isthmus.until('shared', question, found, asking);
    await putObject(clusters.east, second);
    await isthmus.until('shared', question, denied, asking);
    await deleteObject(clusters.east, second);
    await isthmus.until('shared', question, found, asking);
    await deleteObject(clusters.west, first);
    await isthmus.until('shared', question, denied, asking);
  });
});
