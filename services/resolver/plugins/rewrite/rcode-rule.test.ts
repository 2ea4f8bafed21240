import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { rcodeName } from '../../../../libs/dns/iana.ts';
import { edns } from '../../../../libs/table/asking.ts';
import { queryOf } from '../../../../test/plugin/ask-plugin.ts';
import { rewriting } from '../../../../test/plugin/rewriting.ts';
import type { Next } from '../../query.ts';
import { QueryFailure } from '../../query-failure.ts';

const [NOERROR, SERVFAIL, NXDOMAIN, REFUSED] = [0, 2, 3, 5];

describe('rewrite rcode', () => {
  const rows: readonly (readonly [rule: string, before: number, after: number])[] = [
    ['rcode web.example. SERVFAIL NOERROR', SERVFAIL, NOERROR],
    ['rcode web.example. 2 0', SERVFAIL, NOERROR],
    ['rcode exact Web.Example servfail noerror', SERVFAIL, NOERROR],
    ['rcode web.example. NXDOMAIN REFUSED', NXDOMAIN, REFUSED],
    ['rcode web.example. NXDOMAIN REFUSED', SERVFAIL, SERVFAIL],
    ['rcode other.example. SERVFAIL NOERROR', SERVFAIL, SERVFAIL],
    ['rcode prefix web SERVFAIL NOERROR', SERVFAIL, NOERROR],
    ['rcode suffix .example. SERVFAIL NOERROR', SERVFAIL, NOERROR],
    ['rcode substring exa SERVFAIL NOERROR', SERVFAIL, SERVFAIL],
    ['rcode substring b.example SERVFAIL NOERROR', SERVFAIL, NOERROR],
    ['rcode regex (.*)\\.example SERVFAIL NOERROR', SERVFAIL, NOERROR],
    ['rcode web.example. SERVFAIL NOTIMPL', SERVFAIL, 4],
    ['rcode web.example. SERVFAIL YXDOMAIN', SERVFAIL, 6],
    ['rcode web.example. 5 15', REFUSED, 15],
  ];
  for (const [rule, before, after] of rows) {
    test(`${rule}: ${rcodeName(before)} becomes ${rcodeName(after)}`, async () => {
      const world = { 'web.example. A': { rcode: before } };
      assert.equal((await rewriting(`rewrite ${rule}`, world).ask('web.example.')).rcode, after);
    });
  }

  test('one that needs EDNS is for clients that speak it', async () => {
    const world = { 'a. A': { rcode: REFUSED } };
    const { ask } = rewriting('rewrite rcode a. REFUSED BADCOOKIE', world);
    assert.equal((await ask('a.')).rcode, REFUSED);
    assert.equal((await ask('a.', { message: { edns: edns(1232) } })).rcode, 23);
  });

  test('is changed once, however many records there are', async () => {
    const rules = 'rewrite continue rcode a. NXDOMAIN NOERROR\nrewrite rcode a. NOERROR NXDOMAIN';
    const records = ['a. 60 IN A 192.0.2.1', 'a. 60 IN A 192.0.2.2', 'a. 60 IN A 192.0.2.3'];
    assert.equal((await rewriting(rules, { 'a. A': records }).ask('a.')).rcode, NOERROR);
  });

  const failing = async () => {
    throw new QueryFailure('no upstream of "." answered');
  };
  const handled = async (lines: string, name = 'a.', next: Next = failing) =>
    rewriting(lines).plugin.handle?.(queryOf(name, 'A'), next);

  test('a failure is SERVFAIL, and says why', async () => {
    const response = await handled('rewrite rcode a. SERVFAIL NXDOMAIN');
    assert.equal(response?.rcode, NXDOMAIN);
    assert.equal(response?.failure?.message, 'no upstream of "." answered');
  });

  test('a failure of a name without such a rule stays one', async () => {
    await assert.rejects(handled('rewrite rcode a. SERVFAIL NXDOMAIN', 'b.'), QueryFailure);
    await assert.rejects(handled('rewrite ttl a. 5'), QueryFailure);
  });

  test('a defect stays one', async () => {
    const defective = async () => {
      throw new TypeError('a defect');
    };
    await assert.rejects(handled('rewrite rcode a. SERVFAIL NXDOMAIN', 'a.', defective), TypeError);
  });
});
