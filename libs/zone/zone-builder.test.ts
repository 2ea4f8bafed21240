import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRecord } from '../dns/presentation.ts';
import { ZoneBuilder } from './zone-builder.ts';

test('a zone has a bounded number of names, with those that exist by others below them', () => {
  const add = (namesMax: number) => {
    const builder = new ZoneBuilder('example.', namesMax);
    const names = ['example.', 'c.b.a.example.', 'c.b.a.example.', 'd.example.'];
    return names.map((name) => builder.add(parseRecord(`${name} 5 IN A 192.0.2.1`)));
  };
  assert.deepEqual(add(5), [undefined, undefined, undefined, undefined]);
  const why =
    'there are too many names, with those that only have others below them; expected 4 at most';
  assert.deepEqual(add(4), [undefined, undefined, undefined, { why, isFatal: true }]);
});

test('a set has no more records, and a name no more types, than a message can carry', () => {
  const last = (records: readonly string[]) => {
    const builder = new ZoneBuilder('example.');
    return records.map((record) => builder.add(parseRecord(`a.example. 5 IN ${record}`))).at(-1);
  };
  const many = (count: number, record: (i: number) => string) =>
    Array.from({ length: count }, (_, i) => record(i));
  const address = (i: number) => `A 10.0.${i >> 8}.${i & 255}`;
  const type = (i: number) => `TYPE${1000 + i} \\# 1 00`;
  assert.equal(last(many(4096, address)), undefined);
  assert.match(last(many(4097, address))?.why ?? '', /too many records of a.example. and its type/);
  assert.equal(last(many(4096, type)), undefined);
  assert.match(last(many(4097, type))?.why ?? '', /too many types of a.example./);
});
