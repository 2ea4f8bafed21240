/**
 * Two clusters that answer for each other, while what is ready in them changes: the table and the
 * chain of a whole resolver say the same all along.
 */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type RawObject, rawObject } from '../cluster/collections.ts';
import { findServer, missingServer } from '../servers/find-server.ts';
import { makeTempDirectory, removeTempDirectory } from '../servers/temp-directory.ts';
import { headless, service, serviceExport, slice } from './objects.ts';
import { TwoWays } from './two-ways.ts';

const dig = findServer('dig');
const noDig = dig === undefined && missingServer('dig');

const SHOP = rawObject('Namespace', '', 'shop');
const WEST: readonly RawObject[] = [
  SHOP,
  service('shop/web', { clusterIP: '10.96.2.1' }),
  slice('shop/web', ['10.2.0.1', '10.2.0.2']),
  serviceExport('shop/web'),
  headless('shop/db'),
  slice('shop/db', [{ addresses: ['10.2.0.3'], hostname: 'db-0' }]),
  service(
    'shop/pay',
    { clusterIP: '10.96.2.2' },
    { annotations: { 'isthmus.dev/select': 'west,all' } },
  ),
  slice('shop/pay', ['10.2.0.4']),
];
const WEB_AT_HOME = service('shop/web', { clusterIP: '10.96.1.1' });
const web = (ready: boolean) => slice('shop/web', [{ addresses: ['10.1.0.1'], ready }]);

