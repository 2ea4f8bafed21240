import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NumberPool } from './number-pool.ts';

test('numbers are one user’s until they are given back', () => {
  const pool = new NumberPool(1, 5);
  assert.deepEqual(pool.take(3), [1, 2, 3]);
  assert.equal(pool.take(2), undefined);
  assert.equal(pool.left, 1);
  pool.give([2]);
  assert.deepEqual(pool.take(2), [2, 4]);
});

test('a row begins where so many are free after each other', () => {
  const pool = new NumberPool(1, 9);
  assert.equal(pool.takeRow(3), 1);
  assert.equal(pool.takeRow(2), 4);
  pool.giveRow(1, 3);
  pool.take(1);
  assert.equal(pool.takeRow(3), 6);
  assert.equal(pool.takeRow(3), undefined);
  assert.equal(pool.takeRow(2), 2);
});
