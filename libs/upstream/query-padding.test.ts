import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encode } from '../dns/encode.ts';
import { givenQuery } from './given-client.ts';
import { padded } from './query-padding.ts';

test('a query of any name is a multiple of 128 octets long', () => {
  const label = fc.stringMatching(/^[a-z]{1,60}$/);
  fc.assert(
    fc.property(fc.array(label, { minLength: 1, maxLength: 3 }), (labels) => {
      const { length } = encode(padded(givenQuery(`${labels.join('.')}.`)));
      assert.ok(length === 128 || length === 256 || length === 384, String(length));
    }),
  );
});

test('a query without EDNS stays as it is', () => {
  const query = givenQuery('a.example.', 'A', { edns: undefined });
  assert.equal(padded(query), query);
});
