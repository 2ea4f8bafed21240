import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatRecord, formatRRset, parseRecord } from './presentation.ts';

describe('parseRecord', () => {
  test('reads a line of a zone file', () => {
    assert.deepEqual(parseRecord('web.shop.svc.cluster.local. 5 IN A 10.0.0.1'), {
      name: 'web.shop.svc.cluster.local.',
      type: 'A',
      ttl: 5,
      rdata: '10.0.0.1',
    });
  });

  test('takes tabs, no class, and a name without its last dot', () => {
    const line = '\tweb.shop\t5\tTXT\t"a  b"  ';
    assert.equal(formatRecord(parseRecord(line)), 'web.shop. 5 IN TXT "a  b"');
  });

  const rows: readonly (readonly [line: string, why: RegExp])[] = [
    ['web. 5 A', /malformed; expected NAME TTL IN TYPE RDATA/],
    ['web. IN A 10.0.0.1', /malformed/],
    ['web. 5 IN AA 10.0.0.1', /its type is unknown/],
    ['web. 5 IN constructor 1', /its type is unknown/],
    ['web. 2147483648 IN A 10.0.0.1', /its TTL is too long/],
    ['web. 5 IN A 10.0.0', /Cannot use the A rdata "10\.0\.0"/],
    ['a..b. 5 IN A 10.0.0.1', /Cannot use the domain name "a\.\.b\."/],
    ['web. 5 IN CNAME a..b.', /Cannot use the domain name "a\.\.b\."/],
  ];
  for (const [line, why] of rows) {
    test(`refuses ${line}`, () => {
      assert.throws(() => parseRecord(line), { name: 'RangeError', message: why });
    });
  }
});

test('formatRRset gives a line per record', () => {
  const rrset = { name: 'web.', type: 'A', ttl: 5, rdatas: ['10.0.0.1', '10.0.0.2'] };
  assert.deepEqual(formatRRset(rrset), ['web. 5 IN A 10.0.0.1', 'web. 5 IN A 10.0.0.2']);
});
