import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { MemoryStore } from '../../../libs/store/memory.ts';
import { queryOf } from '../../../test/plugin/ask-plugin.ts';
import { said } from '../../../test/plugin/cache-over.ts';
import type { SharedAnswersOptions, SharedOutcome } from './shared-answers.ts';
import { SharedAnswers, storeKeyOf } from './shared-answers.ts';

const QUERY = queryOf('a.example.', 'A');
const ANSWER = said(['a.example. 60 IN A 192.0.2.1']);

function sharedAnswers(change: Partial<SharedAnswersOptions> = {}) {
  const outcomes: SharedOutcome[] = [];
  const shared = new SharedAnswers({
    store: new MemoryStore(),
    readMs: 5,
    origin: () => 'here',
    nowMs: () => 0,
    onOutcome: (outcome) => outcomes.push(outcome),
    ...change,
  });
  const read = () => shared.read(QUERY, ({ response }) => response);
  return { shared, outcomes, read };
}

describe('answers that resolvers share', () => {
  test('are apart by where they come from: other servers say other things', async () => {
    const store = new MemoryStore();
    const here = sharedAnswers({ store });
    const there = sharedAnswers({ store, origin: () => 'there' });
    here.shared.write(QUERY, ANSWER, 60, 0);
    assert.deepEqual((await here.read())?.answer, ANSWER.answer);
    assert.equal(await there.read(), undefined);
  });

  test('are forgotten when they are told to be', async () => {
    const { shared, read, outcomes } = sharedAnswers();
    shared.write(QUERY, ANSWER, 60, 0);
    assert.notEqual(await read(), undefined);
    shared.forget(QUERY);
    assert.equal(await read(), undefined);
    assert.deepEqual(outcomes, ['written', 'hit', 'forgotten', 'miss']);
  });

  test('are read once for all who ask at the same time', async () => {
    const store = new MemoryStore();
    let reads = 0;
    const counting = {
      get: (key: string) => {
        reads++;
        return store.get(key);
      },
      set: (...given: Parameters<MemoryStore['set']>) => store.set(...given),
      forget: (key: string) => store.forget(key),
    };
    const { shared, read, outcomes } = sharedAnswers({ store: counting });
    shared.write(QUERY, ANSWER, 60, 0);
    const answers = await Promise.all(Array.from({ length: 1000 }, () => read()));
    for (const answer of answers) assert.deepEqual(answer?.answer, ANSWER.answer);
    assert.equal(reads, 1);
    assert.equal(outcomes.filter((outcome) => outcome === 'hit').length, 1000);
    await read();
    assert.equal(reads, 2);
  });

  test('count as read in time when it was this process that was late', async () => {
    const store = new MemoryStore();
    await store.set(storeKeyOf('here', QUERY), new Uint8Array(), 60);
    const slow = {
      get: async (key: string) => {
        await stat('/'); // comes as the reply of a server does: when this process looks
        return store.get(key);
      },
      set: () => store.set(storeKeyOf('here', QUERY), new Uint8Array(), 60),
      forget: (key: string) => store.forget(key),
    };
    const { read, outcomes } = sharedAnswers({ store: slow });
    const reading = read();
    const untilMs = performance.now() + 100;
    while (performance.now() < untilMs) {}
    await reading;
    assert.deepEqual(outcomes, ['mismatch'], 'it was read, and has no octets');
  });
});
