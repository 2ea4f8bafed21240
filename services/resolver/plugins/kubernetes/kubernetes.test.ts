import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EDE, RCODE } from '../../../../libs/dns/iana.ts';
import type { Message } from '../../../../libs/dns/message.ts';
import { lowerName } from '../../../../libs/dns/name.ts';
import { formatRecord } from '../../../../libs/dns/presentation.ts';
import { givenResolver } from '../../../../test/kubernetes-names/given-resolver.ts';
import { CLUSTER, ROWS, type Row } from '../../../../test/kubernetes-names/specification-rows.ts';

const STANZA = `kubernetes cluster.local in-addr.arpa ip6.arpa {
  pods insecure
}`;

/** What the rows say of a message. */
function said({ rcode, flags, answer, authority }: Message): Row['answer'] {
  assert.ok(flags.authoritative);
  if (answer.length > 0) {
    return answer.map((record) => formatRecord({ ...record, name: lowerName(record.name) })).sort();
  }
  assert.deepEqual(
    authority.map(({ type }) => type),
    ['SOA'],
  );
  assert.ok(rcode === RCODE.NOERROR || rcode === RCODE.NXDOMAIN, `rcode ${rcode}`);
  return rcode === RCODE.NOERROR ? 'nodata' : 'nxdomain';
}

const expected = ({ answer }: Row) => (typeof answer === 'string' ? answer : [...answer].sort());

describe('a kubernetes stanza answers by the Kubernetes DNS specification 1.1.0', () => {
  const { fromTable, fromChain } = givenResolver(STANZA, CLUSTER);
  for (const row of ROWS) {
    const { section, name, type } = row;
    test(`§ ${section}: ${name} ${type}`, async () => {
      for (const question of [`${name} ${type}`, `${name.toUpperCase()} ${type}`]) {
        assert.deepEqual(said(await fromChain(question)), expected(row));
        const answer = fromTable(question);
        if (answer !== undefined) assert.deepEqual(said(answer), expected(row));
      }
    });
  }

  test('from the table, but for what any name could be, and for what an alias leads to', () => {
    const handedOver = ROWS.filter(
      ({ name, type, answer }) =>
        typeof answer !== 'string' && fromTable(`${name} ${type}`) === undefined,
    );
    assert.deepEqual([...new Set(handedOver.map(({ section }) => section))], ['2.5', '2.6']);
  });
});

describe('a kubernetes stanza whose cluster is not synced', () => {
  const { fromTable, fromChain } = givenResolver(STANZA, CLUSTER, false);
  for (const row of ROWS) {
    const { section, name, type, answer } = row;
    const denied = typeof answer === 'string';
    const is = denied ? 'can not be denied yet' : 'is answered';
    test(`§ ${section}: ${name} ${type} ${is}`, async () => {
      const response = await fromChain(`${name} ${type}`);
      const ofTable = fromTable(`${name} ${type}`);
      if (!denied) {
        assert.deepEqual(said(response), expected(row));
        if (ofTable !== undefined) assert.deepEqual(said(ofTable), expected(row));
        return;
      }
      assert.equal(ofTable, undefined);
      assert.equal(response.rcode, RCODE.SERVFAIL);
      assert.deepEqual(
        response.edns?.options.map(({ data }) => [...data]),
        [[0, EDE.NOT_READY]],
      );
    });
  }
});

describe('a server block', () => {
  test('has one kubernetes stanza', () => {
    assert.throws(() => givenResolver('kubernetes a.\nkubernetes b.', []), {
      name: 'ConfigurationError',
      message: /Corefile:3: Cannot use "kubernetes" again: line 2 has it; expected once a server/,
    });
  });
});
