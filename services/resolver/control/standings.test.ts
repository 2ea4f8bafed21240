/** Resolvers that hear, judge, and follow the control log: on logs in memory, by a given clock. */
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { GivenClock } from '../../../libs/clock/given-clock.ts';
import { encodeEnvelope } from '../../../libs/event/codec.ts';
import { CONTROL, type ControlEvent, controlSubjectOf } from '../../../libs/event/control.ts';
import { decodeControl, encodeControl } from '../../../libs/event/control-codec.ts';
import type { Event } from '../../../libs/event/event.ts';
import { encodeHeartbeat, HEARTBEAT_MS } from '../../../libs/event/heartbeat.ts';
import type { ClusterObject } from '../../../libs/event/object.ts';
import { subjectOf } from '../../../libs/event/subject.ts';
import { federationConfig } from '../../../libs/federation/federation-layers.ts';
import { isForTable } from '../../../libs/federation/names.ts';
import { type Logs, LogUnavailable } from '../../../libs/log/log.ts';
import { createMemoryLogs } from '../../../libs/log/memory.ts';
import { createLog } from '../../../libs/telemetry/log.ts';
import { Metrics } from '../../../libs/telemetry/metrics.ts';
import { FederationControl } from './federation-control.ts';

const CONFIG = federationConfig(
  {
    home: 'home',
    homeZone: 'cluster.local.',
    clustersetZone: 'clusterset.local.',
    reverseZones: [],
    ttl: 5,
  },
  [],
);
const WEB = 'web.shop.svc.clusterset.local.';
const DB = 'db.shop.svc.clusterset.local.';

/** A headless Service that is exported, with one ready endpoint. */
function headless(name: string, address: string): readonly ClusterObject[] {
  const of = { namespace: 'shop', name };
  const ports = [{ name: 'http', protocol: 'TCP', port: 80 }];
  return [
    { kind: 'Service', ...of, type: 'ClusterIP', clusterIPs: [], headless: true, ports },
    {
      kind: 'EndpointSlice',
      ...of,
      service: name,
      endpoints: [{ addresses: [address], ready: true, hostname: 'a' }],
      ports,
    },
    { kind: 'ServiceExport', ...of, createdAt: '2026-01-01T00:00:00Z' },
  ];
}

/** Home, east and west, which have `web`; `db` is east's alone. Resolvers judge them. */
class Given {
  readonly clock = new GivenClock();
  readonly #logs = createMemoryLogs();
  /** Of a server that is there, and is parted from those that have the control log. */
  isParted = false;
  readonly lines: string[] = [];
  readonly #t: TestContext;
  #ids = 0;

  constructor(t: TestContext) {
    this.#t = t;
  }

  readonly logs: Logs = {
    ...this.#logs,
    open: (cluster) => {
      const log = this.#logs.open(cluster);
      return {
        cluster,
        head: () => this.#away(cluster) ?? log.head(),
        append: (...given) => this.#away(cluster) ?? log.append(...given),
        forget: (outdated) => log.forget(outdated),
        entryAt: (position) => log.entryAt(position),
        lastOf: (subject) => log.lastOf(subject),
        read: (from, signal) => log.read(from, signal),
      };
    },
  };

