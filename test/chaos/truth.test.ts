import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ABSENT, History } from './truth.ts';

test('an address is true from its sending on, the one before until the acknowledgement', () => {
  const history = new History('10.1.0.1', 0);
  history.becomes('10.1.0.2', 100);
  assert.deepEqual(history.judge('10.1.0.1', 5000), { kind: 'true', ageMs: 0, sinceMs: 0 });
  assert.deepEqual(history.judge('10.1.0.2', 150), { kind: 'true', ageMs: 0, sinceMs: 100 });
  history.became(120);
  assert.deepEqual(history.judge('10.1.0.1', 110), { kind: 'true', ageMs: 0, sinceMs: 0 });
  assert.deepEqual(history.judge('10.1.0.1', 1120), { kind: 'true', ageMs: 1000, sinceMs: 0 });
});

test('what was never true is found, a denial as well as an address', () => {
  const history = new History('10.1.0.1', 0);
  assert.deepEqual(history.judge('10.1.0.9', 50), { kind: 'never' });
  assert.deepEqual(history.judge(ABSENT, 50), { kind: 'never' });
});

test('what comes back is as old as it was last true', () => {
  const history = new History(ABSENT, 0);
  history.becomes('10.1.0.1', 100);
  history.became(110);
  history.becomes(ABSENT, 200);
  history.became(210);
  assert.deepEqual(history.judge(ABSENT, 300), { kind: 'true', ageMs: 0, sinceMs: 200 });
  assert.deepEqual(history.judge('10.1.0.1', 300), { kind: 'true', ageMs: 90, sinceMs: 100 });
});

test('what may be true is not certain', () => {
  const history = new History('a', 0);
  assert.deepEqual(history.now, { value: 'a', isCertain: true });
  history.becomes('b', 100);
  assert.deepEqual(history.now, { value: 'b', isCertain: false });
  history.became(110);
  assert.deepEqual(history.now, { value: 'b', isCertain: true });
});
