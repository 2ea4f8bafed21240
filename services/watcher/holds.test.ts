import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refKey } from '../../libs/event/object.ts';
import { namespace, service } from './given-cluster.ts';
import { allEvents, fold } from './given-logs.ts';
import { Given, relistAll, settled, until } from './given-watcher.ts';
import { type Absence, CONFIRM_MS, Holds } from './holds.ts';

const SHOP = namespace('shop');

const services = (count: number) =>
  Array.from({ length: count }, (_, i) => service(`web-${i}`, `10.0.1.${i}`));

/** A cluster of so many Services, and a watcher that has told of them. */
async function givenServices(given: Given, count: number) {
  given.cluster.apply(SHOP, ...services(count));
  return given.syncedWatcher();
}

/** The API forgets these, and is listed again. */
function wipe({ cluster }: Given, count: number): void {
  for (const one of services(count)) cluster.removeUnseen(one);
  cluster.relist('Service');
}

async function servicesTold(given: Given): Promise<number> {
  const objects = [...fold(await allEvents(given.log)).values()];
  return objects.filter(({ kind }) => kind === 'Service').length;
}

/** Time passes, and a watcher that holds removals lists again. */
async function passes(given: Given, durationMs: number): Promise<void> {
  await settled();
  given.clock.advance(durationMs);
  await settled();
}

/** So many subjects. */
const some = (count: number) => Array.from({ length: count }, (_, i) => `${i}`);

/** A list that lacks these of so many. */
const lacking = (missing: readonly string[], of: number, more: Partial<Absence> = {}): Absence => ({
  missing,
  lack: { missing: missing.length, of },
  behind: undefined,
  isServed: true,
  begunMs: 0,
  ...more,
});

test('a list that lacks more than half of a kind, and at least 20, is not believed', () => {
  const rows: readonly (readonly [missing: number, of: number, isBelieved: boolean])[] = [
    [19, 19, true],
    [20, 20, false],
    [20, 39, false],
    [20, 40, true],
    [21, 41, false],
    [1000, 2000, true],
    [1001, 2000, false],
  ];
  for (const [missing, of, isBelieved] of rows) {
    const believes = new Holds().believes('Service', lacking(some(missing), of), 0);
    assert.equal(believes, isBelieved, `${missing} of ${of}`);
  }
});

test('what is held is gone when a list that begins a minute later lacks the same', () => {
  const all = some(30);
  const rows: readonly (readonly [
    what: string,
    begunMs: number,
    lacks: readonly string[],
    isBelieved: boolean,
  ])[] = [
    ['too soon', CONFIRM_MS - 1, all, false],
    ['the same', CONFIRM_MS, all, true],
    ['more', CONFIRM_MS, [...all, 'another'], false],
  ];
  for (const [what, begunMs, lacks, isBelieved] of rows) {
    const holds = new Holds();
    holds.believes('Service', lacking(all, 40), 0);
    const believes = holds.believes('Service', lacking(lacks, 40, { begunMs }), begunMs);
    assert.equal(believes, isBelieved, what);
    assert.equal(holds.held === undefined, isBelieved, what);
  }
});

test('an object that comes back begins the minute anew for the others, however few', () => {
  const holds = new Holds();
  const all = some(30);
  holds.believes('Service', lacking(all, 40), 0);
  for (const one of all.slice(5)) holds.cameBack('Service', one, CONFIRM_MS / 2);
  assert.deepEqual(holds.held, { count: 5, of: 40 });
  const rest = (begunMs: number) =>
    holds.believes('Service', lacking(all.slice(0, 5), 40, { begunMs }), begunMs);
  assert.equal(rest(CONFIRM_MS), false);
  assert.equal(rest(CONFIRM_MS * 1.5), true);
});

test('what is held is held no more when all of it is back, or its removal was seen', () => {
  const holds = new Holds();
  const [first = '', ...others] = some(30);
  holds.believes('Service', lacking([first, ...others], 40), 0);
  for (const one of others) holds.cameBack('Service', one, 1);
  holds.forget('Service', first);
  assert.equal(holds.held, undefined);
});

