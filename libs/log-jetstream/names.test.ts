import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entry, FEDERATION } from '../log/contract-facts.ts';
import { openJetStreamLogs } from './jetstream-logs.ts';
import { readServerUrls } from './server-urls.ts';

test('readServerUrls takes what people write, and shows no password', () => {
  const rows: readonly (readonly [string, string, string])[] = [
    ['nats://nats:4222', 'nats:4222', 'nats://nats:4222'],
    ['nats', 'nats:4222', 'nats://nats:4222'],
    ['10.0.0.1:4333', '10.0.0.1:4333', 'nats://10.0.0.1:4333'],
    ['nats://[::1]:4222/', '[::1]:4222', 'nats://[::1]:4222'],
    ['tls://u:p%40ss@nats.example', 'nats.example:4222', 'tls://nats.example:4222'],
  ];
  for (const [written, address, shown] of rows) {
    const urls = readServerUrls([written]);
    assert.deepEqual([urls.addresses, urls.shown], [[address], shown]);
  }
  const { user, pass, isTls } = readServerUrls(['tls://u:p%40ss@nats.example']);
  assert.deepEqual([user, pass, isTls], ['u', 'p@ss', true]);
});

test('readServerUrls refuses what is no address of a NATS server', () => {
  for (const written of [
    '',
    'http://nats',
    'nats://',
    'nats://host/path',
    'nats://a:b@host:x',
    'nats://a:b%zz@host',
  ]) {
    assert.throws(
      () => readServerUrls([written]),
      (error: Error) =>
        /^Cannot use ".*" as log: it is .*; expected nats:/.test(error.message) &&
        !error.message.includes('a:b'),
      written,
    );
  }
  assert.throws(() => readServerUrls([]), /it names no server/);
});

test('openJetStreamLogs refuses a federation that is no label', () => {
  const open = () => openJetStreamLogs({ servers: ['nats://127.0.0.1:1'], federation: 'a.b' });
  assert.throws(open, /^RangeError: Cannot open the logs of federation "a.b": the name is no DNS/);
});

test('append refuses a subject that is not of its cluster, or no subject', async (t) => {
  const logs = openJetStreamLogs({ servers: ['nats://127.0.0.1:1'], federation: FEDERATION });
  t.after(() => logs.close());
  const strange = [entry('west', 'a', ''), entry('east', 'a b', ''), entry('east', '>', '')];
  for (const one of [...strange, entry('east', 'a..b', ''), entry('east', '', '')]) {
    await assert.rejects(logs.open('east').append(0, [one]), {
      name: 'RangeError',
      message:
        /to the log of cluster "east": the subject is not one of it; expected one of isthmus/,
    });
  }
});
