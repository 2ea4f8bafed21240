/**
 * A burst of events goes into the table in slices: between two of them everybody else has a turn.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeEnvelope } from '../../../libs/event/codec.ts';
import type { Event } from '../../../libs/event/event.ts';
import { subjectOf } from '../../../libs/event/subject.ts';
import { federationConfig } from '../../../libs/federation/federation-layers.ts';
import type { Logs } from '../../../libs/log/log.ts';
import { createMemoryLogs } from '../../../libs/log/memory.ts';
import { createLog } from '../../../libs/telemetry/log.ts';
import { Metrics } from '../../../libs/telemetry/metrics.ts';
import { FederationControl } from './federation-control.ts';
import type { NameSink } from './name-sink.ts';

const CONFIG = federationConfig(
  {
    home: 'east',
    homeZone: 'cluster.local.',
    clustersetZone: undefined,
    reverseZones: ['in-addr.arpa.'],
    ttl: 5,
  },
  ['127.0.0.1'],
);
const BURST = 20_000;
/** Two names for each Service, one at itself, one at its address. */
const NAMES = 2 * BURST;
/**
 * A turn may fold 128 entries, which computes 64 groups, and compute 64 more that were waiting; the
 * zones are written as well.
 */
const PUTS_PER_TURN_MAX = 2 * 64 + 10;

test('between the slices of a burst others have a turn', async (t) => {
  const logs = createMemoryLogs();
  let perTurn = 0;
  let most = 0;
  const put = new Set<string>();
  const denying = new Set<string>();
  const sink: NameSink = {
    setZone: (zone, _soa, denies) => (denies ? denying.add(zone) : denying.delete(zone)),
    put: (_zone, name) => {
      put.add(name);
      most = Math.max(most, ++perTurn);
    },
    remove: () => {},
  };
  await appendBurst(logs);
  const control = new FederationControl({
    config: CONFIG,
    sink,
    logs,
    store: undefined,
    clusters: ['east'],
    log: createLog(() => {}),
    metrics: new Metrics(),
    random: Math.random,
  });
  t.after(() => control.stop());
  control.start();
  let turns = 0;
  while (!denying.has('cluster.local.')) {
    assert.ok(turns++ < NAMES, 'it comes to an end');
    perTurn = 0;
    await new Promise((done) => setImmediate(done));
  }
  assert.ok(put.size >= NAMES, `${put.size} names`);
  assert.ok(most <= PUTS_PER_TURN_MAX, `${most} names were put in one turn`);
  assert.ok(turns >= NAMES / PUTS_PER_TURN_MAX, `${turns} turns`);
});

async function appendBurst(logs: Logs): Promise<void> {
  const log = logs.open('east');
  const append = async (events: readonly Event[], position: number) => {
    const entries = events.map((event, i) => ({
      subject: subjectOf('default', 'east', event),
      data: encodeEnvelope({ event, observedAt: '2026-11-28T00:00:00Z', prev: 0 }),
      id: `${position + i}`,
    }));
    await log.append(position, entries);
  };
  await append(
    Array.from({ length: BURST }, (_, i) => serviceEvent(i)),
    0,
  );
  const synced = { writer: 'w', resourceVersions: {}, counts: {}, hash: '' };
  await append([{ kind: 'synced', ...synced }], BURST);
}

function serviceEvent(i: number): Event {
  const clusterIPs = [`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`];
  const name = `s${i}`;
  const object = { kind: 'Service', namespace: 'shop', name, type: 'ClusterIP' } as const;
  return { kind: 'observed', object: { ...object, clusterIPs, headless: false, ports: [] } };
}
