/**
 * The words of an operator, as dig sees them: on NATS with a watcher for each cluster and a
 * resolver, all processes of their own.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { findServer, missingServer } from '../servers/find-server.ts';
import { freePort } from '../servers/free-port.ts';
import { type NatsServers, startNats } from '../servers/nats.ts';
import { makeTempDirectory } from '../servers/temp-directory.ts';
import { short } from './ask.ts';
import { IsthmusProcess, until } from './isthmus-process.ts';
import { type Operator, operator, type Shop, writeCluster } from './operators-world.ts';
import { Throughout } from './throughout.ts';

const WEB = 'web.shop.svc.clusterset.local';
const DB = 'db.shop.svc.clusterset.local';

const nats = findServer('nats-server 2.15') ?? findServer('nats-server 2.9');
const missing = nats === undefined ? missingServer('nats-server') : undefined;

const COUNTS = { Namespace: 1, Service: 2, EndpointSlice: 2, ServiceExport: 2 };
const EAST: Shop = { web: ['10.96.0.10', '10.1.0.11'], db: ['10.1.0.21'] };
const WEST: Shop = { web: ['10.97.0.10', '10.2.0.11'], db: ['10.2.0.21'] };

/** What west's was in the course of these tests: the disk may have kept any of it. */
const WEST_DB = ['10.2.0.21', '10.2.0.77'];

