import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Backoff } from './backoff.ts';

describe('Backoff', () => {
  it('doubles from 25 ms up to half a second for a server that is not there', () => {
    const backoff = new Backoff(() => 1);
    const waits = Array.from({ length: 7 }, () => backoff.afterUnreachable());
    assert.deepEqual(waits, [25, 50, 100, 200, 400, 500, 500]);
  });

  it('waits between half of a step and all of it', () => {
    assert.equal(new Backoff(() => 0).afterUnreachable(), 12.5);
  });

  it('begins anew after a success', () => {
    const backoff = new Backoff(() => 1);
    for (let i = 0; i < 100; i++) backoff.afterRefusal(0);
    assert.equal(backoff.afterRefusal(0), 1000);
    backoff.succeed();
    assert.equal(backoff.failures, 0);
    assert.equal(backoff.afterRefusal(0), 25);
  });

  it('does as Retry-After says, within 1.5 s', () => {
    assert.equal(new Backoff(() => 0).afterRefusal(1000), 1000);
    assert.equal(new Backoff(() => 0).afterRefusal(60_000), 1500);
  });
});
