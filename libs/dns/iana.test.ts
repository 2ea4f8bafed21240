import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rcodeName, typeName, typeNumber } from './iana.ts';

test('every type number has a mnemonic that means it', () => {
  for (let number = 0; number <= 0xffff; number++) {
    assert.equal(typeNumber(typeName(number)), number);
  }
});

test('known types have their own mnemonics', () => {
  assert.deepEqual([1, 28, 33, 65, 65280].map(typeName), [
    'A',
    'AAAA',
    'SRV',
    'HTTPS',
    'TYPE65280',
  ]);
  assert.equal(typeNumber('TYPE28'), 28);
});

test('what is no type has no number', () => {
  for (const text of ['', 'a', 'TYPE', 'TYPE65536', 'TYPE1x', 'toString', '__proto__']) {
    assert.equal(typeNumber(text), undefined, text);
  }
});

test('response codes have names, unknown ones their number', () => {
  assert.deepEqual([0, 3, 16, 24].map(rcodeName), ['NOERROR', 'NXDOMAIN', 'BADVERS', 'RCODE24']);
});
