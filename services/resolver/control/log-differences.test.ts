/** A client that has a serial of before this process began, told what changed since. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { SYSTEM_CLOCK } from '../../../libs/clock/clock.ts';
import { formatRecord } from '../../../libs/dns/presentation.ts';
import type { RR } from '../../../libs/dns/rrset.ts';
import { encodeEnvelope } from '../../../libs/event/codec.ts';
import type { Event } from '../../../libs/event/event.ts';
import type { ServiceObject } from '../../../libs/event/object.ts';
import { subjectOf } from '../../../libs/event/subject.ts';
import { federationConfig } from '../../../libs/federation/federation-layers.ts';
import { HISTORY_PER_SUBJECT } from '../../../libs/log/log.ts';
import { createMemoryLogs } from '../../../libs/log/memory.ts';
import { SILENT } from '../../../libs/telemetry/log.ts';
import { ZoneContents } from '../../../libs/transfer/zone-contents.ts';
import { FederationView } from './federation-view.ts';
import { followCluster } from './follow-cluster.ts';
import { withLog } from './log-differences.ts';
import type { NameSink } from './name-sink.ts';
import { Turns } from './turns.ts';

const ZONE = 'cluster.local.';
const CONFIG = federationConfig(
  { home: 'east', homeZone: ZONE, clustersetZone: undefined, reverseZones: [], ttl: 5 },
  ['192.0.2.53'],
);
const SYNCED: Event = {
  kind: 'synced',
  writer: 'w',
  resourceVersions: {},
  counts: { Service: 0 },
  hash: '',
};

const service = (name: string, address: string): ServiceObject => ({
  kind: 'Service',
  namespace: 'shop',
  name,
  type: 'ClusterIP',
  clusterIPs: [address],
  headless: false,
  ports: [],
});
const observed = (name: string, address: string): Event => ({
  kind: 'observed',
  object: service(name, address),
});
const removed = (name: string): Event => ({
  kind: 'removed',
  ref: { kind: 'Service', namespace: 'shop', name },
});

/** A log, as a watcher writes it: each entry names the one before of its subject. */
class GivenLog {
  readonly log = createMemoryLogs().open('east');
  readonly #last = new Map<string, number>();
  #ids = 0;

  async tell(...events: readonly Event[]): Promise<number> {
    for (const event of events) {
      const { position } = await this.log.head();
      const subject = subjectOf('default', 'east', event);
      const prev = this.#last.get(subject) ?? 0;
      const data = encodeEnvelope({ event, observedAt: '2026-11-28T00:00:00Z', prev });
      await this.log.append(position, [{ subject, data, id: `${++this.#ids}` }]);
      this.#last.set(subject, position + 1);
    }
    return (await this.log.head()).position;
  }
}

/** A resolver that begins now: what it hands out, and how it is told of what comes. */
async function begins({ log }: GivenLog, since = 0) {
  const contents = new ZoneContents([ZONE]);
  const sealed = Promise.withResolvers<void>();
  const abort = new AbortController();
  const { position } = await log.head();
  const sink: NameSink = {
    setZone: () => {},
    put: (zone, name, names) => contents.put(zone, name, names.get(name) ?? []),
    remove: (zone, name) => contents.remove(zone, name),
    settle: (zone, soa) => {
      contents.setZone(zone, soa, true);
      if (soa.rdata.includes(` ${position} `)) sealed.resolve();
    },
  };
  const view = new FederationView(CONFIG, sink, (_cluster, why) => assert.fail(why));
  view.join('east');
  view.allJoined();
  const { signal } = abort;
  const options = {
    eventLog: log,
    view,
    store: undefined,
    projector: undefined,
    snapshots: undefined,
    loads: new Turns({ atOnce: 1, atMostMs: 1000, clock: SYSTEM_CLOCK }),
    log: SILENT,
  };
  const following = followCluster({ ...options, signal });
  await sealed.promise;
  const inner = contents.source(ZONE);
  const state = view.states.get('east');
  assert.ok(inner !== undefined && state !== undefined);
  const from = { config: CONFIG, states: view.states, state, eventLog: log };
  const stop = async () => {
    abort.abort();
    view.stop();
    await following;
  };
  const source = withLog(
    inner,
    () => from,
    () => since,
  );
  return { source, stop };
}

