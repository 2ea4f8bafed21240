import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RCODE, rcodeName } from '../../../../libs/dns/iana.ts';
import { formatRecord } from '../../../../libs/dns/presentation.ts';
import { askPlugin } from '../../../../test/plugin/ask-plugin.ts';
import { directives } from '../../../../test/plugin/directives.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import { setup } from './setup.ts';

function local(lines = 'local') {
  const { context } = setupContext();
  return { plugin: setup(directives(lines), context), metrics: context.metrics };
}

/** The answer, the owner of the SOA that denies, or `passed`. */
async function said(question: string, lines?: string): Promise<string> {
  const [name = '', type = ''] = question.split(' ');
  const { rcode, answer, authority, authoritative } = await askPlugin(
    local(lines).plugin,
    name,
    type,
  );
  if (rcode === RCODE.REFUSED) return 'passed';
  assert.equal(authoritative, true);
  const [soa] = authority;
  const status = rcodeName(rcode);
  return answer.map(formatRecord).join() || `${status} ${soa?.name} ${soa?.ttl}`;
}

describe('local', () => {
  const OFF = 'local {\n localhost_prefix off\n}';
  const ON = 'local {\n localhost_prefix on\n}';
  const SOA = 'localhost. root.localhost. 1 0 0 0 604800';
  const rows: readonly (readonly [question: string, said: string, lines?: string])[] = [
    ['localhost. A', 'localhost. 604800 IN A 127.0.0.1'],
    ['LocalHost. AAAA', 'LocalHost. 604800 IN AAAA ::1'],
    ['localhost. SOA', `localhost. 604800 IN SOA ${SOA}`],
    ['localhost. NS', 'localhost. 604800 IN NS localhost.'],
    ['localhost. MX', 'NOERROR localhost. 604800'],
    ['a.localhost. A', 'a.localhost. 604800 IN A 127.0.0.1'],
    ['a.localhost. NS', 'NOERROR localhost. 604800'],
    ['notlocalhost. A', 'passed'],
    ['localhost.example.org. A', 'localhost.example.org. 604800 IN A 127.0.0.1'],
    ['localhost.example.org. MX', 'NOERROR localhost.example.org. 604800'],
    ['localhost.example.org. A', 'passed', OFF],
    ['localhost.example.org. A', 'passed', `${OFF}\nlocal`],
    ['localhost.example.org. A', 'localhost.example.org. 604800 IN A 127.0.0.1', ON],
    ['localhost.localhost. A', 'localhost.localhost. 604800 IN A 127.0.0.1', OFF],
    ['1.0.0.127.in-addr.arpa. PTR', '1.0.0.127.in-addr.arpa. 604800 IN PTR localhost.'],
    ['1.0.0.127.in-addr.arpa. A', 'NOERROR 127.in-addr.arpa. 604800'],
    ['0.0.127.in-addr.arpa. PTR', 'NOERROR 127.in-addr.arpa. 604800'],
    ['2.0.0.127.in-addr.arpa. PTR', 'NXDOMAIN 127.in-addr.arpa. 604800'],
    ['127.in-addr.arpa. A', 'NOERROR 127.in-addr.arpa. 604800'],
    ['0.in-addr.arpa. SOA', `0.in-addr.arpa. 604800 IN SOA ${SOA}`],
    ['1.255.in-addr.arpa. PTR', 'NXDOMAIN 255.in-addr.arpa. 604800'],
    ['10.in-addr.arpa. PTR', 'passed'],
    ['constructor.localhost. TYPE1234', 'NOERROR localhost. 604800'],
  ];
  for (const [question, expected, lines] of rows) {
    test(`${question} is ${expected}`, async () => {
      assert.equal(await said(question, lines), expected);
    });
  }

  test('counts names below localhost and those that begin with it', async () => {
    const { plugin, metrics } = local();
    for (const name of ['a.localhost.', 'localhost.a.', 'localhost.', 'b.']) {
      await askPlugin(plugin, name, 'A');
    }
    assert.match(await metrics.text(), /^coredns_local_localhost_requests_total 2$/m);
  });

  const refused: readonly (readonly [lines: string, message: RegExp])[] = [
    ['local x', /Cannot read "local": it has one argument/],
    ['local {\n localhost_prefix\n}', /Cannot read "localhost_prefix": it has no argument/],
    ['local {\n localhost_prefix yes\n}', /Cannot read the word "yes": .* one of on, off/],
    ['local {\n x\n}', /Corefile:3: Cannot use the property "x" of local/],
  ];
  for (const [lines, message] of refused) {
    test(`refuses ${JSON.stringify(lines)}`, () => assert.throws(() => local(lines), message));
  }

  test('leaves all other names to the table, which denies none that begins with localhost', () => {
    const names = [
      'localhost.',
      'a.localhost.',
      'localhost.test.',
      '1.0.0.127.in-addr.arpa.',
      'a.test.',
    ];
    const left = (lines: string) => {
      const { seesEveryQuery, seesEveryDenial, chainNames } = local(lines).plugin;
      return [seesEveryQuery, seesEveryDenial, names.filter((name) => !chainNames?.has(name))];
    };
    assert.deepEqual(left(ON), [undefined, true, ['a.test.']]);
    assert.deepEqual(left(OFF), [undefined, false, ['localhost.test.', 'a.test.']]);
  });
});
