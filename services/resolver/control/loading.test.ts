/**
 * A cluster that is read for the first time: its names are computed once, and answered meanwhile.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { encodeEnvelope } from '../../../libs/event/codec.ts';
import type { Event } from '../../../libs/event/event.ts';
import { subjectOf } from '../../../libs/event/subject.ts';
import { federationConfig } from '../../../libs/federation/federation-layers.ts';
import type { StoredEntry } from '../../../libs/log/log.ts';
import { FederationView } from './federation-view.ts';
import type { NameSink } from './name-sink.ts';

const ZONE = 'cluster.local.';
const CONFIG = federationConfig(
  {
    home: 'east',
    homeZone: ZONE,
    clustersetZone: undefined,
    reverseZones: [],
    ttl: 5,
  },
  [],
);
const SYNCED: Event = { kind: 'synced', writer: 'w', resourceVersions: {}, counts: {}, hash: '' };
/** More than one slice computes. */
const SERVICES = 300;

test('a Service and its slice, far apart in the log, are computed once', async (t) => {
  const { view, puts, denies } = loadingView(t);
  const numbers = Array.from({ length: SERVICES }, (_, i) => i);
  view.caughtUp('east');
  view.apply('east', numbers.map(service).map(entry));
  view.apply('east', numbers.map(slice).map(entry));
  assert.equal(puts.get('web-7.shop.svc.cluster.local.'), undefined);
  const { kind } = view.lookup('web-7.shop.svc.cluster.local.', 'A');
  assert.equal(kind, 'answer', 'it is answered from the state');
  view.apply('east', [entry(SYNCED)]);
  assert.ok(!denies(), 'names are still to be put');
  assert.equal(view.lookup('bank.svc.cluster.local.', 'A').kind, 'unready');
  while (!denies()) await setImmediate();
  for (const i of numbers) assert.equal(puts.get(`web-${i}.shop.svc.cluster.local.`), 1);
});

test('where no Synced comes, names are put after a pause', async (t) => {
  const { view, puts, denies } = loadingView(t);
  view.caughtUp('east');
  view.apply(
    'east',
    Array.from({ length: SERVICES }, (_, i) => entry(service(i))),
  );
  assert.equal(puts.get('web-0.shop.svc.cluster.local.'), undefined);
  while (puts.get(`web-${SERVICES - 1}.shop.svc.cluster.local.`) === undefined) await pause();
  assert.ok(!denies());
});

test('a single change of a cluster without Synced is put at once', (t) => {
  const { view, puts } = loadingView(t);
  view.caughtUp('east');
  view.apply('east', [entry(service(1))]);
  assert.equal(puts.get('web-1.shop.svc.cluster.local.'), 1);
});

function loadingView(t: { after(end: () => void): void }) {
  const puts = new Map<string, number>();
  const denying = new Set<string>();
  const sink: NameSink = {
    setZone: (zone, _soa, denies) => (denies ? denying.add(zone) : denying.delete(zone)),
    put: (_zone, name) => puts.set(name, (puts.get(name) ?? 0) + 1),
    remove: () => {},
  };
  const view = new FederationView(CONFIG, sink, () => {});
  t.after(() => view.stop());
  view.join('east');
  return { view, puts, denies: () => denying.has(ZONE) };
}

/** Timers of ours have their turn. */
function pause(): Promise<void> {
  return new Promise((done) => setTimeout(done, 1));
}

let position = 0;
function entry(event: Event): StoredEntry {
  const data = encodeEnvelope({ event, observedAt: '2026-11-28T00:00:00Z', prev: 0 });
  return { position: ++position, subject: subjectOf('default', 'east', event), data };
}

function service(i: number): Event {
  const object = {
    kind: 'Service',
    namespace: 'shop',
    name: `web-${i}`,
    type: 'ClusterIP',
  } as const;
  const clusterIPs = [`10.0.${i >> 8}.${i & 255}`];
  return { kind: 'observed', object: { ...object, clusterIPs, headless: false, ports: [] } };
}

function slice(i: number): Event {
  const object = { kind: 'EndpointSlice', namespace: 'shop', name: `web-${i}-1` } as const;
  const addresses = [`10.1.${i >> 8}.${i & 255}`];
  const endpoints = [{ addresses, ready: true }];
  return { kind: 'observed', object: { ...object, service: `web-${i}`, endpoints, ports: [] } };
}
