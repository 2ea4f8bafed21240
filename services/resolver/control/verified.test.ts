/** A resolver that has read something else than the watcher told. */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { encodeEnvelope } from '../../../libs/event/codec.ts';
import type { Event, Synced } from '../../../libs/event/event.ts';
import { KeyTally } from '../../../libs/event/key-sum.ts';
import type { ServiceObject } from '../../../libs/event/object.ts';
import { subjectOf } from '../../../libs/event/subject.ts';
import { federationConfig } from '../../../libs/federation/federation-layers.ts';
import type { Entry, EventLog } from '../../../libs/log/log.ts';
import { createMemoryLogs } from '../../../libs/log/memory.ts';
import { MemoryStore } from '../../../libs/store/memory.ts';
import type { FactStore } from '../../../libs/store/store.ts';
import { createLog } from '../../../libs/telemetry/log.ts';
import { Metrics } from '../../../libs/telemetry/metrics.ts';
import { FederationControl } from './federation-control.ts';

const CONFIG = federationConfig(
  { home: 'east', homeZone: 'cluster.local.', clustersetZone: undefined, reverseZones: [], ttl: 5 },
  [],
);
const WEB = 'web.shop.svc.cluster.local.';
const CART = 'cart.shop.svc.cluster.local.';
const NOPE = 'nope.shop.svc.cluster.local.';

const service = (name: string): ServiceObject => ({
  kind: 'Service',
  namespace: 'shop',
  name,
  type: 'ClusterIP',
  clusterIPs: ['10.0.0.1'],
  headless: false,
  ports: [],
});
const observed = (name: string): Event => ({ kind: 'observed', object: service(name) });

function synced(...names: readonly string[]): Synced {
  const tally = new KeyTally();
  for (const name of names) tally.add(service(name));
  return { kind: 'synced', writer: 'w', resourceVersions: {}, ...tally.of(['Service']) };
}

let ids = 0;
function entryOf(event: Event): Entry {
  return {
    subject: subjectOf('default', 'east', event),
    data: encodeEnvelope({ event, observedAt: '2026-11-28T00:00:00Z', prev: 0 }),
    id: `${++ids}`,
  };
}

async function append(log: EventLog, ...events: readonly Event[]): Promise<void> {
  const { position } = await log.head();
  await log.append(position, events.map(entryOf));
}

const controls: FederationControl[] = [];
afterEach(async () => {
  for (const control of controls.splice(0)) await control.stop();
});

function start(log: EventLog, store?: FactStore) {
  const lines: string[] = [];
  const metrics = new Metrics();
  const control = new FederationControl({
    config: CONFIG,
    sink: { setZone: () => {}, put: () => {}, remove: () => {} },
    logs: { ...createMemoryLogs(), open: () => log, clusters: async () => ['east'] },
    store,
    clusters: ['east'],
    log: createLog((line) => lines.push(line)),
    metrics,
    random: Math.random,
  });
  controls.push(control);
  control.start();
  const ask = (name: string) => control.lookup(name, 'A').kind;
  const unverified = async () => /unverified\{[^}]*\} (\d)/.exec(await metrics.text())?.[1];
  return { ask, lines, unverified };
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

test('a store that lacks an object is found out by the next Synced, and filled anew', async () => {
  const log = createMemoryLogs().open('east');
  await append(log, observed('web'), observed('cart'), synced('web', 'cart'));
  const store = new MemoryStore();
  const entry = { ...entryOf(observed('web')), position: 1 };
  await store.advance('east', undefined, await log.head(), [
    entry,
    { ...entryOf(synced('web', 'cart')), position: 3 },
  ]);
  const { ask, lines, unverified } = start(log, store);
  await until(() => ask(NOPE) === 'nxdomain', 'the store is read');
  assert.equal(ask(CART), 'nxdomain');
  await append(log, synced('web', 'cart'));
  await until(() => ask(CART) === 'answer', 'the log is read anew');
  await until(() => ask(NOPE) === 'nxdomain', 'all is known');
  assert.deepEqual(
    lines.filter((line) => line.includes('read anew')),
    [
      '[WARNING] cluster east: what was read is not what its watcher says: ' +
        'Service 1, expected 2; the log is read anew',
    ],
  );
  assert.equal(await unverified(), '0');
  let facts = 0;
  const count = async () => {
    facts = (await store.read('east'))?.facts.size ?? 0;
  };
  await until(() => {
    void count();
    return facts === 3;
  }, 'the store has it too');
});

test('while nobody can find what the watcher says, nothing is denied', async () => {
  const log = createMemoryLogs().open('east');
  await append(log, observed('web'), synced('web', 'cart'));
  const { ask, lines, unverified } = start(log);
  await until(() => lines.some((line) => /nothing is denied/.test(line)), 'it was read twice');
  assert.equal(ask(WEB), 'answer');
  assert.equal(ask(NOPE), 'unready');
  assert.equal(await unverified(), '1');
  assert.equal(lines.filter((line) => /is not what its watcher says/.test(line)).length, 2);
  await append(log, synced('web'));
  await until(() => ask(NOPE) === 'nxdomain', 'they agree');
  assert.equal(await unverified(), '0');
});

test('a Synced that agrees, and one that changes have followed, cost nothing', async () => {
  const log = createMemoryLogs().open('east');
  await append(log, observed('web'), synced('web'), observed('cart'));
  const { ask, lines } = start(log);
  await until(() => ask(NOPE) === 'nxdomain', 'all is known');
  await append(log, synced('web', 'cart'), observed('search'), synced('web', 'cart', 'search'));
  await until(() => ask('search.shop.svc.cluster.local.') === 'answer', 'it is read');
  assert.equal(ask(NOPE), 'nxdomain');
  assert.deepEqual(lines, []);
});
