import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Metrics } from '../../libs/telemetry/metrics.ts';
import { Reach } from './reach.ts';

test('an API server is lost when it owes two replies, and found with the next one', async () => {
  const heard: string[] = [];
  const metrics = new Metrics();
  const reach = new Reach();
  reach.follow(metrics, 'east');
  const observer = reach.hearing({
    waited: () => {},
    replied: (_host, code) => heard.push(code),
    took: () => {},
  });
  const gauge = async () => /reachable\{cluster="east"\} (\d)/.exec(await metrics.text())?.[1];
  assert.deepEqual([reach.isLost, await gauge()], [false, '0'], 'nothing is known');
  const rows: readonly (readonly [code: string, isLost: boolean, gauge: string])[] = [
    ['<error>', false, '0'],
    ['<error>', true, '0'],
    ['403', false, '1'],
    ['<error>', false, '1'],
    ['<error>', true, '0'],
    ['200', false, '1'],
  ];
  for (const [code, isLost, value] of rows) {
    observer.replied('192.0.2.6:6443', code);
    assert.deepEqual([reach.isLost, await gauge()], [isLost, value], code);
  }
  assert.deepEqual(
    heard,
    rows.map(([code]) => code),
  );
});
