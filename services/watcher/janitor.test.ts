import assert from 'node:assert/strict';
import { test } from 'node:test';
import { service } from './given-cluster.ts';
import { allEvents } from './given-logs.ts';
import { Given, settled, until } from './given-watcher.ts';
import { FORGET_AFTER_MS } from './gone.ts';

const MINUTE_MS = 60_000;
const WEB = service('web', '10.0.0.1');
const OLD = service('old', '10.0.0.2');

/** Subjects of Services that have entries. */
async function subjects(given: Given): Promise<readonly string[]> {
  const told = await allEvents(given.log);
  const ofServices = told.filter(({ subject }) => subject.includes('.service.'));
  return [...new Set(ofServices.map(({ subject }) => subject.split('.').at(-1) ?? ''))].sort();
}

/** So many rounds of the janitor. */
async function minutes(given: Given, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    given.clock.advance(MINUTE_MS);
    await settled();
  }
}

async function givenGone(given: Given): Promise<void> {
  given.cluster.apply(WEB, OLD);
  await settled();
  given.cluster.remove(OLD);
  await settled();
}

test('an object that is gone for a day is forgotten, with all of its history', async (t) => {
  const given = new Given(t);
  await given.syncedWatcher();
  await givenGone(given);
  given.clock.advance(FORGET_AFTER_MS - 2 * MINUTE_MS);
  await minutes(given, 1);
  assert.deepEqual(await subjects(given), ['old', 'web']);
  await minutes(given, 3);
  assert.deepEqual(await subjects(given), ['web']);
  const removal = (await given.log.head()).position;
  assert.equal((await given.told()).at(-1), `Forgotten up to ${removal - 1}`);
});

test('it is marked first: what is forgotten is told before it is', async (t) => {
  const given = new Given(t);
  await given.syncedWatcher();
  await givenGone(given);
  given.clock.advance(FORGET_AFTER_MS);
  await minutes(given, 1);
  assert.match((await given.told()).at(-1) ?? '', /^Forgotten/);
  assert.deepEqual(await subjects(given), ['old', 'web']);
});

test('in a quiet cluster nothing more is told', async (t) => {
  const given = new Given(t);
  await given.syncedWatcher();
  await givenGone(given);
  given.clock.advance(FORGET_AFTER_MS);
  await minutes(given, 3);
  const before = await given.told();
  given.clock.advance(FORGET_AFTER_MS);
  await minutes(given, 3);
  assert.deepEqual(await given.toldAfter(before), []);
});

test('an object that came back stays, and one that comes back later begins anew', async (t) => {
  const given = new Given(t);
  await given.syncedWatcher();
  await givenGone(given);
  given.cluster.remove(WEB);
  given.cluster.apply(WEB);
  await settled();
  given.clock.advance(FORGET_AFTER_MS);
  await minutes(given, 3);
  assert.deepEqual(await subjects(given), ['web']);
  given.cluster.apply(OLD);
  await settled();
  const last = (await allEvents(given.log)).at(-1);
  assert.deepEqual([last?.event, last?.prev], [{ kind: 'observed', object: OLD }, 0]);
});

test('the next watcher forgets what the one before it did not get to', async (t) => {
  const given = new Given(t);
  const first = await given.syncedWatcher();
  await givenGone(given);
  given.clock.advance(FORGET_AFTER_MS);
  await minutes(given, 1);
  await first.stop();
  assert.deepEqual(await subjects(given), ['old', 'web']);
  await given.syncedWatcher();
  await minutes(given, 2);
  assert.deepEqual(await subjects(given), ['web']);
});

test('a log that is away while it is told to forget is asked again', async (t) => {
  const given = new Given(t);
  await given.syncedWatcher();
  await givenGone(given);
  given.clock.advance(FORGET_AFTER_MS);
  await minutes(given, 1);
  given.logs.isDown = true;
  await minutes(given, 1);
  given.logs.isDown = false;
  assert.deepEqual(await subjects(given), ['old', 'web']);
  assert.ok(given.lines.some((line) => line.includes('Cannot forget objects that are gone: ')));
  await minutes(given, 2);
  assert.deepEqual(await subjects(given), ['web']);
});

test('a watcher that stands by forgets nothing, and is not made the writer by it', async (t) => {
  const given = new Given(t);
  const first = await given.syncedWatcher();
  const second = await given.syncedWatcher();
  given.clock.advance(MINUTE_MS);
  await until(() => first.status().state === 'standby', 'the first stands by');
  await givenGone(given);
  given.clock.advance(FORGET_AFTER_MS);
  await minutes(given, 3);
  assert.deepEqual(await subjects(given), ['web']);
  assert.deepEqual([first.status().state, second.status().state], ['standby', 'synced']);
});
