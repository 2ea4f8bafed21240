import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { GivenClock } from '../../../libs/clock/given-clock.ts';
import { Turns } from './turns.ts';

function given(atOnce: number) {
  const clock = new GivenClock();
  const turns = new Turns({ atOnce, atMostMs: 1000, clock });
  const begun: string[] = [];
  const ends = new Map<string, PromiseWithResolvers<void>>();
  const take = (name: string) => {
    const end = Promise.withResolvers<void>();
    ends.set(name, end);
    const taken = turns.take(() => {
      begun.push(name);
      return end.promise;
    });
    taken.catch(() => {});
    return taken;
  };
  return { clock, begun, take, end: (name: string) => ends.get(name) };
}

test('so many at once, the others as they came', async () => {
  const { begun, take, end } = given(2);
  const taken = ['a', 'b', 'c', 'd'].map(take);
  assert.deepEqual(begun, ['a', 'b']);
  end('b')?.resolve();
  await taken[1];
  assert.deepEqual(begun, ['a', 'b', 'c']);
  end('a')?.resolve();
  await taken[0];
  assert.deepEqual(begun, ['a', 'b', 'c', 'd']);
});

test('who fails gives the turn on, and who asked hears of it', async () => {
  const { begun, take, end } = given(1);
  const failing = take('a');
  void take('b');
  end('a')?.reject(new Error('away'));
  await assert.rejects(failing, /away/);
  assert.deepEqual(begun, ['a', 'b']);
});

test('who takes long keeps nobody waiting, and gives only one turn on', async () => {
  const { clock, begun, take, end } = given(1);
  const slow = take('slow');
  const others = ['b', 'c'].map(take);
  clock.advance(1000);
  await setImmediate();
  assert.deepEqual(begun, ['slow', 'b']);
  end('slow')?.resolve();
  await slow;
  assert.deepEqual(begun, ['slow', 'b']);
  end('b')?.resolve();
  await others[0];
  assert.deepEqual(begun, ['slow', 'b', 'c']);
});
