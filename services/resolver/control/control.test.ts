import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { formatRecord } from '../../../libs/dns/presentation.ts';
import { encodeEnvelope } from '../../../libs/event/codec.ts';
import type { Event } from '../../../libs/event/event.ts';
import type { ClusterObject } from '../../../libs/event/object.ts';
import { subjectOf } from '../../../libs/event/subject.ts';
import { federationConfig } from '../../../libs/federation/federation-layers.ts';
import type { EventLog, Logs } from '../../../libs/log/log.ts';
import { createMemoryLogs } from '../../../libs/log/memory.ts';
import { MemoryStore } from '../../../libs/store/memory.ts';
import type { FactStore } from '../../../libs/store/store.ts';
import { createLog } from '../../../libs/telemetry/log.ts';
import { Metrics } from '../../../libs/telemetry/metrics.ts';
import { FederationControl } from './federation-control.ts';
import type { NameSink } from './name-sink.ts';

const CONFIG = federationConfig(
  {
    home: 'east',
    homeZone: 'cluster.local.',
    clustersetZone: 'clusterset.local.',
    reverseZones: [],
    ttl: 5,
  },
  [],
);
const SYNCED: Event = {
  kind: 'synced',
  writer: 'w',
  resourceVersions: {},
  counts: { ServiceExport: 0 },
  hash: '',
};

function service(name: string, address: string, namespace = 'shop'): Event {
  const object: ClusterObject = {
    kind: 'Service',
    namespace,
    name,
    type: 'ClusterIP',
    clusterIPs: [address],
    headless: false,
    ports: [],
  };
  return { kind: 'observed', object };
}

function exported(name: string, namespace = 'shop'): Event {
  const createdAt = '2026-01-01T00:00:00Z';
  return {
    kind: 'observed',
    object: { kind: 'ServiceExport', namespace, name, createdAt },
  };
}

let entries = 0;
async function append(log: EventLog, ...events: readonly Event[]): Promise<void> {
  const { position } = await log.head();
  await log.append(
    position,
    events.map((event) => ({
      subject: subjectOf('default', log.cluster, event),
      data: encodeEnvelope({ event, observedAt: '2026-11-24T00:00:00Z', prev: 0 }),
      id: `entry-${entries++}`,
    })),
  );
}

const controls: FederationControl[] = [];
afterEach(async () => {
  for (const control of controls.splice(0)) await control.stop();
});

function start(logs: Logs, store?: FactStore, clusters?: readonly string[]) {
  const table = new Map<string, string>();
  const denying = new Set<string>();
  const sink: NameSink = {
    setZone: (zone, _soa, denies) => (denies ? denying.add(zone) : denying.delete(zone)),
    put: (_zone, name, names) => {
      const rrsets = names.get(name) ?? [];
      table.set(name, rrsets.map(({ type, rdatas }) => `${type} ${rdatas.join(' ')}`).join(', '));
    },
    remove: (_zone, name) => table.delete(name),
  };
  const lines: string[] = [];
  const control = new FederationControl({
    config: CONFIG,
    sink,
    logs,
    store,
    clusters,
    log: createLog((line) => lines.push(line)),
    metrics: new Metrics(),
    random: Math.random,
  });
  controls.push(control);
  control.start();
  const ask = (name: string) => {
    const outcome = control.lookup(name, 'A');
    return outcome.kind === 'answer' ? outcome.answer.map(formatRecord).join() : outcome.kind;
  };
  return { control, ask, table, denying, lines };
}

/** What is waited for comes from this process, some of it by timers: so long on a busy machine. */
const PATIENCE_MS = 20_000;

/** Looks again whenever the event loop comes round. */
async function until(fact: () => boolean, what: string): Promise<void> {
  const beganMs = performance.now();
  while (!fact()) {
    if (performance.now() - beganMs > PATIENCE_MS) assert.fail(`it never came about that ${what}`);
    await new Promise((done) => setImmediate(done));
  }
}

