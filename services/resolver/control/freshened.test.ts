import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Clock, SYSTEM_CLOCK } from '../../../libs/clock/clock.ts';
import { GivenClock } from '../../../libs/clock/given-clock.ts';
import { encodeEnvelope } from '../../../libs/event/codec.ts';
import type { Event } from '../../../libs/event/event.ts';
import type { ServiceObject } from '../../../libs/event/object.ts';
import { subjectOf } from '../../../libs/event/subject.ts';
import type { EventLog } from '../../../libs/log/log.ts';
import { createMemoryLogs } from '../../../libs/log/memory.ts';
import type { FactSnapshot } from '../../../libs/store/store.ts';
import { SILENT } from '../../../libs/telemetry/log.ts';
import { DiskSnapshots } from './disk-snapshots.ts';
import { FRESH_WITHIN_MS, freshened } from './freshened.ts';

const service = (name: string, address: string): ServiceObject => ({
  kind: 'Service',
  namespace: 'shop',
  name,
  type: 'ClusterIP',
  headless: false,
  publishNotReadyAddresses: false,
  clusterIPs: [address],
  ports: [],
});

/** A log with web and db, which was kept then; what is told later is not on the disk. */
async function given(clock: Clock = SYSTEM_CLOCK) {
  const eventLog = createMemoryLogs().open('east');
  let ids = 0;
  const tell = async (event: Event) => {
    const { position } = await eventLog.head();
    const data = encodeEnvelope({ event, observedAt: new Date(0).toISOString(), prev: 0 });
    const subject = subjectOf('default', 'east', event);
    await eventLog.append(position, [{ subject, data, id: `${++ids}` }]);
    return { subject, data };
  };
  const all = [
    await tell({ kind: 'observed', object: service('web', '10.96.0.1') }),
    await tell({ kind: 'observed', object: service('db', '10.96.0.2') }),
  ];
  const facts = new Map(all.map(({ subject, data }) => [subject, data]));
  const kept: FactSnapshot = { head: await eventLog.head(), facts };
  const files = {
    read: async () => ({ kind: 'snapshot', snapshot: kept }) as const,
    write: async () => {},
    names: async () => [],
    remove: async () => {},
  };
  const snapshots = new DiskSnapshots({ directory: '', log: SILENT, files, clock });
  const { signal } = new AbortController();
  return { eventLog, tell, kept, read: () => snapshots.readFresh(eventLog, signal) };
}

test('what was kept comes with what the log says since', async () => {
  const { tell, read } = await given();
  const web = await tell({ kind: 'observed', object: service('web', '10.96.0.9') });
  const ref = { kind: 'Service', namespace: 'shop', name: 'db' } as const;
  await tell({ kind: 'removed', ref });
  const snapshot = await read();
  assert.equal(snapshot?.head.position, 4);
  assert.deepEqual([...(snapshot?.facts ?? [])], [[web.subject, web.data]]);
});

test('a log that is away is not waited for, the second time not at all', async () => {
  const waited: number[] = [];
  const clock: Clock = {
    ...SYSTEM_CLOCK,
    after(durationMs, call) {
      waited.push(durationMs);
      call();
      return { cancel: () => {} };
    },
  };
  const { tell, read, kept } = await given(clock);
  await tell({ kind: 'observed', object: service('web', '10.96.0.9') });
  assert.deepEqual(await read(), kept);
  assert.deepEqual(await read(), kept);
  assert.deepEqual(waited, [FRESH_WITHIN_MS]);
});

test('a log that is asked and does not answer is not waited for', async () => {
  const { eventLog, kept } = await given();
  const asked = Promise.withResolvers<void>();
  const hanging: EventLog = Object.assign(Object.create(eventLog), {
    async *read() {
      asked.resolve();
      yield* [];
      await new Promise(() => {});
    },
  });
  const clock = new GivenClock();
  const { signal } = new AbortController();
  const fresh = freshened(kept, hanging, clock, signal);
  await asked.promise;
  clock.advance(FRESH_WITHIN_MS);
  assert.deepEqual(await fresh, { snapshot: kept, isFresh: false });
});