test('while one kind is held, of another no removals are too few', () => {
  const holds = new Holds();
  assert.equal(holds.believes('ServiceExport', lacking(['a'], 1), 0), true);
  assert.equal(holds.believes('Service', lacking(some(30), 30), 0), false);
  assert.equal(holds.believes('ServiceExport', lacking(['a'], 1), 0), false);
  assert.equal(holds.believes('EndpointSlice', lacking(['a'], 2), 0), true);
  assert.deepEqual(holds.held, { count: 31, of: 31 });
});

test('of a kind that is not served any more, no object is too few', () => {
  const holds = new Holds();
  const absence = lacking(['a'], 1, { isServed: false });
  assert.equal(holds.believes('ServiceExport', absence, 0), false);
  const later = { ...absence, begunMs: CONFIRM_MS };
  assert.equal(holds.believes('ServiceExport', later, CONFIRM_MS), true);
});

test('a wipe removes nothing, is announced, and what else the list says is told', async (t) => {
  const given = new Given(t);
  const watcher = await givenServices(given, 30);
  const before = await given.told();
  given.cluster.applyUnseen(service('new', '10.0.2.1'));
  wipe(given, 29);
  await settled();
  assert.deepEqual(await given.toldAfter(before), [
    '+Service/shop/new 10.0.2.1',
    'RemovalsHeld 29/30',
  ]);
  assert.equal(watcher.status().state, 'holding');
  assert.deepEqual(watcher.status().held, { count: 29, of: 30 });
  assert.match(given.lines.join('\n'), /a list lacks 29 of 30 objects\. They stay until/);
});

test('a wipe that a list a minute later confirms is told', async (t) => {
  const given = new Given(t);
  const watcher = await givenServices(given, 30);
  wipe(given, 30);
  await passes(given, CONFIRM_MS - 1);
  given.cluster.relist('Service');
  await settled();
  assert.equal(await servicesTold(given), 30);
  await passes(given, 1);
  await until(() => watcher.status().state === 'synced', 'it is confirmed');
  assert.equal(await servicesTold(given), 0);
  assert.deepEqual((await given.told()).slice(-2), ['RemovalsReleased by watcher', 'Synced']);
  assert.match(given.lines.join('\n'), /holds back no removals any more/);
});

test('a wipe is given up when the objects are there again', async (t) => {
  for (const seen of ['by a list', 'by the watch'] as const) {
    const given = new Given(t);
    const watcher = await givenServices(given, 30);
    wipe(given, 30);
    await settled();
    const before = await given.told();
    if (seen === 'by the watch') given.cluster.apply(...services(30));
    for (const one of services(30)) given.cluster.applyUnseen(one);
    if (seen === 'by a list') given.cluster.relist('Service');
    await until(() => watcher.status().state === 'synced', seen);
    await settled();
    const said = ['RemovalsReleased by watcher', 'Synced'];
    assert.deepEqual(await given.toldAfter(before), said, seen);
    await passes(given, 2 * CONFIRM_MS);
    assert.deepEqual(await given.toldAfter(before), said, seen);
  }
});

test('a cluster that is filled again slowly loses nothing', async (t) => {
  const given = new Given(t);
  const watcher = await givenServices(given, 40);
  wipe(given, 40);
  await settled();
  const before = await given.told();
  for (const one of services(40)) {
    await passes(given, CONFIRM_MS - 1);
    given.cluster.apply(one);
  }
  await until(() => watcher.status().state === 'synced', 'all is back');
  assert.deepEqual(await given.toldAfter(before), ['RemovalsReleased by watcher', 'Synced']);
});

test('removals that are observed one by one are believed, also of what is held', async (t) => {
  const given = new Given(t);
  await givenServices(given, 60);
  for (const one of services(25)) given.cluster.remove(one);
  await settled();
  assert.equal(await servicesTold(given), 35);
  wipe(given, 60);
  await settled();
  for (const one of services(60).slice(50)) given.cluster.say({ kind: 'gone', ref: one });
  await settled();
  assert.equal(await servicesTold(given), 25);
});

