import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DialTimeout } from './dial-timeout.ts';

test('a dial may take twice as long as usual, from half a minute down to a second', () => {
  const timeout = new DialTimeout();
  assert.equal(timeout.ms, 30_000);
  timeout.took(3000);
  assert.equal(timeout.ms, 24_000);
  for (let i = 0; i < 50; i++) timeout.took(20);
  assert.equal(timeout.ms, 1000);
  for (let i = 0; i < 50; i++) timeout.took(60_000);
  assert.equal(timeout.ms, 30_000);
});