  #away(cluster: string): Promise<never> | undefined {
    if (!this.isParted || cluster !== CONTROL) return undefined;
    return Promise.reject(new LogUnavailable('Cannot use the control log: it has no leader'));
  }

  async clusters(): Promise<this> {
    await this.#told('home', []);
    await this.east();
    await this.#told('west', headless('web', '10.2.0.1'));
    return this;
  }

  async east(): Promise<void> {
    await this.#told('east', [...headless('web', '10.1.0.1'), ...headless('db', '10.1.0.2')]);
  }

  async changed(cluster: string, objects: readonly ClusterObject[]): Promise<void> {
    await this.#append(
      cluster,
      objects.map((object) => ({ kind: 'observed', object })),
    );
    await settled();
  }

  async #told(cluster: string, objects: readonly ClusterObject[]): Promise<void> {
    const counts = { ServiceExport: objects.length / 3 };
    await this.#append(cluster, [
      ...objects.map((object) => ({ kind: 'observed' as const, object })),
      { kind: 'synced', writer: 'w', resourceVersions: {}, counts, hash: '' },
    ]);
  }

  async #append(cluster: string, events: readonly Event[]): Promise<void> {
    const entries = events.map((event) => ({
      subject: subjectOf('demo', cluster, event),
      data: encodeEnvelope({ event, observedAt: '2026-03-01T03:11:00Z', prev: 0 }),
      id: `${this.#ids++}`,
    }));
    const log = this.logs.open(cluster);
    await log.append((await log.head()).position, entries);
  }

  /** `isTold`: which clusters there are; else it finds them. */
  resolver(isTold = true) {
    const stale = new Set<string>();
    const metrics = new Metrics();
    const control = new FederationControl({
      config: CONFIG,
      sink: {
        setZone: () => {},
        put: (_zone, name, names) => {
          if (isForTable(names, name)) stale.delete(name);
          else stale.add(name);
        },
        remove: (_zone, name) => stale.delete(name),
      },
      logs: this.logs,
      store: undefined,
      clusters: isTold ? ALL : undefined,
      log: createLog((line) => this.lines.push(line)),
      metrics,
      random: () => 0.5,
      clock: this.clock,
      judged: { federation: 'demo', limits: { staleMs: 30_000, lostMs: 300_000 } },
    });
    this.#t.after(() => control.stop());
    control.start();
    const ask = (name: string): string => {
      const outcome = control.lookup(name, 'A');
      if (outcome.kind !== 'answer') return outcome.kind;
      const addresses = outcome.answer.map(({ rdata }) => rdata).sort();
      return `${addresses.join(' ')}${outcome.isStale === true ? ' (stale)' : ''}`;
    };
    return { control, ask, metrics, stale };
  }

  /** Second by second; who is named beats each five seconds. */
  async pass(seconds: number, ...beating: readonly string[]): Promise<void> {
    for (let i = 1; i <= seconds; i++) {
      this.clock.advance(1000);
      if ((i * 1000) % HEARTBEAT_MS === 0) for (const cluster of beating) this.beat(cluster);
      await settled();
    }
  }

  beat(cluster: string, silentMs = 0): void {
    const said = { writer: 'w', role: 'writer', state: 'synced', incarnation: 'i' } as const;
    const beat = encodeHeartbeat({ ...said, position: 9, silentMs, counts: {} });
    this.logs.heartbeats.beat(cluster, beat);
  }

  /** What the control log holds. */
  async said(): Promise<readonly string[]> {
    const log = this.logs.open(CONTROL);
    const { position } = await log.head();
    const said: string[] = [];
    for (let at = 1; at <= position; at++) {
      const entry = await log.entryAt(at);
      const decoded = entry && decodeControl(entry.data);
      if (decoded?.kind !== 'event') continue;
      const { event } = decoded.envelope;
      said.push(`${event.kind} ${event.cluster}`);
    }
    return said;
  }

  async operator(event: ControlEvent): Promise<void> {
    const log = this.logs.open(CONTROL);
    const observedAt = '2026-11-29T00:00:00Z';
    const data = encodeControl({ event, observedAt, prev: 0 });
    const entry = { subject: controlSubjectOf('demo', event), data, id: `${this.#ids++}` };
    await log.append((await log.head()).position, [entry]);
    await settled();
  }
}

async function settled(): Promise<void> {
  for (let turns = 0; turns < 20; turns++) await setImmediate();
}

const ALL = ['home', 'east', 'west'];

