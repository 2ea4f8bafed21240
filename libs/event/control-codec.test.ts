import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { EVENT_VERSION } from './codec.ts';
import { controlSubjectOf } from './control.ts';
import { decodeControl, encodeControl } from './control-codec.ts';

const golden = readFileSync(
  new URL(`golden/control-v${EVENT_VERSION}.jsonl`, import.meta.url),
  'utf8',
)
  .trim()
  .split('\n');
const bytes = (line: string) => new TextEncoder().encode(line);

test('every event of the golden file is read, and written again to the letter', () => {
  const kinds = new Set<string>();
  for (const line of golden) {
    const decoded = decodeControl(bytes(line));
    assert.equal(decoded.kind, 'event', line);
    if (decoded.kind !== 'event') continue;
    kinds.add(decoded.envelope.event.kind);
    assert.equal(new TextDecoder().decode(encodeControl(decoded.envelope)), line);
  }
  assert.equal(kinds.size, 7, 'the golden file has an event of every kind');
});

test('what is unknown is skipped, and says why', () => {
  const decoded = decodeControl(
    bytes('{"v":1,"kind":"ClusterPainted","observedAt":"x","prev":0,"cluster":"east"}'),
  );
  assert.deepEqual(decoded, {
    kind: 'skipped',
    why: 'Cannot read an event: its kind "ClusterPainted" is unknown',
  });
});

test('events about one matter have one subject', () => {
  const of = { cluster: 'east' };
  const pin = { ...of, namespace: 'shop', name: 'web' };
  assert.equal(
    controlSubjectOf('demo', { kind: 'cluster-lost', silentSeconds: 300, ...of }),
    controlSubjectOf('demo', { kind: 'cluster-recovered', ...of }),
  );
  assert.equal(
    controlSubjectOf('demo', { kind: 'restored', ...of }),
    'isthmus.demo._control.drain.east',
  );
  assert.equal(
    controlSubjectOf('demo', { kind: 'unpinned', ...pin }),
    'isthmus.demo._control.pin.east.shop.web',
  );
});
