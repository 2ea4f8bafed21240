/**
 * The laws of the store, as tests that run on every adapter:
 *
 *   describe('memory', () => testStoreContract(async () => { … return { connect, end } }));
 *
 * Every test has a cluster of its own, so that one medium serves them all.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Head } from '../log/log.ts';
import type { AdvanceOutcome, FactChange, Store } from './store.ts';

/** Where a store is kept: one server, several, or this process. */
export interface StoreMedium {
  /** Another access to it: of another process as far as the medium can tell. */
  connect(): Promise<Store>;
  /** After all tests. */
  end(): Promise<void>;
}

interface Access {
  readonly cluster: string;
  readonly store: Store;
  readonly other: Store;
}

type NewCluster = () => Access;

const ADVANCED: AdvanceOutcome = { kind: 'advanced' };

function at(position: number, incarnation = 'log-1'): Head {
  return { incarnation, position };
}

function fact(subject: string, text: string) {
  return { subject, data: new TextEncoder().encode(text) };
}

function textOf(data: Uint8Array): string {
  return new TextDecoder().decode(data);
}

async function factsOf({ store, cluster }: Access): Promise<Readonly<Record<string, string>>> {
  const { facts } = (await store.read(cluster)) ?? { facts: new Map<string, Uint8Array>() };
  const texts = [...facts].map(([subject, data]) => [subject, textOf(data)]);
  return Object.fromEntries(texts.sort());
}

export function testStoreContract(start: () => Promise<StoreMedium>): void {
  let medium: StoreMedium;
  let store: Store;
  let other: Store;
  let clusters = 0;
  before(async () => {
    medium = await start();
    store = await medium.connect();
    other = await medium.connect();
  });
  after(async () => {
    await store?.close();
    await other?.close();
    await medium?.end();
  });
  const newCluster = () => ({ cluster: `c${++clusters}`, store, other });
  testAdvance(newCluster);
  testFence(newCluster);
  testRaces(newCluster);
  testData(newCluster);
  testAnswers(newCluster);
}

function testAdvance(newCluster: NewCluster): void {
  test('of a cluster that it was not told of, it has nothing', async () => {
    const { store, cluster } = newCluster();
    assert.equal(await store.head(cluster), undefined);
    assert.equal(await store.read(cluster), undefined);
  });

  test('what one advances, others read', async () => {
    const access = newCluster();
    const { store, other, cluster } = access;
    const changes = [fact('a', '1'), fact('b', '1')];
    assert.deepEqual(await store.advance(cluster, undefined, at(2), changes), ADVANCED);
    assert.deepEqual(await other.head(cluster), at(2));
    assert.deepEqual((await other.read(cluster))?.head, at(2));
    assert.deepEqual(await factsOf({ ...access, store: other }), { a: '1', b: '1' });
  });

  test('a change replaces the fact of its subject and leaves the others', async () => {
    const access = newCluster();
    const { store, cluster } = access;
    await store.advance(cluster, undefined, at(2), [fact('a', '1'), fact('b', '1')]);
    const changes = [fact('b', '2'), fact('c', '2'), fact('c', '3')];
    assert.deepEqual(await store.advance(cluster, at(2), at(5), changes), ADVANCED);
    assert.deepEqual(await factsOf(access), { a: '1', b: '2', c: '3' });
  });

  test('a change without data takes the fact away, also one that was not there', async () => {
    const access = newCluster();
    const { store, cluster } = access;
    const gone = (subject: string): FactChange => ({ subject, data: undefined });
    await store.advance(cluster, undefined, at(2), [fact('a', '1'), fact('b', '1')]);
    const changes = [gone('a'), gone('c'), fact('d', '3'), fact('b', '3'), gone('b')];
    assert.deepEqual(await store.advance(cluster, at(2), at(7), changes), ADVANCED);
    assert.deepEqual(await factsOf(access), { d: '3' });
    const back = [gone('b'), fact('b', '8')];
    assert.deepEqual(await store.advance(cluster, at(7), at(9), back), ADVANCED);
    assert.deepEqual(await factsOf(access), { b: '8', d: '3' });
  });

  test('it moves without a change, and from an empty log', async () => {
    const { store, cluster } = newCluster();
    assert.deepEqual(await store.advance(cluster, undefined, at(0), []), ADVANCED);
    assert.deepEqual(await store.read(cluster), { head: at(0), facts: new Map() });
    assert.deepEqual(await store.advance(cluster, at(0), at(7), []), ADVANCED);
    assert.deepEqual(await store.head(cluster), at(7));
  });

  test('it says where it is with the mark of the entry there', async () => {
    const { store, other, cluster } = newCluster();
    const [first, second] = [
      { ...at(1), mark: 'one' },
      { ...at(2), mark: 'two-2_#' },
    ];
    assert.deepEqual(await store.advance(cluster, undefined, first, [fact('a', '1')]), ADVANCED);
    assert.deepEqual(await store.advance(cluster, first, second, []), ADVANCED);
    assert.deepEqual(await other.head(cluster), second);
    assert.deepEqual((await other.read(cluster))?.head, second);
  });

  test('clusters have nothing to do with each other', async () => {
    const one = newCluster();
    const two = { ...newCluster(), cluster: `${one.cluster}-2` };
    await one.store.advance(one.cluster, undefined, at(1), [fact('a', '1')]);
    assert.equal(await two.store.head(two.cluster), undefined);
    await two.store.advance(two.cluster, undefined, at(9), [fact('a', '9')]);
    assert.deepEqual(await factsOf(one), { a: '1' });
    assert.deepEqual(await factsOf(two), { a: '9' });
  });
}