test('a watcher that restarts while removals are held holds them again, and says it once', async (t) => {
  const given = new Given(t);
  const first = await givenServices(given, 30);
  wipe(given, 30);
  await passes(given, CONFIRM_MS / 2);
  await first.stop();
  const before = await given.told();
  const second = given.watcher();
  await passes(given, CONFIRM_MS / 2);
  assert.deepEqual(await given.toldAfter(before), ['WatchStarted']);
  assert.equal(second.status().state, 'holding');
  await passes(given, CONFIRM_MS / 2);
  await until(() => second.status().state === 'synced', 'it is confirmed');
  assert.equal(await servicesTold(given), 0);
});

test('removals that were released while no watcher ran are told at once', async (t) => {
  const given = new Given(t);
  const first = await givenServices(given, 30);
  wipe(given, 30);
  await settled();
  await first.stop();
  await given.operatorReleases();
  const before = await given.told();
  await given.syncedWatcher();
  const told = await given.toldAfter(before);
  assert.equal(told.length, 32);
  assert.deepEqual([told[0], told.at(-1)], ['WatchStarted', 'Synced']);
});

test('the writer hears the operator, tells what was held, and goes on writing', async (t) => {
  const given = new Given(t);
  const watcher = await givenServices(given, 30);
  wipe(given, 30);
  await settled();
  await given.operatorReleases();
  given.cluster.apply(service('new', '10.0.2.1'));
  await until(() => watcher.status().state === 'synced', 'the word is heard');
  await settled();
  assert.equal(await servicesTold(given), 1);
  assert.equal(watcher.status().deposals, 0);
  // The word was for that wipe: the next one is held again.
  given.cluster.apply(...services(30));
  await settled();
  wipe(given, 30);
  await settled();
  assert.equal(watcher.status().state, 'holding');
});

test('a writer with nothing to say hears the operator as well', async (t) => {
  const given = new Given(t);
  const watcher = await givenServices(given, 30);
  wipe(given, 30);
  await settled();
  await given.operatorReleases();
  given.clock.advance(5000);
  await until(() => watcher.status().state === 'synced', 'the word is heard');
  assert.equal(await servicesTold(given), 0);
});

test('few namespaces are held when most Services are in them', async (t) => {
  const given = new Given(t);
  const watcher = await givenServices(given, 30);
  const before = await given.told();
  given.cluster.removeUnseen(SHOP);
  given.cluster.relist('Namespace');
  await settled();
  assert.deepEqual(await given.toldAfter(before), ['RemovalsHeld 1/1']);
  assert.equal(watcher.status().state, 'holding');
});

test('what is not watched any more is removed, however much it is', async (t) => {
  const given = new Given(t);
  const watcher = await givenServices(given, 30);
  wipe(given, 30);
  await settled();
  given.cluster.say({ kind: 'unwatched', of: 'Service' });
  await until(() => watcher.status().state === 'synced', 'nothing is held');
  assert.equal(await servicesTold(given), 0);
});

test('a standby that sees the same wipe does not disturb the writer that holds it', async (t) => {
  const given = new Given(t);
  const first = await givenServices(given, 30);
  const second = await given.syncedWatcher();
  given.clock.advance(5000);
  await until(() => first.status().state === 'standby', 'the first stands by');
  wipe(given, 30);
  await passes(given, CONFIRM_MS - 1);
  assert.equal((await given.told()).at(-1), 'RemovalsHeld 30/30');
  await passes(given, 1);
  await until(() => second.status().state === 'synced', 'it is confirmed');
  await passes(given, CONFIRM_MS);
  assert.equal(first.status().state, 'standby');
  assert.equal(first.status().untold, 0);
  relistAll(given.cluster);
  await settled();
  assert.equal(await servicesTold(given), 0);
  assert.equal(refKey(SHOP) in Object.fromEntries(fold(await allEvents(given.log))), true);
});
