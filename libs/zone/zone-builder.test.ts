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
