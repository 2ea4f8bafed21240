/**
 * Several `kubernetai` stanzas over two real clusters: who is asked for a name, whose answer
 * counts, and in whose zone a PTR leads. TTLs of 10, 20 and 30 s tell which stanza has answered.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { RawObject } from '../cluster/collections.ts';
import { deleteObject } from '../cluster/delete-object.ts';
import { apiServerMissing } from '../cluster/needs-api-server.ts';
import { putObject } from '../cluster/put-object.ts';
import { headless, service, slice } from '../conformance/objects.ts';
import { stanzasOf, startTwoClusters, type TwoClusters } from '../conformance/two-clusters.ts';
import { expectedOf, TwoWays } from '../conformance/two-ways.ts';
import { findServer, missingServer } from '../servers/find-server.ts';

const EAST: readonly RawObject[] = [
  service('shop/web', { clusterIP: '10.96.1.1' }),
  slice('shop/web', ['10.1.0.1']),
  service('shop/open', { externalIPs: ['198.51.100.1'] }),
  service('shop/idle', { clusterIP: '10.96.1.2' }),
  slice('shop/idle', [{ addresses: ['10.1.0.2'], ready: false }]),
  headless('shop/both'),
  slice('shop/both', ['10.1.0.3']),
  service('shop/alias', { type: 'ExternalName', externalName: 'far.shop.svc.cluster.local' }),
  service('shop/alias-west', { type: 'ExternalName', externalName: 'far.shop.svc.west.local' }),
  headless('here/db'),
  slice('here/db', ['10.1.0.4']),
];

const WEST: readonly RawObject[] = [
  // IPv6 only; that of east has IPv4 only.
  headless('shop/web', { ipFamilies: ['IPv6'], ipFamilyPolicy: 'SingleStack' }),
  slice('shop/web', ['fd00:2::1']),
  service('shop/open', { externalIPs: ['198.51.100.2'] }),
  service('shop/open-there', { externalIPs: ['198.51.100.3'] }),
  headless('shop/idle'),
  slice('shop/idle', ['10.2.0.2']),
  headless('shop/both'),
  slice('shop/both', ['10.2.0.3', '10.1.0.3']),
  headless('shop/far'),
  slice('shop/far', ['10.2.0.5']),
  headless('there/db'),
  slice('there/db', ['10.2.0.6']),
];

const dig = findServer('dig');

type Row = readonly [what: string, question: string, ...answer: readonly string[]];

/** One zone, asked in order: east and 10 s, west and 20 s; the third has a zone of its own too. */
const SHARED: readonly Row[] = [
  ['the first that has it', 'web.shop.svc.cluster.local A', '10 IN A 10.96.1.1'],
  ['is not merged with the second', 'both.shop.svc.cluster.local A', '10 IN A 10.1.0.3'],
  ['the second, if the first has not', 'far.shop.svc.cluster.local A', '20 IN A 10.2.0.5'],
  ['so with its namespaces', 'db.there.svc.cluster.local A', '20 IN A 10.2.0.6'],
  ['so with its endpoints', '10-2-0-5.far.shop.svc.cluster.local A', '20 IN A 10.2.0.5'],
  ['one with nobody ready is not had', 'idle.shop.svc.cluster.local A', '20 IN A 10.2.0.2'],
  ['NODATA moves on never', 'web.shop.svc.cluster.local AAAA', 'NODATA cluster.local. 10'],
  ['not that of a namespace', 'shop.svc.cluster.local A', 'NODATA cluster.local. 10'],
  ['NODATA of the second', 'far.shop.svc.cluster.local AAAA', 'NODATA cluster.local. 10'],
  ['nobody has it', 'nope.shop.svc.cluster.local A', 'NXDOMAIN cluster.local. 10'],
  ['in a zone of the second', 'far.shop.svc.west.local A', '20 IN A 10.2.0.5'],
  ['nobody has it there', 'db.here.svc.west.local A', 'NXDOMAIN west.local. 20'],
  ['in a zone of the third', 'web.shop.svc.east.local A', '30 IN A 10.96.1.1'],
  ['nobody has it there', 'far.shop.svc.east.local A', 'NXDOMAIN east.local. 30'],
  [
    'PTR of the first',
    '3.0.1.10.in-addr.arpa PTR',
    '10 IN PTR 10-1-0-3.both.shop.svc.cluster.local.',
  ],
  [
    'PTR of the second, in its first zone',
    '5.0.2.10.in-addr.arpa PTR',
    '20 IN PTR 10-2-0-5.far.shop.svc.cluster.local.',
  ],
  ['PTR of nobody', '9.9.9.10.in-addr.arpa PTR', 'NXDOMAIN 10.in-addr.arpa. 10'],
  ['above PTR of the second', '2.10.in-addr.arpa PTR', 'NODATA 10.in-addr.arpa. 10'],
  [
    'an alias of the first to what the second has',
    'alias.shop.svc.cluster.local A',
    '10 IN CNAME far.shop.svc.cluster.local.',
    'far.shop.svc.cluster.local. 20 IN A 10.2.0.5',
  ],
  [
    'an alias into a zone of the second',
    'alias-west.shop.svc.cluster.local A',
    '10 IN CNAME far.shop.svc.west.local.',
    'far.shop.svc.west.local. 20 IN A 10.2.0.5',
  ],
  ['one name server', 'cluster.local NS', '10 IN NS ns.dns.cluster.local.'],
  ['its address', 'ns.dns.cluster.local A', '10 IN A 127.0.0.1'],
  ['one version', 'dns-version.cluster.local TXT', '28800 IN TXT "1.1.0"'],
];