function testFence(newCluster: NewCluster): void {
  const rows: readonly (readonly [string, Head | undefined])[] = [
    ['a place before', at(1)],
    ['a place behind', at(3)],
    ['nowhere', undefined],
    ['the same place of another log', at(2, 'log-2')],
    ['the same place with another entry', { ...at(2), mark: 'another' }],
  ];
  for (const [where, from] of rows) {
    test(`it does not move from ${where}, says where it is, and changes nothing`, async () => {
      const access = newCluster();
      const { store, other, cluster } = access;
      await store.advance(cluster, undefined, at(2), [fact('a', '1')]);
      const changes = [fact('a', '9'), fact('b', '9')];
      const outcome = await other.advance(cluster, from, at(9), changes);
      assert.deepEqual(outcome, { kind: 'conflict', head: at(2) });
      assert.deepEqual(await store.head(cluster), at(2));
      assert.deepEqual(await factsOf(access), { a: '1' });
    });
  }

  test('it does not move from anywhere when it has nothing', async () => {
    const { store, cluster } = newCluster();
    const outcome = await store.advance(cluster, at(2), at(3), [fact('a', '1')]);
    assert.deepEqual(outcome, { kind: 'conflict', head: undefined });
    assert.equal(await store.read(cluster), undefined);
  });

  test('a log that was made anew: discard, then fill again', async () => {
    const access = newCluster();
    const { store, other, cluster } = access;
    await store.advance(cluster, undefined, at(2), [fact('old', '1')]);
    assert.deepEqual(await store.discard(cluster, at(2)), ADVANCED);
    assert.equal(await other.read(cluster), undefined);
    const again = await other.advance(cluster, undefined, at(1, 'log-2'), [fact('new', '1')]);
    assert.deepEqual(again, ADVANCED);
    assert.deepEqual(await store.head(cluster), at(1, 'log-2'));
    assert.deepEqual(await factsOf(access), { new: '1' });
  });

  test('it is not discarded by who thought it elsewhere', async () => {
    const access = newCluster();
    const { store, cluster } = access;
    assert.deepEqual(await store.discard(cluster, at(2)), { kind: 'conflict', head: undefined });
    await store.advance(cluster, undefined, at(2), [fact('a', '1')]);
    const outcome = await store.discard(cluster, at(2, 'log-2'));
    assert.deepEqual(outcome, { kind: 'conflict', head: at(2) });
    assert.deepEqual(await factsOf(access), { a: '1' });
  });
}

/** Projectors that race, and how far. */
const RACERS = 5;
const STEPS = 60;

function testRaces(newCluster: NewCluster): void {
  test('of many that race, one wins each step, and the content is the fold', async () => {
    const access = newCluster();
    const { store, other, cluster } = access;
    // The log: position n gives subject n mod 7 the value n.
    const entry = (position: number) => fact(`s${position % 7}`, `${position}`);
    const won: number[] = [];
    const project = async (through: Store, stride: number) => {
      let head: Head | undefined;
      while ((head?.position ?? 0) < STEPS) {
        const begin = (head?.position ?? 0) + 1;
        const end = Math.min(STEPS, begin + stride - 1);
        const changes = Array.from({ length: end - begin + 1 }, (_, i) => entry(begin + i));
        const outcome = await through.advance(cluster, head, at(end), changes);
        if (outcome.kind === 'advanced') for (let p = begin; p <= end; p++) won.push(p);
        head = outcome.kind === 'advanced' ? at(end) : outcome.head;
      }
    };
    const racers = Array.from({ length: RACERS }, (_, i) =>
      project(i % 2 === 0 ? store : other, 1 + (i % 3)),
    );
    await Promise.all(racers);
    assert.deepEqual(
      won.sort((a, b) => a - b),
      Array.from({ length: STEPS }, (_, i) => i + 1),
    );
    const fold = Object.fromEntries(
      Array.from({ length: STEPS }, (_, i) => [`s${(i + 1) % 7}`, `${i + 1}`]),
    );
    assert.deepEqual(await factsOf(access), fold);
  });

  test('what is read is of one moment, while others advance', async () => {
    const { store, other, cluster } = newCluster();
    const subjects = Array.from({ length: 50 }, (_, i) => `s${i}`);
    const facts = (n: number) => subjects.map((subject) => fact(subject, `${n}`));
    await store.advance(cluster, undefined, at(1), facts(1));
    let isDone = false;
    const advancing = (async () => {
      for (let n = 1; n < STEPS; n++) await store.advance(cluster, at(n), at(n + 1), facts(n + 1));
      isDone = true;
    })();
    while (!isDone) {
      const snapshot = await other.read(cluster);
      const values = new Set([...(snapshot?.facts.values() ?? [])].map(textOf));
      assert.deepEqual([...values], [`${snapshot?.head.position}`]);
      assert.equal(snapshot?.facts.size, subjects.length);
    }
    await advancing;
  });
}

