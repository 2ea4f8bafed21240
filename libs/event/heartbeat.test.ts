import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeHeartbeat, encodeHeartbeat, type Heartbeat } from './heartbeat.ts';

const beat: Heartbeat = {
  writer: 'w1',
  role: 'writer',
  state: 'synced',
  incarnation: '2026-11-29T00:00:00Z',
  position: 12,
  silentMs: 140,
  counts: { Service: 3 },
};

test('a heartbeat is read as it was written', () => {
  assert.deepEqual(decodeHeartbeat(encodeHeartbeat(beat)), beat);
  const holding: Heartbeat = { ...beat, state: 'holding', held: { count: 30, of: 40 } };
  assert.deepEqual(decodeHeartbeat(encodeHeartbeat(holding)), holding);
});

test('of a cluster that never replied it says so', () => {
  const { silentMs: _, ...silent } = beat;
  assert.deepEqual(decodeHeartbeat(encodeHeartbeat(silent)), silent);
});

test('what is none, or of a later version, is no heartbeat', () => {
  for (const text of ['', '[]', '{"v":2}', '{"v":1,"writer":7}']) {
    assert.equal(decodeHeartbeat(new TextEncoder().encode(text)), undefined, text);
  }
});

test('a writer is a word: what is printed of it can not pass for another row', () => {
  for (const writer of ['', 'w\nwest live', '\u001b[2Kwest', 'w'.repeat(65)]) {
    assert.equal(decodeHeartbeat(encodeHeartbeat({ ...beat, writer })), undefined, writer);
  }
});