/** The first lets those after it answer below one name only. */
const CLOSED: readonly Row[] = [
  ['what the first has', 'web.shop.svc.cluster.local A', '10 IN A 10.96.1.1'],
  ['what only the second has', 'far.shop.svc.cluster.local A', 'NXDOMAIN cluster.local. 10'],
  ['that, where it falls through', 'db.there.svc.cluster.local A', '20 IN A 10.2.0.6'],
  ['with nobody ready', 'idle.shop.svc.cluster.local A', '10 IN A 10.96.1.2'],
  ['an address of the second', '5.0.2.10.in-addr.arpa PTR', 'NXDOMAIN 10.in-addr.arpa. 10'],
];

/** A zone each, and one reverse zone; what the world sees of both. */
const OWN: readonly Row[] = [
  ['what the first has', 'web.shop.svc.east.test A', '10 IN A 10.96.1.1'],
  ['what the second has', 'far.shop.svc.west.test A', '20 IN A 10.2.0.5'],
  ['not of the other', 'far.shop.svc.east.test A', 'NXDOMAIN east.test. 10'],
  ['not of the other', 'db.here.svc.west.test A', 'NXDOMAIN west.test. 20'],
  [
    'PTR in the zone of the first',
    '3.0.1.10.in-addr.arpa PTR',
    '10 IN PTR 10-1-0-3.both.shop.svc.east.test.',
  ],
  [
    'PTR in the zone of the second',
    '3.0.2.10.in-addr.arpa PTR',
    '20 IN PTR 10-2-0-3.both.shop.svc.west.test.',
  ],
  ['from outside: the first', 'open.shop.example.org A', '40 IN A 198.51.100.1'],
  ['from outside: the second', 'open-there.shop.example.org A', '40 IN A 198.51.100.3'],
  ['from outside: nobody', 'web.shop.example.org A', 'NXDOMAIN example.org. 40'],
];