const textsOf = (records: Iterable<RR>) => [...records].map(formatRecord).sort();

/** What changed since, as zone-file text with the sign of a diff; the word for none. */
async function changesSince(
  given: GivenLog,
  serial: number,
  servedSince = 0,
): Promise<readonly string[] | string> {
  const { source, stop } = await begins(given, servedSince);
  const [difference] = (await source.differencesFromLog?.(serial)) ?? [];
  await stop();
  if (difference === undefined) return 'the whole zone';
  const { removed: gone, added } = difference;
  return [
    ...textsOf(gone).map((text) => `- ${text}`),
    ...textsOf(added).map((text) => `+ ${text}`),
  ];
}

describe('what changed since a serial, of a resolver that began later', () => {
  const name = (service: string) => `${service}.shop.svc.${ZONE}`;

  test('is what came, changed and went', async () => {
    const given = new GivenLog();
    const serial = await given.tell(observed('a', '10.0.0.1'), observed('b', '10.0.0.2'), SYNCED);
    await given.tell(observed('c', '10.0.0.3'), observed('b', '10.0.0.9'), removed('a'), SYNCED);
    assert.deepEqual(await changesSince(given, serial), [
      `- ${name('a')} 5 IN A 10.0.0.1`,
      `- ${name('b')} 5 IN A 10.0.0.2`,
      `+ ${name('b')} 5 IN A 10.0.0.9`,
      `+ ${name('c')} 5 IN A 10.0.0.3`,
    ]);
  });

  test('is nothing where a watcher only began anew', async () => {
    const given = new GivenLog();
    const serial = await given.tell(observed('a', '10.0.0.1'), SYNCED);
    await given.tell(SYNCED);
    assert.deepEqual(await changesSince(given, serial), []);
  });

  test('is the whole zone where history has lost what was before', async () => {
    const given = new GivenLog();
    const serial = await given.tell(observed('a', '10.0.0.1'), SYNCED);
    for (let i = 0; i <= HISTORY_PER_SUBJECT; i++) {
      await given.tell(observed('a', `10.0.1.${i}`));
    }
    assert.equal(await changesSince(given, serial), 'the whole zone');
  });

  test('is the whole zone for a serial that may be of other options', async () => {
    const given = new GivenLog();
    const serial = await given.tell(observed('a', '10.0.0.1'), SYNCED);
    await given.tell(SYNCED);
    assert.equal(await changesSince(given, serial, serial), 'the whole zone');
    assert.deepEqual(await changesSince(given, serial, serial - 1), []);
  });

  test('is the whole zone also for the serial that this process begins with', async () => {
    const given = new GivenLog();
    const serial = await given.tell(observed('a', '10.0.0.1'), SYNCED);
    for (const [since, known] of [
      [serial, undefined],
      [serial - 1, []],
    ] as const) {
      const { source, stop } = await begins(given, since);
      assert.deepEqual(source.differencesSince(serial), known);
      await stop();
    }
  });

  test('is the whole zone for a serial that is yet to come', async () => {
    const given = new GivenLog();
    const serial = await given.tell(observed('a', '10.0.0.1'), SYNCED);
    assert.equal(await changesSince(given, serial + 1), 'the whole zone');
  });
});

test('whatever happened, the changes make of the zone then the zone now', async () => {
  const names = fc.constantFrom('a', 'b', 'c');
  const events = fc.oneof(
    fc.tuple(names, fc.nat({ max: 3 })).map(([name, i]) => observed(name, `10.0.0.${i}`)),
    names.map(removed),
    fc.constant(SYNCED),
  );
  const histories = fc.array(events, { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(histories, histories, async (before, after) => {
      const given = new GivenLog();
      const serial = await given.tell(...before, SYNCED);
      const first = await begins(given);
      const zone = new Set(textsOf(first.source.records()));
      await first.stop();
      await given.tell(...after, SYNCED);
      const second = await begins(given);
      const differences = await second.source.differencesFromLog?.(serial);
      assert.ok(differences !== undefined);
      for (const { removed: gone, added } of differences) {
        for (const text of textsOf(gone)) assert.ok(zone.delete(text), `${text} was there`);
        for (const text of textsOf(added)) zone.add(text);
      }
      assert.deepEqual([...zone].sort(), textsOf(second.source.records()));
      await second.stop();
    }),
    { numRuns: 100 },
  );
});