describe('a resolver follows the logs of a federation', () => {
  test('an event shows in the chain and in the table, and so does its taking back', async () => {
    const logs = createMemoryLogs();
    const east = logs.open('east');
    await append(east, service('web', '10.0.0.1'), SYNCED);
    const { ask, table, control } = start(logs);
    await until(() => control.waitingFor().length === 0, 'it is ready');
    assert.equal(ask('web.shop.svc.cluster.local.'), 'web.shop.svc.cluster.local. 5 IN A 10.0.0.1');
    assert.equal(table.get('web.shop.svc.cluster.local.'), 'A 10.0.0.1');
    assert.equal(ask('new.shop.svc.cluster.local.'), 'nxdomain');

    await append(east, service('new', '10.0.0.2'));
    await until(
      () => ask('new.shop.svc.cluster.local.') !== 'nxdomain',
      'the new Service is answered',
    );
    assert.equal(table.get('new.shop.svc.cluster.local.'), 'A 10.0.0.2');

    await append(east, {
      kind: 'removed',
      ref: { kind: 'Service', namespace: 'shop', name: 'new' },
    });
    await until(() => ask('new.shop.svc.cluster.local.') === 'nxdomain', 'it is denied again');
    assert.equal(table.has('new.shop.svc.cluster.local.'), false);
  });

  test('nothing is denied before the cluster is synced, and what is known is answered', async () => {
    const logs = createMemoryLogs();
    const east = logs.open('east');
    await append(east, service('web', '10.0.0.1'));
    const { ask, denying, control } = start(logs);
    await until(() => ask('web.shop.svc.cluster.local.').endsWith('10.0.0.1'), 'web is answered');
    assert.equal(ask('other.shop.svc.cluster.local.'), 'unready');
    assert.ok(!denying.has('cluster.local.'));
    assert.deepEqual(control.waitingFor(), ['east to be synced']);
    await append(east, SYNCED);
    await until(() => ask('other.shop.svc.cluster.local.') === 'nxdomain', 'it is denied');
    assert.ok(denying.has('cluster.local.'));
  });

  test('a cluster that is not synced holds back denials of clusterset names, not of home names', async () => {
    const logs = createMemoryLogs();
    await append(logs.open('east'), SYNCED);
    await append(logs.open('west'), service('web', '10.9.0.1'));
    const { ask, control } = start(logs);
    await until(() => control.clusters().every(({ caughtUp }) => caughtUp), 'both are read');
    await until(() => control.waitingFor().length === 0, 'it is ready');
    assert.equal(ask('x.shop.svc.cluster.local.'), 'nxdomain');
    assert.equal(ask('x.shop.svc.clusterset.local.'), 'unready');
  });

  test('a cluster whose exports can not be listed holds back denials of clusterset names', async () => {
    const logs = createMemoryLogs();
    await append(logs.open('east'), { ...SYNCED, counts: {} });
    const { ask, control } = start(logs);
    await until(() => control.waitingFor().length === 0, 'it is ready');
    assert.equal(ask('x.shop.svc.cluster.local.'), 'nxdomain');
    assert.equal(ask('x.shop.svc.clusterset.local.'), 'unready');
  });

  test('a cluster that joins later is found', async () => {
    const logs = createMemoryLogs();
    await append(logs.open('east'), SYNCED);
    const { control } = start(logs);
    await until(() => control.waitingFor().length === 0, 'it is ready');
    await append(logs.open('west'), service('web', '10.9.0.1'), exported('web'), SYNCED);
    const found = () =>
      control.clusters().some(({ cluster, synced }) => cluster === 'west' && synced);
    await new Promise<void>((done) => {
      const look = () => (found() ? done() : setTimeout(look, 50));
      look();
    });
  });

  test('a name that exists by what is below it is not denied while the names are computed', async () => {
    const logs = createMemoryLogs();
    const east = logs.open('east');
    const many = Array.from({ length: 300 }, (_, i) => `s${i}`);
    await append(east, ...many.map((name) => service(name, '10.0.0.1')), SYNCED);
    const { ask, control } = start(logs, undefined, ['east']);
    await until(() => control.waitingFor().length === 0, 'it is ready');
    await until(() => ask('z.shop.svc.clusterset.local.') === 'nxdomain', 'all is computed');
    await append(
      east,
      ...many.map((name) => service(name, '10.0.0.2')),
      service('web', '10.0.0.3', 'bank'),
      exported('web', 'bank'),
    );
    const seen = new Set<string>();
    await until(() => {
      const exists = ask('web.bank.svc.clusterset.local.').includes('10.0.0.3');
      if (exists) seen.add(ask('bank.svc.clusterset.local.'));
      return seen.has('nodata');
    }, 'the namespace exists');
    assert.ok(!seen.has('nxdomain'), [...seen].join());
  });

  test('a log that can not be opened keeps only its own cluster from being known', async () => {
    const memory = createMemoryLogs();
    await append(memory.open('east'), service('web', '10.0.0.1'), SYNCED);
    const open = (cluster: string) => {
      if (cluster === 'west') throw new Error('Cannot use the log file "west": it is damaged');
      return memory.open(cluster);
    };
    const { ask, control, lines } = start({ ...memory, open }, undefined, ['west', 'east']);
    await until(() => control.waitingFor().length === 0, 'it is ready');
    assert.match(ask('web.shop.svc.cluster.local.'), /10\.0\.0\.1/);
    assert.equal(ask('x.shop.svc.clusterset.local.'), 'unready');
    assert.deepEqual(lines, [
      '[ERROR] cluster west: Cannot use the log file "west": it is damaged',
    ]);
  });

  test('entries of a newer version are skipped, counted and told once', async () => {
    const logs = createMemoryLogs();
    const east = logs.open('east');
    const data = new TextEncoder().encode('{"v":2,"kind":"ServiceObserved"}');
    await east.append(
      0,
      [1, 2].map((n) => ({
        subject: `isthmus.default.east.service.shop.a${n}`,
        data,
        id: `n${n}`,
      })),
    );
    await append(east, SYNCED);
    const { control, lines } = start(logs, undefined, ['east']);
    await until(() => control.waitingFor().length === 0, 'it is ready');
    assert.equal(control.clusters()[0]?.skipped, 2);
    assert.deepEqual(lines, [
      '[WARNING] cluster east: Cannot read an event: it has version 2; expected at most 1: upgrade this reader',
    ]);
  });
});

describe('resolvers share a store', () => {
  test('what one has read fills it, and the next one starts from there', async () => {
    const logs = createMemoryLogs();
    const east = logs.open('east');
    await append(east, service('web', '10.0.0.1'), SYNCED);
    const store = new MemoryStore();
    start(logs, store, ['east']);
    let position = 0;
    await until(() => {
      void store.head('east').then((head) => {
        position = head?.position ?? 0;
      });
      return position === 2;
    }, 'the store is at the head of the log');

    const second = start(logs, store, ['east']);
    await until(() => second.control.waitingFor().length === 0, 'the second is ready');
    assert.match(second.lines.join(), /2 facts from the store, at position 2/);
    assert.match(second.ask('web.shop.svc.cluster.local.'), /10\.0\.0\.1/);

    await append(east, service('more', '10.0.0.2'));
    await until(
      () => second.ask('more.shop.svc.cluster.local.').endsWith('10.0.0.2'),
      'it reads on',
    );
    await until(() => {
      void store.head('east').then((head) => {
        position = head?.position ?? 0;
      });
      return position === 3;
    }, 'the store follows');
    assert.equal((await store.read('east'))?.facts.size, 3);
  });
});
