import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { encode } from '../../../../libs/dns/encode.ts';
import { RCODE } from '../../../../libs/dns/iana.ts';
import type { Message } from '../../../../libs/dns/message.ts';
import { NO_FLAGS } from '../../../../libs/dns/message.ts';
import { parseRecord } from '../../../../libs/dns/presentation.ts';
import { MemoryStore } from '../../../../libs/store/memory.ts';
import type { AnswerStore } from '../../../../libs/store/store.ts';
import { StoreUnavailable } from '../../../../libs/store/store.ts';
import type { Metrics } from '../../../../libs/telemetry/metrics.ts';
import { queryOf } from '../../../../test/plugin/ask-plugin.ts';
import type { Clock } from '../../../../test/plugin/cache-over.ts';
import { cacheOver, passTime, said } from '../../../../test/plugin/cache-over.ts';
import { storeKeyOf } from '../../answers/shared-answers.ts';

const A = 'a.example. 60 IN A 192.0.2.1';
const SOA = 'example. 300 IN SOA ns.example. admin.example. 1 7200 1800 86400 20';
const NOTHING = said([], RCODE.REFUSED);

/** Two resolvers with one store, the second over an upstream that refuses. */
function pair(response = said([A]), lines = 'cache') {
  const clock: Clock = { ms: 1000, wallMs: 1_000_000 };
  const store = new MemoryStore(() => clock.wallMs);
  return {
    store,
    clock,
    first: cacheOver(response, lines, { store, clock }),
    second: cacheOver(NOTHING, lines, { store, clock }),
  };
}

async function outcomes(metrics: Metrics, outcome: string): Promise<number> {
  const line = new RegExp(`^isthmus_cache_shared_total\\{.*outcome="${outcome}"\\} (\\d+)$`, 'm');
  return Number(line.exec(await metrics.text())?.[1] ?? 0);
}

describe('two caches with one store', () => {
  test('the second answers without asking, with the TTL that is left', async () => {
    const { first, second, clock } = pair();
    await first.ask();
    passTime(clock, 20_000);
    assert.deepEqual(await second.ask('A.Example.'), ['a.example. 40 IN A 192.0.2.1']);
    passTime(clock, 39_000);
    assert.deepEqual(await second.ask(), ['a.example. 1 IN A 192.0.2.1']);
    assert.equal(second.asked(), 0);
    assert.equal(await outcomes(second.metrics, 'hit'), 1, 'then it is in its own memory');
    passTime(clock, 1000);
    await second.ask();
    assert.equal(second.asked(), 1);
  });

  test('the second knows the age also when it began later', async () => {
    const { first, store, clock } = pair();
    await first.ask();
    passTime(clock, 20_000);
    const late = cacheOver(NOTHING, 'cache', { store, clock: { ms: 0, wallMs: clock.wallMs } });
    assert.deepEqual(await late.ask(), ['a.example. 40 IN A 192.0.2.1']);
  });

  test('a clock that is behind gives no TTL above what upstream said', async () => {
    const { first, store, clock } = pair();
    await first.ask();
    const behind = cacheOver(NOTHING, 'cache', {
      store,
      clock: { ms: 0, wallMs: clock.wallMs - 30_000 },
    });
    assert.deepEqual(await behind.ask(), [A]);
  });

  test('the second keeps its own limits', async () => {
    const { first, store, clock } = pair();
    await first.ask();
    passTime(clock, 10_000);
    const short = cacheOver(NOTHING, 'cache 30', { store, clock });
    assert.deepEqual(await short.ask(), ['a.example. 20 IN A 192.0.2.1']);
  });

  test('denials are shared with their code', async () => {
    const { first, second } = pair(said([], RCODE.NXDOMAIN, [SOA]));
    await first.ask();
    assert.deepEqual(await second.ask(), [SOA.replace('300', '20')]);
    assert.equal(second.asked(), 0);
  });

  test('failures, answers with authority, and flags of a plugin are not shared', async () => {
    const ours = said([A], 0, [], { authoritative: true });
    const changed = said([A], 0, [], { flags: { authoritative: true } });
    for (const response of [said([], RCODE.SERVFAIL), ours, changed]) {
      const { first, second } = pair(response);
      await first.ask();
      await second.ask();
      assert.equal(second.asked(), 1);
    }
  });

  test('names that are known to be ours are not looked for', async () => {
    const { store, clock } = pair();
    const owns = (name: string) => name === 'a.example.';
    const cache = cacheOver(said([A]), 'cache', { store, clock, owns });
    await cache.ask();
    assert.equal(await outcomes(cache.metrics, 'miss'), 0);
    await cache.ask('b.example.');
    assert.equal(await outcomes(cache.metrics, 'miss'), 1);
  });

  test('what one prefetched the other need not ask', async () => {
    const { first, second, clock } = pair(undefined, 'cache {\n prefetch 1\n}');
    for (const cache of [first, second]) await cache.ask();
    const settled = () => new Promise((done) => setImmediate(done));
    passTime(clock, 55_000);
    await first.ask();
    await settled();
    assert.equal(first.asked(), 2);
    passTime(clock, 1000);
    await second.ask();
    await settled();
    assert.deepEqual(await second.ask(), ['a.example. 59 IN A 192.0.2.1']);
    assert.equal(second.asked(), 0);
  });

  test('answers for DO and CD are not given to others', async () => {
    const { first, second } = pair();
    const flags = { ...NO_FLAGS, recursionDesired: true, checkingDisabled: true };
    await first.ask('a.example.', 'A', { flags });
    await second.ask();
    assert.equal(second.asked(), 1);
    await second.ask('a.example.', 'A', { flags });
    assert.equal(second.asked(), 1);
  });
});