describe('a cluster that falls silent', () => {
  test('goes last, then counts as gone; what it alone knows is told to be stale', async (t) => {
    const given = await new Given(t).clusters();
    const { ask, stale } = given.resolver();
    await given.pass(10, ...ALL);
    assert.equal(ask(WEB), '10.1.0.1 10.2.0.1');
    assert.equal(ask(DB), '10.1.0.2');

    await given.pass(35, 'home', 'west');
    assert.deepEqual(await given.said(), ['cluster-stale east']);
    assert.equal(ask(WEB), '10.2.0.1');
    assert.equal(ask(DB), '10.1.0.2');

    await given.pass(270, 'home', 'west');
    assert.deepEqual(await given.said(), ['cluster-stale east', 'cluster-lost east']);
    assert.equal(ask(WEB), '10.2.0.1');
    assert.equal(ask(DB), '10.1.0.2 (stale)');
    assert.ok(stale.has(DB) && !stale.has(WEB), 'the chain says what the table can not');

    await given.pass(16, ...ALL);
    assert.equal((await given.said()).at(-1), 'cluster-recovered east');
    assert.equal(ask(WEB), '10.1.0.1 10.2.0.1');
    assert.equal(ask(DB), '10.1.0.2');
    assert.equal(stale.size, 0);
  });

  test('is written down once, whichever of two resolvers saw it first', async (t) => {
    const given = await new Given(t).clusters();
    const [one, other] = [given.resolver(), given.resolver()];
    await given.pass(10, ...ALL);
    await given.pass(40, 'home', 'west');
    assert.deepEqual(await given.said(), ['cluster-stale east']);
    assert.equal(one.ask(WEB), other.ask(WEB));
  });

  test('is so for a resolver that begins later, too', async (t) => {
    const given = await new Given(t).clusters();
    given.resolver();
    await given.pass(10, ...ALL);
    await given.pass(310, 'home', 'west');
    const { ask } = given.resolver();
    await given.pass(1);
    assert.equal(ask(DB), '10.1.0.2 (stale)');
  });

  test('is so for one that finds the cluster after it has read that it is lost', async (t) => {
    const given = new Given(t);
    await given.operator({ kind: 'cluster-lost', cluster: 'east', silentSeconds: 300 });
    const { ask } = given.resolver(false);
    await given.pass(1);
    await given.clusters();
    await given.pass(70, 'home', 'west');
    assert.deepEqual(await given.said(), ['cluster-lost east'], 'what is lost does not get stale');
    assert.equal(ask(DB), '10.1.0.2 (stale)');
    await given.pass(20, ...ALL);
    assert.deepEqual(await given.said(), ['cluster-lost east', 'cluster-recovered east']);
    assert.equal(ask(DB), '10.1.0.2');
  });

  test('all of them at once keep their order: who asks gets what there is', async (t) => {
    const given = await new Given(t).clusters();
    const { ask } = given.resolver();
    await given.pass(10, ...ALL);
    await given.pass(310);
    assert.equal(ask(WEB), '10.1.0.1 10.2.0.1 (stale)');
  });
});

test('many that fall silent at once are judged in one turn', async (t) => {
  const given = await new Given(t).clusters();
  given.resolver();
  await given.pass(10, ...ALL);
  await given.pass(31);
  assert.equal((await given.said()).length, 3);
});

test('a resolver that was stopped judges nobody by what it missed', async (t) => {
  const given = await new Given(t).clusters();
  given.resolver();
  await given.pass(10, ...ALL);
  given.clock.advance(1_000_000);
  await settled();
  await given.pass(20, ...ALL);
  assert.deepEqual(await given.said(), []);
});

test('one whose server was parted from the others judges nobody by what it missed', async (t) => {
  const given = await new Given(t).clusters();
  given.resolver();
  await given.pass(10, ...ALL);
  given.isParted = true;
  await given.pass(400);
  given.isParted = false;
  await given.pass(20, ...ALL);
  assert.deepEqual(await given.said(), []);
});

