/**
 * `autopath @kubernetes` over a real API server, beside CoreDNS. Clients are on loopback, at
 * addresses that pods have.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type ApiServer, startApiServer } from '../cluster/apiserver.ts';
import type { RawObject } from '../cluster/collections.ts';
import { apiServerMissing } from '../cluster/needs-api-server.ts';
import { putObject } from '../cluster/put-object.ts';
import { answerExternal } from '../coredns/external-names.ts';
import { type ScriptedUpstream, startUpstream } from '../servers/upstream.ts';
import { type Coredns, corednsMissing, startCoredns } from './coredns.ts';
import { headless, pod, service, slice } from './objects.ts';
import { expectedOf, TwoWays } from './two-ways.ts';

const HOST = { hostNetwork: true, nodeName: 'node' };

const OBJECTS: readonly RawObject[] = [
  service('shop/web', { clusterIP: '10.96.1.1' }),
  headless('bank/vault'),
  slice('bank/vault', ['10.1.0.1']),
  service('shop/alias', { type: 'ExternalName', externalName: 'a.example' }),
  pod('shop/client', ['127.1.0.1']),
  pod('bank/client', ['127.1.0.2']),
  pod('shop/agent', ['127.1.0.8'], HOST),
  pod('bank/agent', ['127.1.0.8'], HOST),
  pod('shop/done', ['127.1.0.3']),
];

const SHOP = '127.1.0.1';
const BANK = '127.1.0.2';
const DENIED = 'NXDOMAIN cluster.local. 5';

type Row = readonly [what: string, client: string, question: string, ...answer: readonly string[]];

const ROWS: readonly Row[] = [
  [
    'svc.cluster.local, the second element',
    SHOP,
    'vault.bank.shop.svc.cluster.local A',
    '5 IN CNAME vault.bank.svc.cluster.local.',
    'vault.bank.svc.cluster.local. 5 IN A 10.1.0.1',
  ],
  [
    'cluster.local, the third',
    SHOP,
    'web.shop.svc.shop.svc.cluster.local A',
    '5 IN CNAME web.shop.svc.cluster.local.',
    'web.shop.svc.cluster.local. 5 IN A 10.96.1.1',
  ],
  [
    'the bare name, at last',
    BANK,
    'a.example.bank.svc.cluster.local A',
    '60 IN CNAME a.example.',
    'a.example. 60 IN A 192.0.2.80',
  ],
  [
    'in the case of letters of the client',
    BANK,
    'A.Example.bank.svc.cluster.local A',
    '60 IN CNAME A.Example.',
    'A.Example. 60 IN A 192.0.2.80',
  ],
  [
    'an alias is followed',
    BANK,
    'alias.shop.bank.svc.cluster.local A',
    '5 IN CNAME alias.shop.svc.cluster.local.',
    'a.example. 60 IN A 192.0.2.80',
    'alias.shop.svc.cluster.local. 5 IN CNAME a.example.',
  ],
  [
    'SRV too',
    BANK,
    '_http._tcp.web.shop.bank.svc.cluster.local SRV',
    '5 IN CNAME _http._tcp.web.shop.svc.cluster.local.',
    '_http._tcp.web.shop.svc.cluster.local. 5 IN SRV 0 100 80 web.shop.svc.cluster.local.',
  ],
  ['NODATA ends the walk', BANK, 'web.shop.bank.svc.cluster.local AAAA', 'NODATA cluster.local. 5'],
  [
    'so does that of the world',
    BANK,
    'none.example.bank.svc.cluster.local A',
    'NODATA example. 60',
  ],
  ['what is there is given as it is', SHOP, 'web.shop.svc.cluster.local A', '5 IN A 10.96.1.1'],
  ['nobody has it: the denial of what was asked', SHOP, 'no.shop.svc.cluster.local A', DENIED],
  ["below another pod's namespace", BANK, 'vault.bank.shop.svc.cluster.local A', DENIED],
  ['below another element', SHOP, 'a.example.svc.cluster.local A', DENIED],
  ['an address of nobody', '127.9.0.1', 'vault.bank.shop.svc.cluster.local A', DENIED],
  ['a pod that has ended', '127.1.0.3', 'vault.bank.shop.svc.cluster.local A', DENIED],
];

describe('autopath @kubernetes', { skip: apiServerMissing() ?? corednsMissing() ?? false }, () => {
  let api: ApiServer | undefined;
  let upstream: ScriptedUpstream | undefined;
  let isthmus: TwoWays<'block'> | undefined;
  let coredns: Coredns | undefined;
  before(async () => {
    api = await startApiServer();
    for (const raw of OBJECTS) await putObject(api, raw);
    const done = { status: { phase: 'Succeeded' } };
    await api.must('PATCH', '/api/v1/namespaces/shop/pods/done/status', done);
    upstream = await startUpstream((query) => [answerExternal(query)]);
    const directives = [
      'autopath @kubernetes',
      `kubernetes cluster.local {
        kubeconfig ${api.kubeconfig} test
        pods verified
    }`,
      `forward . 127.0.0.1:${upstream.port}`,
    ];
    isthmus = await TwoWays.start({ block: directives });
    coredns = await startCoredns(directives);
    await isthmus.untilReady();
  });
  after(async () => {
    await coredns?.stop();
    await isthmus?.stop();
    await upstream?.close();
    await api?.stop();
  });

  for (const [what, source, question, ...answer] of ROWS) {
    test(`${what}: ${source} asks for ${question}`, async () => {
      for (const transport of ['udp', 'tcp'] as const) {
        const asking = { source, transport };
        const expected = expectedOf(question, answer);
        assert.deepEqual(await isthmus?.ask('block', question, asking), expected, transport);
        assert.deepEqual(await coredns?.ask(question, asking), expected, `CoreDNS, ${transport}`);
      }
    });
  }

  test('no guess at a node with pods of several namespaces; CoreDNS takes one', async () => {
    const asking = { source: '127.1.0.8' };
    for (const question of [
      'vault.bank.shop.svc.cluster.local A',
      'web.shop.bank.svc.cluster.local A',
    ]) {
      assert.deepEqual(await isthmus?.ask('block', question, asking), [DENIED], question);
    }
  });
});