describe('a stored answer is not used when it', () => {
  const stored: Message = {
    ...queryOf('a.example.', 'A').message,
    flags: { ...NO_FLAGS, response: true, recursionAvailable: true },
    answer: [parseRecord(A)],
    edns: { udpSize: 1232, version: 0, dnssecOk: false, options: [] },
  };
  const rows: readonly (readonly [what: string, message: Uint8Array])[] = [
    [
      'answers another name',
      encode({ ...stored, question: { name: 'b.example.', type: 'A', class: 1 } }),
    ],
    [
      'answers another type',
      encode({ ...stored, question: { name: 'a.example.', type: 'AAAA', class: 1 } }),
    ],
    [
      'has another DO',
      encode({ ...stored, edns: { udpSize: 1232, version: 0, dnssecOk: true, options: [] } }),
    ],
    ['has another CD', encode({ ...stored, flags: { ...stored.flags, checkingDisabled: true } })],
    ['is truncated', encode({ ...stored, flags: { ...stored.flags, truncated: true } })],
    ['has authority', encode({ ...stored, flags: { ...stored.flags, authoritative: true } })],
    ['is a failure', encode({ ...stored, rcode: RCODE.SERVFAIL })],
    ['is a query', encode({ ...stored, flags: NO_FLAGS })],
    ['is garbage', Uint8Array.of(1, 2, 3)],
  ];
  const used = async (message: Uint8Array) => {
    const { store, second } = pair();
    await store.set(storeKeyOf('origin', queryOf('a.example.', 'A')), message, 60);
    await second.ask();
    return { asked: second.asked(), mismatches: await outcomes(second.metrics, 'mismatch') };
  };
  for (const [what, message] of rows) {
    test(what, async () => assert.deepEqual(await used(message), { asked: 1, mismatches: 1 }));
  }
  test('(and is, when it is right)', async () => {
    assert.deepEqual(await used(encode(stored)), { asked: 0, mismatches: 0 });
  });
});

describe('a store that', () => {
  /** A store whose reads and writes do what the test says at the time. */
  function moody(clock: Clock) {
    const memory = new MemoryStore(() => clock.wallMs);
    const mood: { now: 'well' | 'broken' | 'silent' } = { now: 'well' };
    const calls = { count: 0 };
    const behave = async <T>(work: () => Promise<T>): Promise<T> => {
      calls.count++;
      if (mood.now === 'broken') throw new StoreUnavailable('it is broken');
      if (mood.now === 'silent') return new Promise<T>(() => {});
      return work();
    };
    const store: AnswerStore = {
      get: (key) => behave(() => memory.get(key)),
      set: (key, message, ttlSeconds) => behave(() => memory.set(key, message, ttlSeconds)),
      forget: (key) => behave(() => memory.forget(key)),
    };
    return { store, mood, calls };
  }

  for (const [mood, outcome] of [
    ['broken', 'failure'],
    ['silent', 'timeout'],
  ] as const) {
    test(`is ${mood} is left out after a few tries, and used again when it heals`, async () => {
      const clock: Clock = { ms: 1000, wallMs: 1_000_000 };
      const scene = moody(clock);
      // Not kept anywhere, so that each query looks for it again and none writes.
      const cache = cacheOver(NOTHING, 'cache', { store: scene.store, clock });
      scene.mood.now = mood;
      for (let i = 0; i < 10; i++) assert.deepEqual(await cache.ask(), []);
      assert.equal(cache.asked(), 10, 'each was answered');
      assert.equal(scene.calls.count, 5);
      assert.equal(await outcomes(cache.metrics, outcome), 5);
      assert.equal(await outcomes(cache.metrics, 'skipped'), 5);
      assert.match(await cache.metrics.text(), /^isthmus_cache_shared_open\{.*\} 1$/m);

      passTime(clock, 1000);
      await cache.ask();
      await cache.ask();
      assert.equal(scene.calls.count, 6, 'one trial');
      scene.mood.now = 'well';
      passTime(clock, 1000);
      await cache.ask();
      assert.equal(scene.calls.count, 6, 'after a trial that failed it waits twice as long');
      passTime(clock, 1000);
      await cache.ask();
      await cache.ask();
      assert.equal(scene.calls.count, 8);
      assert.match(await cache.metrics.text(), /^isthmus_cache_shared_open\{.*\} 0$/m);
    });
  }

  test('is silent holds only so many calls', async () => {
    const clock: Clock = { ms: 1000, wallMs: 1_000_000 };
    const scene = moody(clock);
    const cache = cacheOver(NOTHING, 'cache', { store: scene.store, clock });
    scene.mood.now = 'silent';
    await Promise.all(Array.from({ length: 1500 }, (_, i) => cache.ask(`n${i}.example.`)));
    assert.equal(cache.asked(), 1500);
    assert.equal(scene.calls.count, 500);
  });

  test('loses writes costs nobody anything', async () => {
    const clock: Clock = { ms: 1000, wallMs: 1_000_000 };
    const scene = moody(clock);
    const cache = cacheOver(said([A]), 'cache', { store: scene.store, clock });
    scene.mood.now = 'broken';
    assert.deepEqual(await cache.ask(), [A]);
    assert.deepEqual(await cache.ask(), [A]);
    assert.equal(await outcomes(cache.metrics, 'failure'), 1);
    assert.equal(await outcomes(cache.metrics, 'write-failure'), 1);
  });
});