function testData(newCluster: NewCluster): void {
  test('data are octets: any, none and many', async () => {
    const { store, other, cluster } = newCluster();
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    const many = new Uint8Array(900 * 1024).fill(0xfe);
    const rows = [
      { subject: 'isthmus.f.c.service.shop.all', data: all },
      { subject: 'isthmus.f.c.service.shop.none', data: new Uint8Array() },
      { subject: 'isthmus.f.c.service.shop.a.b.many', data: many },
    ];
    await store.advance(cluster, undefined, at(3), rows);
    const facts = (await other.read(cluster))?.facts;
    assert.equal(facts?.size, rows.length);
    for (const { subject, data } of rows) {
      const read = facts.get(subject);
      assert.ok(read !== undefined && Buffer.compare(read, data) === 0, subject);
    }
  });

  test('20,000 facts go in one step, and are read in one', async () => {
    const { store, other, cluster } = newCluster();
    const text = 'x'.repeat(400);
    const many = Array.from({ length: 20_000 }, (_, i) => fact(`s${i}`, `${i} ${text}`));
    assert.deepEqual(await store.advance(cluster, undefined, at(20_000), many), ADVANCED);
    const facts = (await other.read(cluster))?.facts;
    assert.equal(facts?.size, many.length);
    for (const { subject, data } of many) {
      assert.equal(Buffer.compare(facts.get(subject) ?? new Uint8Array(), data), 0, subject);
    }
  });
}

/** After this, an answer that should be gone is not going to be. */
const GONE_WITHIN_MS = 10_000;

function testAnswers(newCluster: NewCluster): void {
  const message = Uint8Array.from({ length: 300 }, (_, i) => i % 256);
  const keys = [
    'www.example.org. A IN',
    `{${'x'.repeat(250)}}. TXT IN do`,
    'a\\000\nb. A IN',
    '__proto__',
  ];
  for (const key of keys) {
    test(`an answer is had by others as it was given: ${JSON.stringify(key.slice(0, 20))}`, async () => {
      const { store, other, cluster } = newCluster();
      assert.equal(await other.get(`${cluster} ${key}`), undefined);
      await store.set(`${cluster} ${key}`, message, 60);
      const had = await other.get(`${cluster} ${key}`);
      assert.deepEqual([...(had?.message ?? [])], [...message]);
    });
  }

  test('the last answer to a question counts', async () => {
    const { store, other, cluster } = newCluster();
    await store.set(cluster, message, 60);
    await other.set(cluster, Uint8Array.of(1), 60);
    assert.deepEqual([...((await store.get(cluster))?.message ?? [])], [1]);
  });

  test('an answer grows older, for all alike, and a new one begins anew', async () => {
    const { store, other, cluster } = newCluster();
    const ageMs = async (at: Store) => (await at.get(cluster))?.ageMs ?? assert.fail('it is gone');
    await store.set(cluster, message, 60);
    assert.ok((await ageMs(other)) >= 0);
    const deadlineMs = Date.now() + GONE_WITHIN_MS;
    while ((await ageMs(other)) < 300) assert.ok(Date.now() < deadlineMs, 'it grows no older');
    do {
      assert.ok(Date.now() < deadlineMs, 'it goes on growing older');
      await other.set(cluster, message, 60);
    } while ((await ageMs(store)) >= 300);
  });

  test('an answer that is forgotten is gone for all, and may be gone already', async () => {
    const { store, other, cluster } = newCluster();
    await store.set(cluster, message, 60);
    await other.forget(cluster);
    assert.equal(await store.get(cluster), undefined);
    await store.forget(cluster);
  });

  test('an answer is gone when its time is over, and was not there before', async () => {
    const { store, other, cluster } = newCluster();
    await store.set(`${cluster} long`, message, 60);
    await store.set(`${cluster} short`, message, 1);
    assert.ok((await other.get(`${cluster} short`)) !== undefined);
    const deadlineMs = Date.now() + GONE_WITHIN_MS;
    while ((await other.get(`${cluster} short`)) !== undefined) {
      assert.ok(Date.now() < deadlineMs, 'it is still there');
      await delay(20);
    }
    assert.ok((await other.get(`${cluster} long`)) !== undefined);
  });

  test('an answer that may not be kept is not kept', async () => {
    const { store, other, cluster } = newCluster();
    await store.set(cluster, message, 60);
    await store.set(cluster, message, 0);
    assert.equal(await other.get(cluster), undefined);
  });
}
