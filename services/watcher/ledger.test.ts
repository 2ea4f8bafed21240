import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SYSTEM_CLOCK } from '../../libs/clock/clock.ts';
import { GivenClock } from '../../libs/clock/given-clock.ts';
import { encodeEnvelope } from '../../libs/event/codec.ts';
import type { Event } from '../../libs/event/event.ts';
import type { ServiceObject } from '../../libs/event/object.ts';
import { factHash } from './fact-hash.ts';
import { namespace, service } from './given-cluster.ts';
import { CONFIRM_MS } from './holds.ts';
import { Ledger } from './ledger.ts';

const WEB = service('web', '10.0.0.1');

/** A ledger that has read these events from its log. */
function ledgerOf(...events: readonly Event[]): Ledger {
  const ledger = new Ledger('demo', 'east', new GivenClock());
  events.forEach((event, i) => {
    read(ledger, event, i + 1);
  });
  return ledger;
}

function read(ledger: Ledger, event: Event, position: number): void {
  const data = encodeEnvelope({ event, observedAt: '2026-03-01T03:12:00Z', prev: 0 });
  ledger.read({ subject: ledger.subject(event), data, position });
}

test('what the log says already is not worth telling', () => {
  const ledger = ledgerOf({ kind: 'observed', object: WEB });
  assert.deepEqual(ledger.observe({ kind: 'found', object: WEB }), []);
});

test('until the source has spoken of a kind, its objects are those of the log', () => {
  const ledger = ledgerOf(
    { kind: 'observed', object: WEB },
    { kind: 'observed', object: namespace('shop') },
    { kind: 'removed', ref: { kind: 'Namespace', namespace: '', name: 'bank' } },
  );
  assert.deepEqual(ledger.counts(), { Service: 1, Namespace: 1 });
  ledger.observe({ kind: 'listing', of: 'Service' });
  ledger.observe({ kind: 'listed', of: 'Service', resourceVersion: '7' });
  assert.deepEqual(ledger.counts(), { Service: 0, Namespace: 1 });
});

test('what another writer said against the source is worth telling when the source says it again', () => {
  const ledger = ledgerOf();
  ledger.observe({ kind: 'found', object: WEB });
  read(ledger, { kind: 'observed', object: WEB }, 1);
  read(ledger, { kind: 'removed', ref: WEB }, 2);
  assert.equal(ledger.observe({ kind: 'found', object: WEB }).length, 1);
});

test('an object of which a removal is observed in the middle of a list is gone', () => {
  const ledger = ledgerOf({ kind: 'observed', object: WEB });
  const changes = [
    ...ledger.observe({ kind: 'listing', of: 'Service' }),
    ...ledger.observe({ kind: 'found', object: WEB }),
    ...ledger.observe({ kind: 'gone', ref: WEB }),
    ...ledger.observe({ kind: 'listed', of: 'Service', resourceVersion: '7' }),
  ];
  assert.deepEqual(
    changes.map((change) => change.kind === 'object' && change.event.kind),
    ['removed'],
  );
});

test('a kind that may not be listed holds back Synced only if the cluster zone needs it', () => {
  const kinds = ['Namespace', 'EndpointSlice', 'ServiceExport', 'ServiceImport'] as const;
  const ledger = ledgerOf();
  ledger.observe({ kind: 'unwatched', of: 'Pod' });
  for (const of of kinds) {
    ledger.observe({ kind: 'listing', of });
    ledger.observe({ kind: 'listed', of, resourceVersion: '' });
  }
  assert.deepEqual(ledger.observe({ kind: 'trouble', of: 'Node', why: 'forbidden' }), []);
  assert.deepEqual(ledger.observe({ kind: 'trouble', of: 'Service', why: 'forbidden' }), []);
  ledger.observe({ kind: 'listing', of: 'Service' });
  const changes = ledger.observe({ kind: 'listed', of: 'Service', resourceVersion: '' });
  assert.deepEqual(
    changes.map(({ kind }) => kind),
    ['synced'],
  );
  // It does not speak of what it does not know.
  assert.deepEqual(Object.keys(ledger.syncedEvent('me').counts).includes('Node'), false);
});

test('what Synced spoke of is not left out of the next one while the cluster just starts', () => {
  const kinds = ['Namespace', 'Service', 'EndpointSlice', 'Node', 'ServiceImport'] as const;
  const counts = { ...Object.fromEntries(kinds.map((of) => [of, 0])), ServiceExport: 1 };
  const writer = 'before';
  const ledger = ledgerOf({ kind: 'synced', writer, resourceVersions: {}, counts, hash: '' });
  ledger.observe({ kind: 'unwatched', of: 'Pod' });
  for (const of of kinds) {
    ledger.observe({ kind: 'listing', of });
    ledger.observe({ kind: 'listed', of, resourceVersion: '' });
  }
  const trouble = { kind: 'trouble', of: 'ServiceExport', why: '503' } as const;
  assert.deepEqual(ledger.observe({ ...trouble, isPassing: true }), []);
  const synced = ledger.observe({ ...trouble, why: 'forbidden' });
  assert.deepEqual(
    synced.map(({ kind }) => kind),
    ['synced'],
  );
});

test('two facts have the same hash when they say the same', () => {
  const { kind, namespace: in_, name, ...rest } = WEB;
  const otherOrder: ServiceObject = { ...rest, name, namespace: in_, kind };
  assert.equal(factHash(otherOrder), factHash(WEB));
  assert.notEqual(factHash({ ...WEB, clusterIPs: ['10.0.0.2'] }), factHash(WEB));
  const slice = {
    kind: 'EndpointSlice',
    namespace: 'shop',
    name: 'web-1',
    service: 'web',
    endpoints: [],
    ports: [],
  } as const;
  assert.equal(factHash({ ...slice, triggeredAt: '2026-03-01T03:12:00Z' }), factHash(slice));
});

test('a wall clock that is set confirms no removal, and keeps none from being confirmed', () => {
  const time = { wallMs: 0, elapsedMs: 0 };
  const ledger = new Ledger('demo', 'east', {
    ...SYSTEM_CLOCK,
    nowMs: () => time.wallMs,
    elapsedMs: () => time.elapsedMs,
  });
  const listed = (...objects: readonly ServiceObject[]) => {
    ledger.observe({ kind: 'listing', of: 'Service' });
    for (const object of objects) ledger.observe({ kind: 'found', object });
    ledger.observe({ kind: 'listed', of: 'Service', resourceVersion: '7' });
    return ledger.counts().Service;
  };
  listed(...Array.from({ length: 20 }, (_, i) => service(`web-${i}`, `10.0.1.${i}`)));
  assert.equal(listed(), 20, 'held');
  time.wallMs = 2 * CONFIRM_MS;
  assert.equal(listed(), 20, 'a minute has not passed');
  time.wallMs = -2 * CONFIRM_MS;
  time.elapsedMs = CONFIRM_MS;
  assert.equal(listed(), 0);
});
