import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { directives } from '../../../../test/plugin/directives.ts';
import { openPages } from '../../../../test/plugin/get-page.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import { setup } from './setup.ts';

/** A resolver whose state a test changes, and its page. */
async function ready(t: { after(stop: () => Promise<void>): void }, lines: string) {
  const state = { waiting: ['federation: the log of east'], draining: false };
  const resolver = {
    waitingFor: () => state.waiting,
    notes: () => ['federation: west is not synced'],
    isDraining: () => state.draining,
  };
  const { context } = setupContext({ resolver });
  setup(directives(lines), context);
  const get = await openPages(context.http);
  t.after(() => context.http.close());
  return { state, get: (query = '') => get(`/ready${query}`) };
}

const WAITS = { status: 503, text: 'federation: the log of east\n' };
const OK = { status: 200, text: 'OK' };

describe('ready', () => {
  test('says who waits for what, then OK, and stays so', async (t) => {
    const { state, get } = await ready(t, 'ready 127.0.0.1:0');
    assert.deepEqual(await get(), WAITS);
    state.waiting = [];
    assert.deepEqual(await get(), OK);
    state.waiting = ['federation: the log of east'];
    assert.deepEqual(await get(), OK);
  });

  test('says also what it serves without, when it is asked to be verbose', async (t) => {
    const { state, get } = await ready(t, 'ready 127.0.0.1:0');
    const note = 'federation: west is not synced';
    assert.deepEqual(await get('?verbose'), { ...WAITS, text: `${WAITS.text}${note}\n` });
    state.waiting = [];
    assert.deepEqual(await get('?verbose'), { status: 200, text: `OK\n${note}` });
    assert.deepEqual(await get('?other'), OK);
  });

  test('takes it back when it monitors continuously', async (t) => {
    const { state, get } = await ready(t, 'ready 127.0.0.1:0 {\n monitor continuously\n}');
    state.waiting = [];
    assert.deepEqual(await get(), OK);
    state.waiting = ['federation: the log of east'];
    assert.deepEqual(await get(), WAITS);
  });

  test('is not ready from the signal to stop on', async (t) => {
    const { state, get } = await ready(t, 'ready 127.0.0.1:0');
    state.waiting = [];
    assert.deepEqual(await get(), OK);
    state.draining = true;
    assert.deepEqual(await get(), { status: 503, text: 'Shutting down\n' });
  });

  const refused: readonly (readonly [lines: string, message: RegExp])[] = [
    ['ready 8181', /Corefile:2: Cannot read the address "8181"/],
    ['ready {\n monitor often\n}', /Corefile:3: .* expected one of until-ready, continuously/],
  ];
  for (const [lines, message] of refused) {
    test(`refuses ${JSON.stringify(lines)}`, () => {
      assert.throws(() => setup(directives(lines), setupContext().context), message);
    });
  }
});