describe('an operator of a federation', { skip: missing ?? false }, () => {
  const folder = makeTempDirectory();
  let servers: NatsServers;
  let watchers: Readonly<Record<'east' | 'west', IsthmusProcess>>;
  let resolver: IsthmusProcess;
  let port: number;
  let isthmus: Operator;

  before(async () => {
    servers = await startNats(nats ?? '', 1);
    const log = ['--log', servers.urls.join(',')];
    const watcher = (cluster: string, shop: Shop) => {
      const directory = writeCluster(folder, cluster, shop);
      return new IsthmusProcess([
        ...['watcher', '--cluster', cluster, '--manifests', directory],
        ...log,
      ]);
    };
    watchers = { east: watcher('east', EAST), west: watcher('west', WEST) };
    port = await freePort();
    const file = join(folder, 'Corefile');
    writeFileSync(
      file,
      `.:${port} {
    bind 127.0.0.1
    errors
    federation cluster.local clusterset.local {
        log ${servers.urls.join(' ')}
        home east
    }
}
`,
    );
    resolver = new IsthmusProcess(['resolver', '-conf', file], { cwd: folder });
    isthmus = operator(log);
    await answers(WEB, '10.96.0.10');
    await answers(DB, '10.1.0.21 10.2.0.21');
  });

  after(async () => {
    for (const process of [resolver, ...Object.values(watchers ?? {})]) await process?.kill();
    await servers?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function answers(name: string, answer: string): Promise<void> {
    await resolver.until(async () => (await short(port, name)) === answer, `${name} is ${answer}`);
  }

  test('sees how each cluster is', async () => {
    // Names are answered before the logs say that these were all.
    let last = await isthmus('clusters');
    const areSynced = async () => {
      last = await isthmus('clusters');
      return last.text.match(/ live +yes /g)?.length === 2;
    };
    await until(areSynced, 'both are synced', () => last.text);
    const { code, text } = last;
    assert.equal(code, 0, text);
    const [headings, ...rows] = text.split('\n').map((line) => line.split(/ {2,}/));
    assert.deepEqual(headings?.slice(0, 5), ['CLUSTER', 'STATE', 'SYNCED', 'POSITION', 'LAG']);
    assert.deepEqual(
      rows.map((row) => [...row.slice(0, 3), ...row.slice(6, 9)]),
      [
        ['east', 'live', 'yes', '2', '2', '2'],
        ['west', 'live', 'yes', '2', '2', '2'],
      ],
    );
  });

  test('drains a cluster: its names are of the other, until it is restored', async () => {
    const drained = await isthmus('drain', 'east');
    assert.equal(drained.code, 0);
    assert.match(drained.text, /^east is drained, at control position \d+: other clusters answer/);
    await answers(WEB, '10.2.0.11');
    await answers(DB, '10.2.0.21');
    const again = await isthmus('drain', 'east');
    assert.equal(again.code, 0);
    assert.match(again.text, /^east is drained already, since 20\d\d-/);
    assert.match((await isthmus('status')).text, /^east {6}drained {3}yes /m);
    const restored = await isthmus('restore', 'east');
    assert.match(restored.text, /^east is restored, at control position \d+$/);
    await answers(WEB, '10.96.0.10');
    await answers(DB, '10.1.0.21 10.2.0.21');
  });

  test('pins a Service: its addresses stay, over a restart too, until it is unpinned', async () => {
    const pinned = await isthmus('pin', 'shop/db', '--at', '0s', '--cluster', 'east');
    assert.equal(pinned.code, 0, pinned.text);
    assert.match(pinned.text, /^shop\/db of east is pinned, at control .*, 1 ready endpoint\)$/);
    await answers(DB, '10.1.0.21 10.2.0.21');
    const starting = ['SERVFAIL', 'silence'];
    const throughout = new Throughout([port], {
      [DB]: ['10.1.0.21 10.2.0.21', ...starting],
      'db.shop.svc.cluster.local': ['10.1.0.21', ...starting],
    });
    writeCluster(folder, 'east', { web: ['10.96.0.11', '10.1.0.11'], db: ['10.1.0.99'] });
    // Of the same change: by then the resolver has read it.
    await answers(WEB, '10.96.0.11');
    await resolver.kill();
    resolver.restart();
    await answers(WEB, '10.96.0.11');
    await answers(DB, '10.1.0.21 10.2.0.21');
    await throughout.settled();
    assert.deepEqual(throughout.wrong, []);
    const { text } = await isthmus('status');
    assert.match(text, /^Pinned: +shop\/db of east as it was at position \d+, since 20/m);

    const unpinned = await isthmus('unpin', 'shop/db');
    assert.match(unpinned.text, /^shop\/db of east is unpinned, at control position \d+/);
    await answers(DB, '10.1.0.99 10.2.0.21');
    writeCluster(folder, 'east', EAST);
    await answers(DB, '10.1.0.21 10.2.0.21');
  });

  test('goes back to a position, and to what is removed since', async () => {
    await isthmus('pin', 'shop/web', '--at', '0s', '--cluster', 'west');
    await isthmus('drain', 'east');
    await answers(WEB, '10.2.0.11');
    writeCluster(folder, 'west', { web: ['10.97.0.10', '10.2.0.99'], db: ['10.2.0.77'] });
    await answers(DB, '10.2.0.77');
    await answers(WEB, '10.2.0.11');
    const clusters = await readStatus(isthmus);
    const position = clusters.pins[0]?.at;
    assert.ok(position !== undefined);
    await isthmus('unpin', 'shop/web');
    await answers(WEB, '10.2.0.99');
    const { text } = await isthmus('pin', 'shop/web', '--at', `${position}`, '--cluster', 'west');
    assert.match(text, new RegExp(`it stays as it was at position ${position} `));
    await answers(WEB, '10.2.0.11');
    await isthmus('unpin', 'shop/web');
    await isthmus('restore', 'east');
    writeCluster(folder, 'west', WEST);
    await answers(DB, '10.1.0.21 10.2.0.21');
  });

  test('reads all of it as JSON', async () => {
    const before = await readStatus(isthmus);
    await isthmus('drain', 'west');
    let status = await readStatus(isthmus);
    // Who is asked has a second, which on a busy machine may be too little.
    const isHeard = async () => {
      status = await readStatus(isthmus);
      return status.clusters.every(({ writer }) => writer !== null);
    };
    await resolver.until(isHeard, 'both watchers answer');
    const { clusters, controlPosition, drained, federation } = status;
    assert.equal(federation, 'default');
    assert.ok(controlPosition > before.controlPosition);
    assert.deepEqual(
      drained.map(({ cluster, position }) => [cluster, position]),
      [['west', controlPosition]],
    );
    const [east, west] = clusters;
    assert.deepEqual([east?.cluster, east?.drained], ['east', false]);
    assert.deepEqual([west?.cluster, west?.drained], ['west', true]);
    for (const one of clusters) {
      assert.equal(one.state, 'live');
      assert.equal(one.synced, true);
      assert.equal(one.lag, 0);
      assert.equal(one.held, null);
      assert.equal(one.watcher, 'synced');
      assert.deepEqual(one.counts, COUNTS);
    }
    await isthmus('restore', 'west');
  });

  test('is told what is wrong, with the exit code of its kind', async () => {
    const north = await isthmus('drain', 'north');
    assert.equal(north.code, 1);
    assert.equal(
      north.text,
      'Cannot drain "north": it has no log in the federation default; expected east, west',
    );
    const early = await isthmus('pin', 'shop/db', '--at', '1', '--cluster', 'east');
    assert.equal(early.code, 1);
    assert.match(early.text, /^Cannot pin shop\/db as it was at position 1: it was not there then/);
    assert.equal((await isthmus('pin', 'shop/db')).code, 2);
    assert.equal((await isthmus('drain')).code, 2);
    assert.equal((await isthmus('status', '-o', 'xml')).code, 2);
  });

  test('sees that a watcher is gone, and what the log says without it', async () => {
    await watchers.west.kill();
    const { clusters } = await readStatus(isthmus);
    const west = clusters.find(({ cluster }) => cluster === 'west');
    assert.equal(west?.writer, null);
    assert.equal(west?.synced, true);
    assert.equal(west?.counts.Service, 2);
    watchers.west.restart();
    await watchers.west.says(/writes to its log/);
  });

  test('is heard by a resolver that starts while the log is away', async () => {
    await isthmus('drain', 'east');
    await answers(WEB, '10.2.0.11');
    const facts = (name: string) => join(folder, '.isthmus', 'facts', 'default', `${name}.facts`);
    const isKept = async () =>
      [facts('east'), facts('west'), facts('_control')].every(existsSync) &&
      /"Drained"[^}]*"east"/.test(readFileSync(facts('_control'), 'utf8'));
    await resolver.until(isKept, 'what was said is kept');
    for (const node of servers.nodes) await node.kill();
    await resolver.kill();
    const throughout = new Throughout([port], { [DB]: [...WEST_DB, 'SERVFAIL', 'silence'] });
    resolver.restart();
    const isAnswered = async () => WEST_DB.includes(await short(port, DB));
    await resolver.until(isAnswered, 'it answers from its disk');
    await throughout.settled();
    assert.deepEqual(throughout.wrong, []);
  });
});

interface Status {
  readonly federation: string;
  readonly controlPosition: number;
  readonly drained: readonly { readonly cluster: string; readonly position: number }[];
  readonly pins: readonly { readonly at: number }[];
  readonly clusters: readonly {
    readonly cluster: string;
    readonly state: string;
    readonly drained: boolean;
    readonly synced: boolean;
    readonly lag: number | null;
    readonly held: unknown;
    readonly writer: string | null;
    readonly watcher: string | null;
    readonly counts: Readonly<Record<string, number>>;
  }[];
}

async function readStatus(isthmus: Operator): Promise<Status> {
  const { code, text } = await isthmus('status', '-o', 'json');
  assert.equal(code, 0, text);
  return JSON.parse(text);
}
