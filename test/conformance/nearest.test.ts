/**
 * Who asks decides what is nearest: a whole resolver, asked from several addresses of the loopback
 * network, of which pods, nodes and the Corefile say where they are.
 */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { formatRecord } from '../../libs/dns/presentation.ts';
import { type RawObject, rawObject } from '../cluster/collections.ts';
import { findServer, missingServer } from '../servers/find-server.ts';
import { makeTempDirectory, removeTempDirectory } from '../servers/temp-directory.ts';
import { HTTP, headless, pod, service, serviceExport } from './objects.ts';
import { TwoWays } from './two-ways.ts';

const dig = findServer('dig');
const noDig = dig === undefined && missingServer('dig');

const SHOP = rawObject('Namespace', '', 'shop');

function node(name: string, zone: string, region: string, address: string): RawObject {
  const labels = {
    'topology.kubernetes.io/zone': zone,
    'topology.kubernetes.io/region': region,
  };
  const addresses = [{ type: 'InternalIP', address }];
  return rawObject('Node', '', name, { status: { addresses } }, { labels });
}

/** `10.1.0.1@n1`: an address of an endpoint, and its node. */
function slice(name: string, family: 4 | 6, endpoints: readonly string[]): RawObject {
  const given = endpoints.map((text) => {
    const [address = '', nodeName = ''] = text.split('@');
    const targetRef = { kind: 'Pod', namespace: 'shop', name: `${name}-${nodeName}` };
    return { addresses: [address], nodeName, targetRef, conditions: { ready: true } };
  });
  const fields = { addressType: `IPv${family}`, endpoints: given, ports: [HTTP] };
  const labels = { 'kubernetes.io/service-name': name };
  return rawObject('EndpointSlice', 'shop', `${name}-${family}`, fields, { labels });
}

function db(fours: readonly string[], sixes: readonly string[]): readonly RawObject[] {
  return [
    SHOP,
    headless('shop/db'),
    slice('db', 4, fours),
    slice('db', 6, sixes),
    serviceExport('shop/db'),
  ];
}

const EAST: readonly RawObject[] = [
  node('east-a', 'eu-1a', 'eu', '127.0.0.11'),
  node('east-b', 'eu-1b', 'eu', '127.0.0.12'),
  ...db(['10.1.0.1@east-a', '10.1.0.2@east-b'], ['fd00:1::1@east-a', 'fd00:1::2@east-b']),
  pod('shop/client', ['127.0.0.4'], { nodeName: 'east-b' }),
];
const WEST: readonly RawObject[] = [
  node('west-a', 'eu-1a', 'eu', '127.0.0.21'),
  node('west-c', 'us-1c', 'us', '127.0.0.22'),
  ...db(['10.2.0.1@west-a', '10.2.0.3@west-c'], ['fd00:2::3@west-c']),
  service('shop/web', { clusterIP: '10.96.2.1' }),
  slice('web', 4, ['10.2.0.4@west-c']),
  serviceExport('shop/web'),
];
const ALL = ['10.1.0.1', '10.1.0.2', '10.2.0.1', '10.2.0.3'];
const ALL_SIX = ['fd00:1::1', 'fd00:1::2', 'fd00:2::3'];