describe('kubernetai stanzas', { skip: apiServerMissing() ?? false }, () => {
  let clusters: TwoClusters | undefined;
  let isthmus: TwoWays<'shared' | 'closed' | 'own'> | undefined;
  before(async () => {
    clusters = await startTwoClusters({ east: EAST, west: WEST });
    const of = stanzasOf(clusters);
    const reverse = '10.in-addr.arpa';
    isthmus = await TwoWays.start({
      shared: [
        'transfer {\n        to *\n    }',
        of.east(`cluster.local ${reverse}`, 'ttl 10', 'fallthrough', 'ignore empty_service'),
        of.west(`cluster.local west.local ${reverse}`, 'ttl 20'),
        of.east(`cluster.local east.local ${reverse}`, 'ttl 30'),
      ],
      closed: [
        'transfer {\n        to *\n    }',
        of.east(`cluster.local ${reverse}`, 'ttl 10', 'fallthrough there.svc.cluster.local'),
        of.west(`cluster.local ${reverse}`, 'ttl 20'),
      ],
      own: [
        'k8s_external example.org {\n        ttl 40\n    }',
        of.east(`east.test ${reverse}`, 'ttl 10', 'fallthrough in-addr.arpa'),
        of.west(`west.test ${reverse}`, 'ttl 20'),
      ],
    });
    await isthmus.untilReady();
  });
  after(async () => {
    await isthmus?.stop();
    await clusters?.stop();
  });

  for (const [block, rows] of [
    ['shared', SHARED],
    ['closed', CLOSED],
    ['own', OWN],
  ] as const) {
    describe(block, () => {
      for (const [what, question, ...answer] of rows) {
        test(`${what}: ${question}`, async () => {
          assert.deepEqual(await isthmus?.ask(block, question), expectedOf(question, answer));
        });
      }
    });
  }

  test('a zone that stanzas share has one SOA, with the least of their TTLs', async () => {
    for (const reply of (await isthmus?.replies('shared', 'cluster.local SOA')) ?? []) {
      const [soa, second] = reply.answer;
      assert.equal(second, undefined);
      assert.match(soa?.rdata ?? '', /^ns\.dns\.cluster\.local\. hostmaster\..* 10$/);
      assert.equal(soa?.ttl, 10);
    }
  });

  describe('a transfer', { skip: dig === undefined && missingServer('dig') }, () => {
    /** Only those that match: what else a zone has is the same as of one cluster. */
    const among = async (block: 'shared' | 'closed', zone: string, of: RegExp) => {
      const lines = (await isthmus?.transfer(block, zone, dig ?? '')) ?? [];
      return lines.filter((line) => of.test(line));
    };

    test('has each name of a shared zone, as the first stanza that has it says', async () => {
      assert.deepEqual(
        await among('shared', 'cluster.local', /^(web|idle|both|far|alias)\S* .* (A|AAAA|CNAME) /),
        [
          'alias-west.shop.svc.cluster.local. 10 IN CNAME far.shop.svc.west.local.',
          'alias.shop.svc.cluster.local. 10 IN CNAME far.shop.svc.cluster.local.',
          'both.shop.svc.cluster.local. 10 IN A 10.1.0.3',
          'far.shop.svc.cluster.local. 20 IN A 10.2.0.5',
          'idle.shop.svc.cluster.local. 20 IN A 10.2.0.2',
          'web.shop.svc.cluster.local. 10 IN A 10.96.1.1',
        ],
      );
      assert.deepEqual(await among('shared', '10.in-addr.arpa', /^[35]\.0\.[12]\..* PTR /), [
        '3.0.1.10.in-addr.arpa. 10 IN PTR 10-1-0-3.both.shop.svc.cluster.local.',
        '3.0.2.10.in-addr.arpa. 20 IN PTR 10-2-0-3.both.shop.svc.cluster.local.',
        '5.0.2.10.in-addr.arpa. 20 IN PTR 10-2-0-5.far.shop.svc.cluster.local.',
      ]);
    });

    test('has no names that are not answered', async () => {
      assert.deepEqual(await among('closed', 'cluster.local', /^(far|db)\S* .* A /), [
        'db.here.svc.cluster.local. 10 IN A 10.1.0.4',
        'db.there.svc.cluster.local. 20 IN A 10.2.0.6',
      ]);
    });
  });

  test('a Service is that of the next cluster while the first has nobody ready', async () => {
    assert.ok(clusters !== undefined && isthmus !== undefined);
    const question = 'idle.shop.svc.cluster.local A';
    const inEast = (ready: boolean) => slice('shop/idle', [{ addresses: ['10.1.0.2'], ready }]);
    await isthmus.until('shared', question, ['20 IN A 10.2.0.2']);
    await putObject(clusters.east, inEast(true));
    await isthmus.until('shared', question, ['10 IN A 10.96.1.2']);
    await putObject(clusters.east, inEast(false));
    await isthmus.until('shared', question, ['20 IN A 10.2.0.2']);
  });

  test('the answer follows a Service from cluster to cluster', async () => {
    assert.ok(clusters !== undefined && isthmus !== undefined);
    const { east, west } = clusters;
    const moved = 'moved.shop.svc.cluster.local A';
    const objects = (address: string) => [headless('shop/moved'), slice('shop/moved', [address])];
    const inEast = objects('10.1.0.7');
    const inWest = objects('10.2.0.7');
    await isthmus.until('shared', moved, ['NXDOMAIN cluster.local. 10']);
    for (const raw of inWest) await putObject(west, raw);
    await isthmus.until('shared', moved, ['20 IN A 10.2.0.7']);
    for (const raw of inEast) await putObject(east, raw);
    await isthmus.until('shared', moved, ['10 IN A 10.1.0.7']);
    for (const raw of inEast) await deleteObject(east, raw);
    await isthmus.until('shared', moved, ['20 IN A 10.2.0.7']);
    for (const raw of inWest) await deleteObject(west, raw);
    await isthmus.until('shared', moved, ['NXDOMAIN cluster.local. 10']);
  });
});
