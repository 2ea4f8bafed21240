import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseCorefile } from '../../libs/corefile/parser.ts';
import { setupContext } from '../../test/plugin/setup-context.ts';
import { createForwardSetup } from './plugins/forward/setup.ts';
import { originOf } from './saying-below.ts';

/** Of the only server block, on a machine whose resolv.conf names this server. */
function origin(text: string, nameserver = '192.0.2.53'): string {
  const source = { file: 'Corefile', text };
  const [block] = parseCorefile(source, { environment: {}, readFiles: () => [] }).blocks;
  assert.ok(block !== undefined);
  const forwards = block.directives.filter(({ name }) => name === 'forward');
  const forward = createForwardSetup(() => `nameserver ${nameserver}\n`);
  return originOf(block, [forward(forwards, setupContext().context)]);
}

const BLOCK = '. {\n cache\n redisc\n forward . 192.0.2.1\n}';

describe('answers of others come from the same place', () => {
  const rows: readonly (readonly [what: string, text: string])[] = [
    ['on another port', BLOCK.replace('.', '.:5353')],
    ['where they are encrypted', BLOCK.replace('. {', 'tls://. {\n tls cert.pem key.pem')],
    ['with a comment', BLOCK.replace('{', '{ # ours')],
    ['in another order in the file', '. {\n forward . 192.0.2.1\n redisc\n cache\n}'],
    ['above which more is done', BLOCK.replace('cache', 'log\n rewrite name a b\n cache 30')],
    ['with another bound of Redis', BLOCK.replace('redisc', 'redisc 60 {\n timeout 9ms\n }')],
    ['beside names of clusters', BLOCK.replace('cache', 'cache\n kubernetes east.example')],
    ['beside a file of hosts', BLOCK.replace('cache', 'cache\n hosts {\n fallthrough\n }')],
  ];
  for (const [what, text] of rows) {
    test(what, () => assert.equal(origin(text), origin(BLOCK)));
  }
});

describe('answers of others come from elsewhere', () => {
  const rows: readonly (readonly [what: string, text: string])[] = [
    ['where another server is asked', BLOCK.replace('192.0.2.1', '192.0.2.2')],
    ['where another port is asked', BLOCK.replace('192.0.2.1', '192.0.2.1:5353')],
    ['where a server is asked too', BLOCK.replace('192.0.2.1', '192.0.2.1 192.0.2.2')],
    ['where some names go elsewhere', BLOCK.replace('forward', 'forward a. 192.0.2.2\n forward')],
    ['where it is another zone', BLOCK.replace('.', 'example.')],
    ['where it is another view', BLOCK.replace('cache', 'cache\n view in {\n expr true\n }')],
    ['where answers are made up', BLOCK.replace('cache', 'cache\n template IN A')],
    ['where flags are set', BLOCK.replace('cache', 'cache\n header {\n response set ra\n }')],
  ];
  for (const [what, text] of rows) {
    test(what, () => assert.notEqual(origin(text), origin(BLOCK)));
  }

  test('where the file of the machine names another server', () => {
    const text = BLOCK.replace('192.0.2.1', '/etc/resolv.conf');
    assert.equal(origin(text), origin(text));
    assert.notEqual(origin(text, '192.0.2.53'), origin(text, '192.0.2.54'));
  });
});

test('an origin is a word of a key: no space, no sign of what an operator named', () => {
  assert.match(origin(BLOCK), /^[\w-]{16}$/);
});
