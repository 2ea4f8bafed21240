/**
 * `k8s_external` over a real API server, beside CoreDNS: the same questions, and where the answers
 * differ, what CoreDNS says and why ours is another.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type ApiServer, startApiServer } from '../cluster/apiserver.ts';
import { collectionPath, type RawObject } from '../cluster/collections.ts';
import { apiServerMissing } from '../cluster/needs-api-server.ts';
import { putObject } from '../cluster/put-object.ts';
import { answerExternal } from '../coredns/external-names.ts';
import { findServer, missingServer } from '../servers/find-server.ts';
import { type ScriptedUpstream, startUpstream } from '../servers/upstream.ts';
import { type Coredns, corednsMissing, startCoredns } from './coredns.ts';
import { headless, service, slice } from './objects.ts';
import { expectedOf, TwoWays } from './two-ways.ts';

const dig = findServer('dig');
const noDig = dig === undefined && missingServer('dig');

const TWO_PORTS = [
  { name: 'http', port: 80, protocol: 'TCP' },
  { name: 'dns', port: 53, protocol: 'UDP' },
];

const OBJECTS: readonly RawObject[] = [
  service('shop/lb', { type: 'LoadBalancer', ports: TWO_PORTS }),
  service('shop/host', { type: 'LoadBalancer', ports: TWO_PORTS }),
  service('shop/mixed', { type: 'LoadBalancer', externalIPs: ['198.51.100.3'] }),
  service('shop/waiting', { type: 'LoadBalancer' }),
  service('shop/ips', { externalIPs: ['198.51.100.2', '2001:db8::2'] }),
  service('shop/inside', {}),
  headless('shop/db'),
  slice('shop/db', [
    { addresses: ['10.1.0.1'], hostname: 'db-0' },
    { addresses: ['10.1.0.2'], hostname: 'db-1', ready: false },
    '10.1.0.3',
  ]),
  headless('shop/db-ips', { externalIPs: ['198.51.100.4'] }),
  slice('shop/db-ips', [{ addresses: ['10.1.0.4'], hostname: 'db-0' }]),
  service('shop/alias', { type: 'ExternalName', externalName: 'a.example' }),
  service('hidden/ips', { externalIPs: ['198.51.100.9'] }),
];

const INGRESS: Readonly<Record<string, readonly unknown[]>> = {
  lb: [{ ip: '198.51.100.1' }, { ip: '2001:db8::1' }],
  host: [{ hostname: 'a.example' }],
  mixed: [{ ip: '198.51.100.5' }],
};

/** What is asked, and answered; after `CoreDNS` what that says, where it is something else. */
const ROWS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'addresses, and SRV for each port': {
    'lb.shop.example.org A': ['30 IN A 198.51.100.1'],
    'lb.shop.example.org AAAA': ['30 IN AAAA 2001:db8::1'],
    'LB.Shop.Example.org A': ['30 IN A 198.51.100.1'],
    'lb.shop.example.org TXT': ['NODATA example.org. 30'],
    '_dns._udp.lb.shop.example.org A': ['30 IN A 198.51.100.1'],
    '_http._udp.lb.shop.example.org SRV': ['NXDOMAIN example.org. 30'],
    'ips.shop.example.org A': ['30 IN A 198.51.100.2'],
    'ips.shop.example.org AAAA': ['30 IN AAAA 2001:db8::2'],
    'mixed.shop.example.org A': ['30 IN A 198.51.100.3', '30 IN A 198.51.100.5'],
  },
  'a Service without an external address does not exist': {
    'waiting.shop.example.org A': ['NXDOMAIN example.org. 30'],
    'inside.shop.example.org A': ['NXDOMAIN example.org. 30'],
    'alias.shop.example.org A': ['NXDOMAIN example.org. 30'],
    'nope.shop.example.org A': ['NXDOMAIN example.org. 30'],
    'ips.hidden.example.org A': ['NXDOMAIN example.org. 30'],
  },
  'the endpoints of a headless Service': {
    'db.shop.example.org A': ['30 IN A 10.1.0.1', '30 IN A 10.1.0.3'],
    'db-0.db.shop.example.org A': ['30 IN A 10.1.0.1'],
    'db-1.db.shop.example.org A': ['NXDOMAIN example.org. 30'],
    '10-1-0-3.db.shop.example.org A': ['30 IN A 10.1.0.3'],
    'db-ips.shop.example.org A': ['30 IN A 198.51.100.4'],
  },
  'an address has the name of its Service': {
    '1.100.51.198.in-addr.arpa PTR': ['30 IN PTR lb.shop.example.org.'],
    '2.100.51.198.in-addr.arpa PTR': ['30 IN PTR ips.shop.example.org.'],
    '5.100.51.198.in-addr.arpa PTR': ['30 IN PTR mixed.shop.example.org.'],
    '9.100.51.198.in-addr.arpa PTR': ['NXDOMAIN 100.51.198.in-addr.arpa. 30'],
    '77.100.51.198.in-addr.arpa PTR': ['NXDOMAIN 100.51.198.in-addr.arpa. 30'],
  },
  'the apex, and what is between': {
    'example.org A': ['NODATA example.org. 30'],
    'example.org TXT': ['NODATA example.org. 30'],
    'example.org NS': ['30 IN NS ns1.dns.example.org.'],
    'dns.example.org A': ['NODATA example.org. 30'],
    'ns1.dns.example.org TXT': ['NODATA example.org. 30'],
    'ns2.dns.example.org A': ['NXDOMAIN example.org. 30'],
    'shop.example.org A': ['NODATA example.org. 30'],
    'hidden.example.org A': ['NXDOMAIN example.org. 30'],
    'nope.example.org A': ['NXDOMAIN example.org. 30'],
  },
  'in CoreDNS, SRV and CNAME have the TTL of kubernetes (RFC 2181 § 5.2)': {
    'lb.shop.example.org SRV': [
      '30 IN SRV 0 25 53 lb.shop.example.org.',
      '30 IN SRV 0 25 80 lb.shop.example.org.',
      'CoreDNS',
      '5 IN SRV 0 25 53 lb.shop.example.org.',
      '5 IN SRV 0 25 80 lb.shop.example.org.',
    ],
    '_http._tcp.lb.shop.example.org SRV': [
      '30 IN SRV 0 50 80 lb.shop.example.org.',
      'CoreDNS',
      '5 IN SRV 0 50 80 lb.shop.example.org.',
    ],
    'db.shop.example.org SRV': [
      '30 IN SRV 0 50 80 10-1-0-3.db.shop.example.org.',
      '30 IN SRV 0 50 80 db-0.db.shop.example.org.',
      'CoreDNS',
      '5 IN SRV 0 50 80 10-1-0-3.db.shop.example.org.',
      '5 IN SRV 0 50 80 db-0.db.shop.example.org.',
    ],
    '_http._tcp.host.shop.example.org SRV': [
      '30 IN SRV 0 100 80 a.example.',
      'CoreDNS',
      '5 IN SRV 0 100 80 a.example.',
    ],
  },
  'in CoreDNS, a host name is a CNAME for each port, and for addresses only (RFC 1034 § 3.6.2)': {
    'host.shop.example.org A': [
      '30 IN CNAME a.example.',
      'a.example. 60 IN A 192.0.2.80',
      'CoreDNS',
      '5 IN CNAME a.example.',
      '5 IN CNAME a.example.',
      'a.example. 60 IN A 192.0.2.80',
      'a.example. 60 IN A 192.0.2.80',
    ],
    'host.shop.example.org AAAA': [
      '30 IN CNAME a.example.',
      'CoreDNS',
      '5 IN CNAME a.example.',
      '5 IN CNAME a.example.',
    ],
    'host.shop.example.org CNAME': ['30 IN CNAME a.example.', 'CoreDNS', 'NODATA example.org. 30'],
    'host.shop.example.org MX': ['30 IN CNAME a.example.', 'CoreDNS', 'NODATA example.org. 30'],
  },
  'in CoreDNS, any label below a Service answers (RFC 1034 § 4.3.3)': {
    'x.lb.shop.example.org A': ['NXDOMAIN example.org. 30', 'CoreDNS', '30 IN A 198.51.100.1'],
    '_tcp.lb.shop.example.org A': ['NODATA example.org. 30', 'CoreDNS', '30 IN A 198.51.100.1'],
    'db-0.db-ips.shop.example.org A': [
      'NXDOMAIN example.org. 30',
      'CoreDNS',
      '30 IN A 198.51.100.4',
    ],
  },
  'in CoreDNS, the owner of a PTR has no other types (RFC 2308 § 2.2)': {
    '1.100.51.198.in-addr.arpa A': [
      'NODATA 100.51.198.in-addr.arpa. 30',
      'CoreDNS',
      'NXDOMAIN 100.51.198.in-addr.arpa. 30',
    ],
  },
};