describe('clusters that answer for each other', () => {
  const folder = makeTempDirectory();
  const write = (cluster: string, objects: readonly RawObject[]) => {
    mkdirSync(join(folder, cluster), { recursive: true });
    const text = objects.map((object) => JSON.stringify(object)).join('\n---\n');
    writeFileSync(join(folder, cluster, 'all.yaml'), text);
  };
  let isthmus: TwoWays<'failover'>;
  const until = (question: string, ...answer: readonly string[]) =>
    isthmus.until('failover', question, answer);
  const says = async (question: string, ...answer: readonly string[]) => {
    const [name = ''] = question.split(' ');
    const expected = answer.map((line) => (/^\d/.test(line) ? `${name}. ${line}` : line));
    assert.deepEqual(await isthmus.ask('failover', question), expected);
  };

  before(async () => {
    write('east', [SHOP, WEB_AT_HOME, web(true), serviceExport('shop/web')]);
    write('west', WEST);
    const directive = `federation cluster.local clusterset.local many.local {
        log memory
        home east
        cluster east manifests ${join(folder, 'east')}
        cluster west manifests ${join(folder, 'west')}
        across failover
        qualified many.local
        cluster_names
        select home then west
        routable west
    }`;
    isthmus = await TwoWays.start(
      { failover: [directive, 'transfer many.local {', '    to *', '}'] },
      { apart: true },
    );
    await isthmus.untilReady();
    await until('web.shop.svc.west.many.local A', '5 IN A 10.96.2.1');
  });
  after(async () => {
    await isthmus.stop();
    removeTempDirectory(folder);
  });

  test('home answers while it has a ready endpoint', async () => {
    await says('web.shop.svc.cluster.local A', '5 IN A 10.96.1.1');
    await says('web.shop.svc.cluster.local AAAA', 'NODATA cluster.local. 5');
    await says('web.shop.svc.clusterset.local A', '5 IN A 10.96.1.1');
    await says('nope.web.shop.svc.cluster.local A', 'NXDOMAIN cluster.local. 5');
  });

  test('and the other cluster for what home has not', async () => {
    await says('db.shop.svc.cluster.local A', '5 IN A 10.2.0.3');
    await says('db-0.db.shop.svc.cluster.local A', '5 IN A 10.2.0.3');
    await says('pay.shop.svc.cluster.local A', '5 IN A 10.96.2.2');
    await says('nope.shop.svc.cluster.local A', 'NXDOMAIN cluster.local. 5');
  });

  test('each cluster has its names below its label', async () => {
    await says('web.shop.svc.east.many.local A', '5 IN A 10.96.1.1');
    await says('10-2-0-1.web.shop.svc.west.many.local A', '5 IN A 10.2.0.1');
    await says('http.tcp.db.shop.svc.west.many.local A', '5 IN A 10.2.0.3');
    await says('db.shop.svc.east.many.local A', 'NXDOMAIN many.local. 5');
    await says('web.shop.svc.north.many.local A', 'NXDOMAIN many.local. 5');
    await says('svc.west.many.local A', 'NODATA many.local. 5');
    await says('west.web.shop.svc.clusterset.local A', '5 IN A 10.96.2.1');
  });

  test('their zone is handed out with the labels of all', { skip: noDig }, async () => {
    const lines = await isthmus.transfer('failover', 'many.local', dig ?? '');
    assert.deepEqual(
      lines.filter((line) => / (A|TXT) /.test(line) && !line.startsWith('ns.dns.')),
      [
        '10-1-0-1.web.shop.svc.east.many.local. 5 IN A 10.1.0.1',
        '10-2-0-1.web.shop.svc.west.many.local. 5 IN A 10.2.0.1',
        '10-2-0-2.web.shop.svc.west.many.local. 5 IN A 10.2.0.2',
        '10-2-0-4.pay.shop.svc.west.many.local. 5 IN A 10.2.0.4',
        '_http._tcp.db.shop.svc.west.many.local. 5 IN A 10.2.0.3',
        '_http._tcp.pay.shop.svc.west.many.local. 5 IN A 10.96.2.2',
        '_http._tcp.web.shop.svc.east.many.local. 5 IN A 10.96.1.1',
        '_http._tcp.web.shop.svc.west.many.local. 5 IN A 10.96.2.1',
        'db-0.db.shop.svc.west.many.local. 5 IN A 10.2.0.3',
        'db.shop.svc.west.many.local. 5 IN A 10.2.0.3',
        'dns-version.east.many.local. 28800 IN TXT "1.1.0"',
        'dns-version.west.many.local. 28800 IN TXT "1.1.0"',
        'pay.shop.svc.west.many.local. 5 IN A 10.96.2.2',
        'web.shop.svc.east.many.local. 5 IN A 10.96.1.1',
        'web.shop.svc.west.many.local. 5 IN A 10.96.2.1',
      ],
    );
  });

  test('an annotation that can not be read is told once', async () => {
    const wrong = /Cannot read the annotation isthmus.dev\/select "west,all" of shop\/pay/g;
    await isthmus.process.says(wrong);
    assert.equal(isthmus.process.output.match(wrong)?.length, 1);
  });

  test('when home is not ready, the other cluster answers, in every zone', async () => {
    write('east', [SHOP, WEB_AT_HOME, web(false), serviceExport('shop/web')]);
    await until('web.shop.svc.cluster.local A', '5 IN A 10.96.2.1');
    await until('web.shop.svc.clusterset.local A', '5 IN A 10.96.2.1');
    await says('web.shop.svc.east.many.local A', '5 IN A 10.96.1.1');
  });

  test('when nobody is, the cluster IP of home stands', async () => {
    write(
      'west',
      WEST.filter(({ kind }) => kind !== 'EndpointSlice'),
    );
    await until('web.shop.svc.cluster.local A', '5 IN A 10.96.1.1');
    await until('db.shop.svc.cluster.local A', 'NXDOMAIN cluster.local. 5');
  });

  test('and home answers again once it is ready', async () => {
    write('west', WEST);
    await until('web.shop.svc.cluster.local A', '5 IN A 10.96.2.1');
    write('east', [SHOP, WEB_AT_HOME, web(true), serviceExport('shop/web')]);
    await until('web.shop.svc.cluster.local A', '5 IN A 10.96.1.1');
  });
});
