import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RCODE } from '../../../../libs/dns/iana.ts';
import { said } from '../../../../test/plugin/cache-over.ts';
import { cachedChain } from '../../../../test/plugin/cached-chain.ts';
import type { Query } from '../../query.ts';
import type { Response } from '../../response.ts';

const SOA = '. 60 IN SOA ns.example. admin.example. 1 2 3 4 60';

/** Has `web.`, and nothing in corp.example, which all clients search first. */
function upstream({ name, question }: Query): Response {
  if (name === 'web.' && question.type === 'A') return said(['web. 60 IN A 192.0.2.80']);
  return said([], name === 'web.' ? RCODE.NOERROR : RCODE.NXDOMAIN, [SOA]);
}

describe('autopath over what the table has', () => {
  const given = () => cachedChain(upstream, 'autopath search.conf\ncache');

  test('walks on from a denial that the cache keeps', async () => {
    const { ask, upstreamAsked } = given();
    for (const time of ['first', 'again']) {
      const { by, message, records } = await ask('Web.corp.example. A');
      assert.equal(by, 'chain', time);
      assert.equal(message.question?.name, 'Web.corp.example.', 'as it was asked');
      assert.deepEqual(records, ['Web.corp.example. 60 IN CNAME Web.', 'Web. 60 IN A 192.0.2.80']);
    }
    assert.deepEqual(upstreamAsked, ['web.corp.example. A', 'web. A'], 'each name once');
  });

  test('leaves what exists to the readers', async () => {
    const { ask } = given();
    await ask('web. A');
    assert.equal((await ask('web. A')).by, 'reader');
    await ask('web. AAAA');
    assert.equal((await ask('web. AAAA')).by, 'reader', 'NODATA');
  });

  test('takes from the readers what is denied now', async () => {
    let exists = true;
    const { ask, pass } = cachedChain(
      (query) => (exists ? said([`${query.name} 60 IN A 192.0.2.80`]) : upstream(query)),
      'autopath search.conf\ncache {\n prefetch 1 1m 90%\n}',
    );
    await ask('web.corp.example. A');
    assert.equal((await ask('web.corp.example. A')).by, 'reader');
    exists = false;
    await pass(10_000);
    const { by, records } = await ask('web.corp.example. A');
    assert.equal(by, 'chain');
    assert.equal(records[0], 'web.corp.example. 60 IN CNAME web.');
  });

  test('leaves denials to the readers where it is not', async () => {
    const { ask } = cachedChain(upstream);
    await ask('web.corp.example. A');
    assert.equal((await ask('web.corp.example. A')).by, 'reader');
  });
});