describe('a resolver that selects what is nearest', () => {
  const folder = makeTempDirectory();
  const write = (cluster: string, objects: readonly RawObject[]) => {
    mkdirSync(join(folder, cluster), { recursive: true });
    const text = objects.map((object) => JSON.stringify(object)).join('\n---\n');
    writeFileSync(join(folder, cluster, 'all.yaml'), text);
  };
  const name = 'db.shop.svc.clusterset.local';
  let isthmus: TwoWays<'nearest'>;
  const addresses = async (owner: string, type: string, source: string) => {
    const lines = await isthmus.ask('nearest', `${owner} ${type}`, { source });
    return lines.map((line) => line.split(' ').at(-1));
  };

  before(async () => {
    write('east', EAST);
    write('west', WEST);
    const directive = `federation cluster.local clusterset.local {
        log memory
        home east
        cluster east manifests ${join(folder, 'east')}
        cluster west manifests ${join(folder, 'west')}
        pods verified
        select nearest then all
        client 127.0.0.2/32 cluster east zone eu-1a
        client 127.0.0.3 cluster west zone us-1c region us
        client 127.0.0.64/26 region eu
    }`;
    isthmus = await TwoWays.start(
      { nearest: ['cache 60', 'transfer clusterset.local {', '    to *', '}', directive] },
      { apart: true },
    );
    await isthmus.untilReady();
    await isthmus.until('nearest', 'web.shop.svc.clusterset.local A', ['5 IN A 10.2.0.4']);
  });
  after(async () => {
    await isthmus.stop();
    removeTempDirectory(folder);
  });

  const rows: readonly (readonly [string, string, readonly string[], readonly string[]])[] = [
    ['a network of east in zone eu-1a', '127.0.0.2', ['10.1.0.1'], ['fd00:1::1']],
    ['an address of west in zone us-1c', '127.0.0.3', ['10.2.0.3'], ['fd00:2::3']],
    ['a pod on a node in eu-1b', '127.0.0.4', ['10.1.0.2'], ['fd00:1::2']],
    ['a node of west, where an endpoint has IPv4 only', '127.0.0.21', ['10.2.0.1'], []],
    [
      'a network of which the region alone is known',
      '127.0.0.65',
      ['10.1.0.1', '10.1.0.2', '10.2.0.1'],
      ['fd00:1::1', 'fd00:1::2'],
    ],
    ['nobody knows who', '127.0.0.9', ALL, ALL_SIX],
  ];
  for (const [what, source, fours, sixes] of rows) {
    test(`${what} (${source}) has the same endpoints in both families`, async () => {
      assert.deepEqual(await addresses(name, 'A', source), fours);
      const none = ['NODATA clusterset.local. 5'];
      const six = await isthmus.ask('nearest', `${name} AAAA`, { source });
      const expected = sixes.map((address) => `${name}. 5 IN AAAA ${address}`);
      assert.deepEqual(six, sixes.length === 0 ? none : expected);
    });
  }

  test('SRV leads to those endpoints, whose addresses come along', async () => {
    const [fromTable] = await isthmus.replies('nearest', `_http._tcp.${name} SRV`, {
      source: '127.0.0.3',
    });
    const lines = [...(fromTable?.answer ?? []), ...(fromTable?.additional ?? [])];
    assert.deepEqual(lines.map(formatRecord).sort(), [
      `10-2-0-3.west.${name}. 5 IN A 10.2.0.3`,
      `_http._tcp.${name}. 5 IN SRV 0 50 80 10-2-0-3.west.${name}.`,
      `_http._tcp.${name}. 5 IN SRV 0 50 80 fd00-2--3.west.${name}.`,
      `fd00-2--3.west.${name}. 5 IN AAAA fd00:2::3`,
    ]);
  });

  test('what one client was told, the cache does not tell another', async () => {
    for (const source of ['127.0.0.2', '127.0.0.3', '127.0.0.2', '127.0.0.9']) {
      const expected = rows.find(([, client]) => client === source)?.[2];
      assert.deepEqual(await addresses(name, 'A', source), expected);
    }
  });

  test('over TCP likewise', async () => {
    const lines = await isthmus.ask('nearest', `${name} A`, {
      source: '127.0.0.3',
      transport: 'tcp',
    });
    assert.deepEqual(lines, [`${name}. 5 IN A 10.2.0.3`]);
  });

  test('the cluster IP of its own cluster is for who is there', async () => {
    assert.deepEqual(await addresses('web.shop.svc.clusterset.local', 'A', '127.0.0.3'), [
      '10.96.2.1',
    ]);
    assert.deepEqual(await addresses('web.shop.svc.clusterset.local', 'A', '127.0.0.2'), [
      '10.2.0.4',
    ]);
  });

  test('names that are nowhere are denied, whoever asks', async () => {
    const nxdomain = ['NXDOMAIN clusterset.local. 5'];
    for (const source of ['127.0.0.3', '127.0.0.9']) {
      const asking = { source };
      assert.deepEqual(await isthmus.ask('nearest', `nope.${name} A`, asking), nxdomain);
    }
  });

  test('dig of a client says the same', { skip: noDig }, async () => {
    assert.deepEqual(await isthmus.dig('nearest', `${name} A`, '127.0.0.2', dig ?? ''), [
      '10.1.0.1',
    ]);
  });

  test('a zone transfer has the endpoints of all', { skip: noDig }, async () => {
    const lines = await isthmus.transfer('nearest', 'clusterset.local', dig ?? '');
    const own = lines.filter((line) => line.startsWith(`${name}. `) && / A{1,4} /.test(line));
    assert.deepEqual(
      own.map((line) => line.split(' ').at(-1)),
      [...ALL, ...ALL_SIX],
    );
  });

  test('a node that moves to another zone takes its clients along', async () => {
    const client = { source: '127.0.0.12' };
    assert.deepEqual(await addresses(name, 'A', client.source), ['10.1.0.2']);
    const others = EAST.filter(({ metadata }) => metadata.name !== 'east-b');
    write('east', [...others, node('east-b', 'eu-1a', 'eu', '127.0.0.12')]);
    const expected = ['5 IN A 10.1.0.1', '5 IN A 10.1.0.2'];
    await isthmus.until('nearest', `${name} A`, expected, client);
  });
});
