import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startUpstream } from '../../test/servers/upstream.ts';
import { givenClient } from './given-client.ts';

test('a client that is closed waits for no reply over UDP, and asks no more', async (t) => {
  const upstream = await startUpstream(() => []);
  t.after(() => upstream.close());
  const { client, ask } = givenClient({ port: upstream.port }, {});
  const failed = assert.rejects(ask('a.example.', { readTimeoutMs: 600_000, endMs: 1e9 }), {
    name: 'ExchangeFailure',
    message: 'the server is not asked any more',
  });
  while (upstream.asked.length === 0) await sleep(2);
  client.close();
  await failed;
  await assert.rejects(ask(), { message: 'the server is not asked any more' });
  assert.equal(upstream.asked.length, 1);
});