describe('k8s_external', { skip: apiServerMissing() ?? corednsMissing() ?? false }, () => {
  let api: ApiServer | undefined;
  let upstream: ScriptedUpstream | undefined;
  let isthmus: TwoWays<'block' | 'through'> | undefined;
  let coredns: Coredns | undefined;
  before(async () => {
    api = await startApiServer();
    for (const raw of OBJECTS) await putObject(api, raw);
    for (const [name, ingress] of Object.entries(INGRESS)) await setIngress(api, name, ingress);
    upstream = await startUpstream((query) => [answerExternal(query)]);
    const directives = [
      'transfer {\n        to *\n    }',
      'k8s_external example.org 198.51.100.0/24 {\n        headless\n        ttl 30\n    }',
      `kubernetes cluster.local {
        kubeconfig ${api.kubeconfig} test
        namespaces shop
    }`,
      `forward . 127.0.0.1:${upstream.port}`,
    ];
    const rest = directives.slice(2);
    isthmus = await TwoWays.start({
      block: directives,
      through: ['k8s_external example {\n        fallthrough\n    }', ...rest],
    });
    coredns = await startCoredns(directives);
    await isthmus.untilReady();
  });
  after(async () => {
    await coredns?.stop();
    await isthmus?.stop();
    await upstream?.close();
    await api?.stop();
  });

  for (const [what, rows] of Object.entries(ROWS)) {
    describe(what, () => {
      for (const [question, said] of Object.entries(rows)) {
        test(question, async () => {
          const other = said.indexOf('CoreDNS');
          const ours = other < 0 ? said : said.slice(0, other);
          const theirs = other < 0 ? said : said.slice(other + 1);
          assert.deepEqual(await isthmus?.ask('block', question), expectedOf(question, ours));
          assert.deepEqual(await coredns?.ask(question), expectedOf(question, theirs), 'CoreDNS');
        });
      }
    });
  }

  test('is handed out with what is answered', { skip: noDig }, async () => {
    const lines = (await isthmus?.transfer('block', 'example.org', dig ?? '')) ?? [];
    const shown = lines.filter((line) =>
      /^(lb|host|db|db-0\.db|ns1|\S*hidden)\..* (A|CNAME) /.test(line),
    );
    assert.deepEqual(shown, [
      'db-0.db.shop.example.org. 30 IN A 10.1.0.1',
      'db.shop.example.org. 30 IN A 10.1.0.1',
      'db.shop.example.org. 30 IN A 10.1.0.3',
      'host.shop.example.org. 30 IN CNAME a.example.',
      'lb.shop.example.org. 30 IN A 198.51.100.1',
      'ns1.dns.example.org. 30 IN A 127.0.0.1',
    ]);
    const reverse = await isthmus?.transfer('block', '100.51.198.in-addr.arpa', dig ?? '');
    assert.deepEqual(
      reverse?.filter((line) => line.includes(' PTR ')),
      [
        '1.100.51.198.in-addr.arpa. 30 IN PTR lb.shop.example.org.',
        '2.100.51.198.in-addr.arpa. 30 IN PTR ips.shop.example.org.',
        '3.100.51.198.in-addr.arpa. 30 IN PTR mixed.shop.example.org.',
        '4.100.51.198.in-addr.arpa. 30 IN PTR db-ips.shop.example.org.',
        '5.100.51.198.in-addr.arpa. 30 IN PTR mixed.shop.example.org.',
      ],
    );
  });

  test('falls through for what does not exist, where it may', async () => {
    const through = async (question: string, answer: string) =>
      assert.deepEqual(await isthmus?.ask('through', question), expectedOf(question, [answer]));
    await through('lb.shop.example A', '5 IN A 198.51.100.1');
    await through('a.example A', '60 IN A 192.0.2.80');
    await through('inside.shop.example A', 'NXDOMAIN example. 60');
  });

  test('follows the load balancer', async () => {
    assert.ok(api !== undefined && isthmus !== undefined);
    const question = 'waiting.shop.example.org A';
    const pointer = '7.100.51.198.in-addr.arpa PTR';
    await setIngress(api, 'waiting', [{ ip: '198.51.100.7' }]);
    await isthmus.until('block', question, ['30 IN A 198.51.100.7']);
    await isthmus.until('block', pointer, ['30 IN PTR waiting.shop.example.org.']);
    await setIngress(api, 'waiting', [{ hostname: 'a.example' }]);
    const alias = ['30 IN CNAME a.example.', 'a.example. 60 IN A 192.0.2.80'];
    await isthmus.until('block', question, alias);
    await isthmus.until('block', pointer, ['NXDOMAIN 100.51.198.in-addr.arpa. 30']);
    await setIngress(api, 'waiting', []);
    await isthmus.until('block', question, ['NXDOMAIN example.org. 30']);
  });
});

async function setIngress(api: ApiServer, name: string, ingress: readonly unknown[]) {
  const path = `${collectionPath('Service', 'shop')}/${name}/status`;
  await api.must('PATCH', path, { status: { loadBalancer: { ingress } } });
}
