import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createLog, SILENT } from '../../../libs/telemetry/log.ts';
import { oneMessage, SlowPath } from './slow-path.ts';

const client = { address: '192.0.2.1', port: 5353, transport: 'udp', view: 0 } as const;
const query = Uint8Array.of(1);

describe('the slow path', () => {
  test('takes so many queries at once, drops and counts more, and takes again', async () => {
    const { promise, resolve } = Promise.withResolvers<Uint8Array>();
    const path = new SlowPath(() => promise, SILENT, 2);
    const taken = [path.submit(query, client), path.submit(query, client)];
    assert.equal(path.submit(query, client), undefined);
    assert.deepEqual([path.inFlight, path.dropped], [2, 1]);
    resolve(Uint8Array.of(9));
    assert.deepEqual(await Promise.all(taken), [Uint8Array.of(9), Uint8Array.of(9)]);
    assert.equal(path.inFlight, 0);
    assert.notEqual(path.submit(query, client), undefined);
  });

  test('is silence where the answer fails, and says so in the log', async () => {
    const lines: string[] = [];
    const log = createLog((line) => lines.push(line));
    const path = new SlowPath(() => Promise.reject(new Error('broken')), log);
    assert.equal(await path.submit(query, client), undefined);
    assert.equal(path.inFlight, 0);
    assert.match(lines.join(), /\[ERROR\] Cannot answer a query of 192\.0\.2\.1: .*broken/);
  });
});

test('one message of a stream goes over UDP', () => {
  const first = Uint8Array.of(1);
  assert.equal(oneMessage({ first, more: [first].values() }), first);
  assert.equal(oneMessage(first), first);
  assert.equal(oneMessage(undefined), undefined);
});
