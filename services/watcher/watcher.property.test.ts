import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import type { ClusterObject } from '../../libs/event/object.ts';
import { OBJECT_KINDS, refKey } from '../../libs/event/object.ts';
import { hashOfKeys } from './fact-hash.ts';
import { namespace, service } from './given-cluster.ts';
import { allEvents, fold } from './given-logs.ts';
import { Given, type RunningWatcher, relistAll, settled, until } from './given-watcher.ts';

/** Histories that are tried: a second's worth. */
const RUNS = 150;

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

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('apply' as const), object }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('remove' as const), object }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('apply unseen' as const), object }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('remove unseen' as const), object }) },
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
    await settled();
    relistAll(given.cluster);
    await settled();
    const isWriter = (watcher: RunningWatcher) => watcher.status().state === 'synced';
    await until(() => this.#watchers.some(isWriter), 'one of them is the writer');
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
