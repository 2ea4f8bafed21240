import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  argumentsOf,
  noArguments,
  noBlock,
  oneArgument,
  oneOf,
  onlyOne,
  readProperties,
  wholeNumber,
  zonesOr,
} from './arguments.ts';
import type { Directive, Token } from './corefile.ts';
import { durationMs } from './duration.ts';
import { listenAddress, listenAddressText } from './listen-address.ts';
import { parseCorefile } from './parser.ts';

const token = (text: string): Token => ({ text, file: 'Corefile', line: 7 });

function directives(text: string): readonly Directive[] {
  const readFiles = () => [];
  const { blocks } = parseCorefile({ file: 'Corefile', text }, { environment: {}, readFiles });
  return blocks.flatMap((block) => block.directives);
}

const [one = directives('.\nx')[0], two] = directives('.\nx a {\n known 1\n other\n}\nx');
if (one === undefined || two === undefined) throw new Error('expected two directives');

describe('statements', () => {
  test('oneArgument gives the only argument', () => {
    assert.equal(oneArgument(one, 'a name').text, 'a');
    assert.throws(() => oneArgument(two, 'a name'), {
      message: 'Corefile:6: Cannot read "x": it has no argument; expected a name',
    });
  });

  test('argumentsOf and noArguments count', () => {
    assert.equal(argumentsOf(one, 'names', 0, 2).length, 1);
    assert.throws(() => noArguments(one), /it has one argument; expected no argument/);
  });

  test('noBlock refuses braces', () => {
    noBlock(two);
    assert.throws(() => noBlock(one), /Corefile:2: Cannot read the block of "x"/);
  });

  test('onlyOne refuses a second directive at its place', () => {
    assert.equal(onlyOne([one]), one);
    assert.throws(() => onlyOne([one, two]), {
      message: 'Corefile:6: Cannot use "x" again: line 2 has it; expected once a server block',
    });
  });

  test('readProperties names what is known', () => {
    const known = () => {};
    assert.throws(() => readProperties(one, { known, more: known }), {
      message:
        'Corefile:4: Cannot use the property "other" of x: it is unknown; expected one of known, more',
    });
    assert.throws(() => readProperties(one, { known }, ['other']), /CoreDNS has it, we do not yet/);
  });

  test('readProperties refuses a block of a property', () => {
    const place = { file: 'Corefile', line: 4 };
    const property = { name: 'known', args: [], block: [], ...place };
    const directive = { name: 'x', args: [], block: [property], file: 'Corefile', line: 3 };
    assert.throws(() => readProperties(directive, { known: () => {} }), {
      message:
        'Corefile:4: Cannot read the block of "known": it has no properties; expected no braces',
    });
  });
});

describe('values', () => {
  test('durationMs reads what Go writes', () => {
    const rows = {
      '0': 0,
      '5s': 5000,
      '1m30s': 90_000,
      '500ms': 500,
      '1.5h': 5_400_000,
      '250us': 0.25,
    };
    for (const [text, ms] of Object.entries(rows)) {
      assert.equal(durationMs(token(text), 'wait', 0, 1e9), ms, text);
    }
  });

  test('durationMs refuses what has no unit or is out of range', () => {
    assert.throws(() => durationMs(token('5'), 'wait', 0, 1000), {
      message:
        'Corefile:7: Cannot read the wait "5": it is no duration; ' +
        'expected a number with a unit: 500ms, 5s, 1m30s',
    });
    assert.throws(
      () => durationMs(token('2h'), 'wait', 0, 60_000),
      /out of range; expected 0 to 1m$/,
    );
  });

  test('wholeNumber refuses what is none or is out of range', () => {
    assert.equal(wholeNumber(token('30'), 'TTL', 0, 3600), 30);
    assert.throws(
      () => wholeNumber(token('-1'), 'TTL', 0, 3600),
      /no whole number; expected 0 to 3600/,
    );
    assert.throws(
      () => wholeNumber(token('3601'), 'TTL', 0, 3600),
      /out of range; expected 0 to 3600/,
    );
  });

  test('oneOf names the words', () => {
    assert.equal(oneOf(token('b'), 'policy', ['a', 'b']), 'b');
    assert.throws(
      () => oneOf(token('c'), 'policy', ['a', 'b']),
      /is unknown; expected one of a, b/,
    );
  });

  test('zonesOr takes names and networks, or the zones of the block', () => {
    assert.deepEqual(zonesOr([], ['.']), ['.']);
    const zones = zonesOr([token('A.org'), token('10.0.0.0/8')], ['.']);
    assert.deepEqual(zones, ['a.org.', '10.in-addr.arpa.']);
  });

  test('listenAddress reads all forms', () => {
    for (const text of [':8080', 'localhost:9153', '10.0.0.1:0', '[::1]:8181']) {
      assert.equal(listenAddressText(listenAddress(token(text))), text);
    }
    for (const text of ['8080', '::1:80', 'a:', ':65536', '[a']) {
      assert.throws(() => listenAddress(token(text)), /expected :PORT, HOST:PORT or \[IPV6\]:PORT/);
    }
  });
});
