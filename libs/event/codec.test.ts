import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { decodeEntry, EVENT_VERSION, encodeEnvelope, isRemoval } from './codec.ts';
import { OBJECT_KINDS } from './object.ts';
import { isClusterName, subjectOf } from './subject.ts';

const golden = readFileSync(new URL(`golden/v${EVENT_VERSION}.jsonl`, import.meta.url), 'utf8')
  .trim()
  .split('\n');
const bytes = (line: string) => new TextEncoder().encode(line);

test('every event of the golden file is read, and written again to the letter', () => {
  for (const line of golden) {
    const decoded = decodeEntry(bytes(line));
    assert.equal(
      decoded.kind,
      'event',
      `${line}: ${decoded.kind === 'skipped' ? decoded.why : ''}`,
    );
    if (decoded.kind === 'event') {
      assert.equal(new TextDecoder().decode(encodeEnvelope(decoded.envelope)), line);
    }
  }
});

test('the golden file has an event of every kind', () => {
  for (const kind of OBJECT_KINDS) {
    assert.ok(
      golden.some((line) => line.includes(`"${kind}Observed"`)),
      kind,
    );
  }
});

test('decodeEntry skips what it does not know, and says why', () => {
  const rows: readonly (readonly [string, RegExp])[] = [
    [
      '{"v":2,"kind":"ServiceObserved","observedAt":"x","prev":0}',
      /it has version 2; expected at most 1/,
    ],
    [
      '{"v":1,"kind":"ServicePainted","observedAt":"x","prev":0}',
      /its kind "ServicePainted" is unknown/,
    ],
    [
      '{"v":1,"kind":"SecretObserved","observedAt":"x","prev":0,"object":{}}',
      /its kind "SecretObserved" is unknown/,
    ],
    [
      '{"v":1,"kind":"NamespaceObserved","observedAt":"x","prev":0,"object":{"name":"a"}}',
      /field namespace is missing/,
    ],
    [
      '{"v":1,"kind":"ServiceObserved","observedAt":"x","prev":0,"object":{"namespace":"a","name":"b","type":"Odd"}}',
      /field type is "Odd"; expected ClusterIP or NodePort/,
    ],
    ['[]', /an event is \[\]; expected an object/],
    ['nonsense', /not valid JSON/],
  ];
  for (const [line, why] of rows) {
    const decoded = decodeEntry(bytes(line));
    assert.equal(decoded.kind, 'skipped', line);
    if (decoded.kind === 'skipped') assert.match(decoded.why, why);
  }
});

test('subjectOf gives one subject to all events of an object', () => {
  const ref = { kind: 'EndpointSlice', namespace: 'shop', name: 'web.v2-x' } as const;
  const object = { ...ref, service: 'web', endpoints: [], ports: [] };
  const subject = 'isthmus.demo.east.endpointslice.shop.web.v2-x';
  assert.equal(subjectOf('demo', 'east', { kind: 'observed', object }), subject);
  assert.equal(subjectOf('demo', 'east', { kind: 'removed', ref }), subject);
});

test('subjectOf puts _ where a kind has no namespace', () => {
  const object = { kind: 'Namespace', namespace: '', name: 'shop' } as const;
  assert.equal(
    subjectOf('demo', 'east', { kind: 'observed', object }),
    'isthmus.demo.east.namespace._.shop',
  );
  const started = { kind: 'watch-started', writer: 'w', previous: 0 } as const;
  assert.equal(subjectOf('demo', 'east', started), 'isthmus.demo.east.watcher._.watch-started');
});

test('subjectOf gives what is held, and its end, one subject: the last of them counts', () => {
  const held = { kind: 'removals-held', count: 30, of: 40 } as const;
  const released = { kind: 'removals-released', by: 'operator' } as const;
  assert.equal(subjectOf('demo', 'east', released), subjectOf('demo', 'east', held));
});

test('isClusterName takes DNS labels only', () => {
  for (const name of ['east', 'eu-west-1', 'a', '0']) assert.ok(isClusterName(name), name);
  for (const name of ['', 'East', 'a.b', '-a', 'a-', 'a_b', '>', '*', 'a'.repeat(64)])
    assert.ok(!isClusterName(name), name);
});

test('a removal is told by its beginning, and nothing else is', () => {
  for (const line of golden) {
    const isGone = /"kind":"[A-Za-z]+Removed"/.test(line);
    assert.equal(isRemoval(Buffer.from(line)), isGone, line);
  }
  const removed = golden.find((line) => line.includes('ServiceRemoved')) ?? '';
  assert.notEqual(removed, '');
  const newer = removed.replace('"v":1', '"v":2');
  for (const other of [newer, removed.replace('Service', 'Other'), '', 'ServiceRemoved']) {
    assert.equal(isRemoval(Buffer.from(other)), false, other);
  }
});