test('who is silent is asked before it is judged', async (t) => {
  const given = await new Given(t).clusters();
  given.resolver();
  await given.pass(10, ...ALL);
  await given.pass(29);
  const ended = new AbortController();
  const answering = (async () => {
    for await (const _ of given.logs.heartbeats.asked(ended.signal)) {
      for (const cluster of ALL) given.beat(cluster);
    }
  })();
  await given.pass(20);
  assert.deepEqual(await given.said(), []);
  ended.abort();
  await answering;
});

describe('an operator', () => {
  test('drains a cluster: others answer, and it does where they can not', async (t) => {
    const given = await new Given(t).clusters();
    const { ask } = given.resolver();
    await given.pass(10, ...ALL);
    await given.operator({ kind: 'drained', cluster: 'east' });
    assert.equal(ask(WEB), '10.2.0.1');
    assert.equal(ask(DB), '10.1.0.2');
    await given.operator({ kind: 'restored', cluster: 'east' });
    assert.equal(ask(WEB), '10.1.0.1 10.2.0.1');
  });

  test('pins a Service: it stays as it was until it is unpinned', async (t) => {
    const given = await new Given(t).clusters();
    const { ask, metrics } = given.resolver();
    await given.pass(10, ...ALL);
    const of = { cluster: 'east', namespace: 'shop', name: 'db' };
    const objects = headless('db', '10.1.0.9');
    await given.operator({ kind: 'pinned', ...of, at: 1, objects });
    assert.equal(ask(DB), '10.1.0.9');
    const pins = /^isthmus_cluster_pinned_services\{cluster="(\w+)"\} (\d+)$/gm;
    const counted = [...(await metrics.text()).matchAll(pins)].map(([, ...pair]) => pair.join(' '));
    assert.deepEqual(counted.sort(), ['east 1', 'home 0', 'west 0']);
    assert.match(await metrics.text(), /^isthmus_control_position 1$/m);
    await given.changed('east', headless('db', '10.1.0.3'));
    assert.equal(ask(DB), '10.1.0.9');
    const later = given.resolver();
    assert.ok(later.control.waitingFor().includes('the control log'), 'it is not ready before');
    await given.pass(1);
    assert.deepEqual(later.control.waitingFor(), []);
    assert.equal(later.ask(DB), '10.1.0.9', 'for a resolver that begins later, too');
    await given.operator({ kind: 'unpinned', ...of });
    assert.equal(ask(DB), '10.1.0.3');
    assert.equal(later.ask(DB), '10.1.0.3');
  });

  test('is heard while resolvers judge: neither append is lost', async (t) => {
    const given = await new Given(t).clusters();
    const { ask } = given.resolver();
    await given.pass(10, ...ALL);
    await given.pass(28, 'home', 'west');
    await given.operator({ kind: 'drained', cluster: 'west' });
    await given.pass(5, 'home', 'west');
    assert.deepEqual(await given.said(), ['drained west', 'cluster-stale east']);
    assert.equal(ask(WEB), '10.1.0.1', 'stale comes before drained');
  });
});

test('metrics tell how each cluster stands, and how old it is', async (t) => {
  const given = await new Given(t).clusters();
  const { metrics } = given.resolver();
  const value = async (name: string, labels: string) =>
    (await metrics.text()).split('\n').find((line) => line.startsWith(`${name}{${labels}`));
  await given.pass(1);
  assert.match((await value('isthmus_cluster_age_seconds', 'cluster="east"')) ?? '', / 61$/);
  await given.pass(10, ...ALL);
  await given.pass(33, 'home', 'west');
  assert.match((await value('isthmus_cluster_age_seconds', 'cluster="east"')) ?? '', / 33$/);
  const stale = 'cluster="east",standing="stale"';
  assert.match((await value('isthmus_cluster_standing', stale)) ?? '', / 1$/);
  assert.match((await value('isthmus_cluster_drained', 'cluster="east"')) ?? '', / 0$/);
});
