import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { hashOfKeys } from '../../libs/event/key-sum.ts';
import type { ClusterObject } from '../../libs/event/object.ts';
import { OBJECT_KINDS, refKey } from '../../libs/event/object.ts';
import { namespace, service } from './given-cluster.ts';
import { allEvents, fold } from './given-logs.ts';
import { Given, type RunningWatcher, relistAll, settled, until } from './given-watcher.ts';
import { CONFIRM_MS } from './holds.ts';

/** Histories that are tried: three seconds' worth. */
const RUNS = 60;

const object: fc.Arbitrary<ClusterObject> = fc.oneof(
  fc.constantFrom(namespace('shop'), namespace('bank')),
  fc
    .tuple(fc.constantFrom('web', 'cart', 'a.b'), fc.constantFrom(1, 2, 3))
    .map(([name, last]) => service(name, `10.0.0.${last}`)),
  fc.constantFrom('web-1', 'web-2').map((name) => ({
    kind: 'EndpointSlice' as const,
    namespace: 'shop',
    name,
    service: 'web',
    endpoints: [{ addresses: ['10.1.0.1'], ready: true }],
    ports: [],
  })),
);

/** So many that a list without them is held. */
const MANY = Array.from({ length: 25 }, (_, i) => service(`many-${i}`, `10.0.3.${i}`));

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('apply' as const), object }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('remove' as const), object }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('apply unseen' as const), object }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('remove unseen' as const), object }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('fill' as const, 'fill unseen' as const, 'wipe unseen' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('relist' as const, 'cut list' as const),
      of: fc.constantFrom(...OBJECT_KINDS),
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'wait' as const,
        'wait a tick' as const,
        'pause' as const,
        'long pause' as const,
        'operator releases' as const,
        'log down' as const,
        'lose answers' as const,
        'log up' as const,
        'hold appends' as const,
        'release appends' as const,
        'restart' as const,
        'kill' as const,
        'rival' as const,
        'log anew' as const,
      ),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

class History {
  readonly given = new Given();
  #watchers: RunningWatcher[] = [this.given.watcher()];

  async take(step: Step): Promise<void> {
    const { cluster, logs, clock } = this.given;
    switch (step.do) {
      case 'apply':
        return cluster.apply(step.object);
      case 'remove':
        return cluster.remove(step.object);
      case 'apply unseen':
        return cluster.applyUnseen(step.object);
      case 'remove unseen':
        cluster.removeUnseen(step.object);
        return;
      case 'fill':
        return cluster.apply(...MANY);
      case 'fill unseen':
        for (const each of MANY) cluster.applyUnseen(each);
        return;
      case 'wipe unseen':
        for (const each of MANY) cluster.removeUnseen(each);
        return;
      case 'relist':
        return cluster.relist(step.of);
      case 'cut list':
        return cluster.cutList(step.of, 1);
      case 'wait':
        return settled();
      case 'wait a tick':
        return setImmediate();
      case 'pause':
        return clock.advance(7000);
      case 'long pause':
        return clock.advance(CONFIRM_MS);
      case 'operator releases':
        // Not waited for, and nothing where the log can't be reached.
        void this.given.operatorReleases().catch(() => {});
        return;
      case 'log down':
        logs.isDown = true;
        return;
      case 'lose answers':
        logs.areAcksLost = true;
        return;
      case 'log up':
        logs.isDown = false;
        logs.areAcksLost = false;
        return;
      case 'hold appends':
        return logs.hold();
      case 'release appends':
        return logs.release();
      case 'restart': {
        logs.release();
        const last = this.#watchers.pop();
        await last?.stop();
        this.#watchers.push(this.given.watcher());
        return;
      }
      case 'kill': {
        // Not waited for: what it has on its way may still arrive, after its successor began.
        void this.#watchers.pop()?.stop();
        this.#watchers.push(this.given.watcher());
        return;
      }
      case 'rival':
        if (this.#watchers.length < 3) this.#watchers.push(this.given.watcher());
        return;
      case 'log anew':
        return logs.makeAnew();
    }
  }

  get isSynced(): boolean {
    return this.#watchers.some((watcher) => watcher.status().state === 'synced');
  }

  /** The trouble is over, the source lists everything, and all have time. */
  async calm(): Promise<void> {
    const { given } = this;
    await this.take({ do: 'log up' });
    await this.take({ do: 'release appends' });
    // Long enough for one that stands by for a dead writer.
    for (let i = 0; i < 8; i++) {
      await settled();
      given.clock.advance(7000);
    }
    // What lists lack is held for a minute, and for another when they lack more by then.
    for (let i = 0; i < 3; i++) {
      await settled();
      relistAll(given.cluster);
      await settled();
      given.clock.advance(CONFIRM_MS);
    }
    await settled();
    await until(() => this.isSynced, 'one of them is the writer');
    await settled();
  }
}

test('whatever happens, the fold of the log comes to be the state of the source', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const history = new History();
      const { given } = history;
      try {
        for (const each of steps) await history.take(each);
        await history.calm();
        const events = await allEvents(given.log);
        const byKey = (objects: ReadonlyMap<string, ClusterObject>) =>
          [...objects.values()].sort((a, b) => (refKey(a) < refKey(b) ? -1 : 1));
        assert.deepEqual(byKey(fold(events)), byKey(given.cluster.objects));
      } finally {
        given.end();
      }
    }),
    { numRuns: RUNS },
  );
});

test('whatever happens, the log is sound: prev points back, Synced counts what is there', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const history = new History();
      const { given } = history;
      try {
        for (const each of steps) await history.take(each);
        await history.calm();
        const events = await allEvents(given.log);
        const last = new Map<string, number>();
        for (const [i, { subject, position, prev, event }] of events.entries()) {
          assert.equal(prev, last.get(subject) ?? 0);
          last.set(subject, position);
          if (event.kind !== 'synced') continue;
          assert.equal(event.hash, hashOfKeys([...fold(events.slice(0, i)).keys()]));
        }
      } finally {
        given.end();
      }
    }),
    { numRuns: RUNS },
  );
});

/** What may happen within a minute, in which no removal is observed. */
const troubleStep = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'wipe unseen' as const,
        'wait' as const,
        'wait a tick' as const,
        'log down' as const,
        'lose answers' as const,
        'log up' as const,
        'hold appends' as const,
        'release appends' as const,
        'restart' as const,
        'kill' as const,
        'rival' as const,
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('relist' as const, 'cut list' as const),
      of: fc.constant('Service' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('apply' as const),
      object: fc.constantFrom(service('web', '10.0.0.1'), service('web', '10.0.0.2')),
    }),
  },
);

test('what is there again within a minute was never removed', async () => {
  const steps = fc.array(troubleStep, { maxLength: 40 });
  const pausesAfter = fc.uniqueArray(fc.nat(40), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(steps, pausesAfter, async (steps, pauses) => {
      const history = new History();
      const { given } = history;
      try {
        await history.take({ do: 'fill' });
        await until(() => history.isSynced, 'all is told');
        for (const [i, each] of steps.entries()) {
          await history.take(each);
          if (pauses.includes(i)) await history.take({ do: 'pause' });
        }
        await history.take({ do: 'fill unseen' });
        await history.calm();
        const events = await allEvents(given.log);
        const removed = events.filter(({ event }) => event.kind === 'removed');
        assert.deepEqual(removed, []);
        assert.equal(fold(events).size, given.cluster.objects.size);
      } finally {
        given.end();
      }
    }),
    { numRuns: RUNS },
  );
});
