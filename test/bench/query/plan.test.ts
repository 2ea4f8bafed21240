import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planOf } from './plan.ts';

test('without words all of it is run, five times', () => {
  assert.deepEqual(planOf([]), {
    rounds: 5,
    mixes: ['hits', 'mixed', 'cached'],
    servers: ['floor', 'knot', 'nsd', 'unbound', 'coredns', 'isthmus'],
    cores: ['one', 'all'],
    loads: ['saturated', '5000', 'half'],
  });
});

test('words choose, each among its kind; Knot stays', () => {
  assert.deepEqual(planOf(['15', 'isthmus', 'mixed', 'one', '5000']), {
    rounds: 15,
    mixes: ['mixed'],
    servers: ['knot', 'isthmus'],
    cores: ['one'],
    loads: ['5000'],
  });
  assert.deepEqual(planOf(['hits', 'cached']).mixes, ['hits', 'cached']);
});

test('a load of 5,000 a second is no number of rounds', () => {
  const { rounds, loads } = planOf(['5000']);
  assert.deepEqual({ rounds, loads }, { rounds: 5, loads: ['5000'] });
});

test('unknown words and no rounds are errors', () => {
  assert.throws(() => planOf(['0']), { message: /^Cannot run "0" rounds: expected a number from/ });
  assert.throws(() => planOf(['3', 'bind']), {
    message: /^Cannot run "bind": the query bench knows no such word; expected one of: hits, mixed/,
  });
});
