import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namespace, service } from './given-cluster.ts';
import { Given, settled, until } from './given-watcher.ts';
import { releaseRemovals } from './release.ts';

/** A watcher that holds back the removal of 30 Services. */
async function givenHolding(given: Given) {
  given.cluster.apply(namespace('shop'));
  const services = Array.from({ length: 30 }, (_, i) => service(`web-${i}`, `10.0.1.${i}`));
  given.cluster.apply(...services);
  const watcher = await given.syncedWatcher();
  for (const one of services) given.cluster.removeUnseen(one);
  given.cluster.relist('Service');
  await settled();
  return watcher;
}

function release({ log, clock }: Given) {
  const { signal } = new AbortController();
  return releaseRemovals({ federation: 'demo', log, nowMs: clock.nowMs(), id: 'word-1', signal });
}

test('says what it released, and the watcher tells it', async (t) => {
  const given = new Given(t);
  const watcher = await givenHolding(given);
  const outcome = await release(given);
  assert.deepEqual(outcome, {
    kind: 'released',
    held: { kind: 'removals-held', count: 30, of: 30 },
    position: (await given.log.head()).position,
  });
  given.clock.advance(5000);
  await until(() => watcher.status().state === 'synced', 'the word is heard');
  assert.ok((await given.told()).includes('-Service/shop/web-29'));
});

test('appends nothing where nothing is held, or no more', async (t) => {
  const given = new Given(t);
  given.cluster.apply(service('web', '10.0.0.1'));
  const first = await given.syncedWatcher();
  const before = await given.told();
  assert.deepEqual(await release(given), { kind: 'nothing-held' });
  assert.deepEqual(await given.toldAfter(before), []);
  await first.stop();
  await givenHolding(given);
  await release(given);
  assert.deepEqual(await release(given), { kind: 'nothing-held' });
});

test('comes after what the watcher appends meanwhile', async (t) => {
  const given = new Given(t);
  await givenHolding(given);
  given.logs.hold();
  given.cluster.apply(service('new', '10.0.2.1'));
  await settled();
  const outcome = release(given);
  await settled();
  given.logs.release();
  assert.equal((await outcome)?.kind, 'released');
  assert.deepEqual((await given.told()).slice(-2), [
    '+Service/shop/new 10.0.2.1',
    'RemovalsReleased by operator',
  ]);
});
