import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NO_FLAGS } from '../../../../libs/dns/message.ts';
import { edns } from '../../../../libs/table/asking.ts';
import { queryOf } from '../../../../test/plugin/ask-plugin.ts';
import { directives } from '../../../../test/plugin/directives.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import type { Query } from '../../query.ts';
import { setup } from './setup.ts';

const viewOf = (text: string) => setup(directives(text), setupContext().context);
const takes = (expression: string, query: Query) =>
  viewOf(`view some {\nexpr ${expression}\n}`).view?.takes(query);

/** A.Example.org TXT, of 44 octets, from 10.1.2.3 port 5353 over TCP to 192.0.2.53. */
const QUERY: Query = {
  ...queryOf(
    'A.Example.org.',
    'TXT',
    { id: 7, edns: { udpSize: 1232, version: 0, dnssecOk: true, options: [] } },
    { address: '10.1.2.3', transport: 'tcp' },
  ),
  octets: 44,
  server: { address: '192.0.2.53', port: 53 },
  metadata: new Map([['kubernetes/namespace', () => 'shop']]),
};

describe('a view takes what is true of the query', () => {
  const rows = [
    "name() == 'a.example.org.' && type() == 'TXT' && class() == 'IN'",
    "client_ip() == '10.1.2.3' and port() == '5353' and proto() == 'tcp'",
    "server_ip() == '192.0.2.53' and server_port() == '53'",
    'id() == 7 and opcode() == 0 and size() == 44 and do()',
    "incidr(client_ip(), '10.0.0.0/8')",
    "incidr('[2001:db8::1]', '2001:DB8::/32')",
    "metadata('kubernetes/namespace') == 'shop' and metadata('none') == ''",
    "name() matches '^a\\\\..*\\\\.org\\\\.$'",
  ];
  for (const row of rows) test(row, () => assert.equal(takes(row, QUERY), true));

  const false_ = [
    "incidr(client_ip(), '10.2.0.0/16')",
    "incidr(name(), '10.0.0.0/8')",
    'incidr(client_ip(), name())',
  ];
  for (const row of false_) test(`not ${row}`, () => assert.equal(takes(row, QUERY), false));
});

test('over TCP a client takes 65535 octets, over UDP what it says', () => {
  assert.equal(takes('bufsize() == 65535', QUERY), true);
  const query = queryOf('a.example.org.', 'A', { edns: edns(1232) });
  assert.equal(takes('bufsize() == 1232', query), true);
});

test('a query without EDNS takes 512 octets, and DO is not set', () => {
  const query = queryOf('a.example.org.', 'A', { flags: NO_FLAGS });
  assert.equal(takes('bufsize() == 512 and not do() and size() == 0', query), true);
});

test('all conditions of a view must be true', () => {
  const both = (first: string, second: string) =>
    viewOf(`view some {\nexpr ${first}\nexpr ${second}\n}`).view?.takes(QUERY);
  assert.deepEqual(
    [both('true', 'true'), both('true', 'false'), both('false', 'true')],
    [true, false, false],
  );
});

test('a view without a condition takes all, and says its name', () => {
  const { view, metadata } = viewOf('view inside');
  assert.equal(view?.takes(QUERY), true);
  const facts = [...(metadata?.(QUERY) ?? [])].map(([label, value]) => [label, value()]);
  assert.deepEqual(facts, [['view/name', 'inside']]);
});

describe('the setup of view refuses', () => {
  const rows: readonly (readonly [text: string, message: RegExp])[] = [
    ['view', /Corefile:2: Cannot read "view": it has no argument; expected the name of the view/],
    ['view a\nview b', /Corefile:3: Cannot use "view" again/],
    ['view a {\nexpr\n}', /Corefile:3: Cannot read "expr": it has no argument/],
    [
      'view a {\nexpr size()\n}',
      /Corefile:3: Cannot read the expression "size\(\)": it is a number;/,
    ],
    ['view a {\nexpr true &&\n}', /"the end" at character 8 is not a value; expected one that is/],
    [
      "view a {\nexpr incidr(client_ip(), '10.0.0.0')\n}",
      /incidr\(\) at character 1: "10\.0\.0\.0" is no network, as 10\.0\.0\.0\/8 is;/,
    ],
    ['view a {\nexpression true\n}', /Cannot use the property "expression" of view: it is unknown/],
  ];
  for (const [text, message] of rows) {
    test(text.replaceAll('\n', ' '), () => assert.throws(() => viewOf(text), { message }));
  }
});
