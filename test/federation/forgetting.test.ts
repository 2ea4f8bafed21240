/**
 * Invariant 8 with a log that forgets: whoever goes on from what he kept, from before or after
 * something was forgotten, comes to the state of a replay, and what is gone never rises again.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { SYSTEM_CLOCK } from '../../libs/clock/clock.ts';
import { decodeEntry, isRemoval } from '../../libs/event/codec.ts';
import type { ClusterObject } from '../../libs/event/object.ts';
import type { EventLog, Head, ReadFrom } from '../../libs/log/log.ts';
import { MemoryStore } from '../../libs/store/memory.ts';
import { SILENT } from '../../libs/telemetry/log.ts';
import { StoreProjector } from '../../services/resolver/control/store-projector.ts';
import { Turns } from '../../services/resolver/control/turns.ts';
import { service } from '../../services/watcher/given-cluster.ts';
import { Given, settled } from '../../services/watcher/given-watcher.ts';
import { FORGET_AFTER_MS } from '../../services/watcher/gone.ts';

/** What somebody kept of the log: the last entry of each subject, at a place. */
interface Kept {
  readonly head: Head;
  readonly facts: ReadonlyMap<string, Uint8Array>;
}

/** Reads to the end, from what was kept, as resolvers do. */
async function read(log: EventLog, kept: Kept | undefined): Promise<Kept> {
  const { incarnation } = await log.head();
  const from: ReadFrom =
    kept === undefined ? { kind: 'last-per-subject' } : { kind: 'after', head: kept.head };
  const facts = new Map(kept?.facts);
  const ended = new AbortController();
  for await (const delivery of log.read(from, ended.signal)) {
    if (delivery.kind === 'restarted') facts.clear();
    if (delivery.kind === 'caught-up') {
      ended.abort();
      return { head: { incarnation, position: delivery.position }, facts };
    }
    if (delivery.kind !== 'entries') continue;
    for (const { subject, data } of delivery.entries) {
      if (isRemoval(data)) facts.delete(subject);
      else facts.set(subject, data);
    }
  }
  throw new Error('reading has ended');
}

/** A resolver that starts from the store, reads the log to its end, and leaves the store so. */
async function project(log: EventLog, store: MemoryStore): Promise<void> {
  const ended = new AbortController();
  const { signal } = ended;
  const clock = SYSTEM_CLOCK;
  const turns = new Turns({ atOnce: 1, atMostMs: 1000, clock });
  const options = { eventLog: log, store, log: SILENT, random: () => 0, clock, turns, signal };
  const projector = new StoreProjector(options);
  const kept = await store.read('east');
  if (kept !== undefined) projector.startAt(kept.head);
  const { position } = await log.head();
  const from: ReadFrom =
    kept === undefined ? { kind: 'last-per-subject' } : { kind: 'after', head: kept.head };
  for await (const delivery of log.read(from, signal)) {
    if (delivery.kind === 'entries') projector.offer(delivery.entries);
    if (delivery.kind === 'restarted') projector.restarted(delivery.head);
    if (delivery.kind !== 'caught-up') continue;
    projector.caughtUp();
    while (((await store.head('east'))?.position ?? 0) < position) await setImmediate();
    ended.abort();
  }
}

/** The Services that it has, in words. */
function services({ facts }: Pick<Kept, 'facts'>): readonly string[] {
  const objects = [...facts.values()].flatMap((data) => {
    const decoded = decodeEntry(data);
    if (decoded.kind !== 'event' || decoded.envelope.event.kind !== 'observed') return [];
    return inWords(decoded.envelope.event.object);
  });
  return objects.sort();
}

function inWords(object: ClusterObject): readonly string[] {
  return object.kind === 'Service' ? [`${object.name} ${object.clusterIPs.join()}`] : [];
}

const NAMES = ['a', 'b'] as const;
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('apply' as const),
      name: fc.constantFrom(...NAMES),
      ip: fc.constantFrom('10.0.0.1', '10.0.0.2'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('remove' as const), name: fc.constantFrom(...NAMES) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'a day passes' as const,
        'somebody keeps it' as const,
        'the store keeps it' as const,
        'the watcher restarts' as const,
      ),
    }),
  },
);

test('who goes on from what he kept has what a replay has, whatever was forgotten', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 10, maxLength: 40, size: 'max' }),
      async (steps) => {
        const given = new Given();
        let watcher = await given.syncedWatcher();
        const kept: Kept[] = [];
        const store = new MemoryStore();
        for (const one of steps) {
          switch (one.do) {
            case 'apply':
              given.cluster.apply(service(one.name, one.ip));
              break;
            case 'remove':
              given.cluster.remove(service(one.name, ''));
              break;
            case 'a day passes':
              given.clock.advance(FORGET_AFTER_MS);
              for (let i = 0; i < 3; i++) {
                given.clock.advance(60_000);
                await settled();
              }
              break;
            case 'somebody keeps it':
              kept.push(await read(given.log, undefined));
              break;
            case 'the store keeps it':
              await project(given.log, store);
              break;
            case 'the watcher restarts':
              await watcher.stop();
              watcher = await given.syncedWatcher();
          }
          await settled();
        }
        const there = [...given.cluster.objects.values()];
        const expected = there.flatMap(inWords).sort();
        assert.deepEqual(services(await read(given.log, undefined)), expected);
        for (const one of kept) assert.deepEqual(services(await read(given.log, one)), expected);
        await project(given.log, store);
        const stored = await store.read('east');
        assert.deepEqual(stored && services(stored), expected);
        given.end();
      },
    ),
    { numRuns: 50 },
  );
});
