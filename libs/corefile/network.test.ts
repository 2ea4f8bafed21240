import assert from 'node:assert/strict';
import { BlockList } from 'node:net';
import { describe, test } from 'node:test';
import { addNetwork } from './network.ts';

const token = (text: string) => ({ text, file: 'Corefile', line: 7 });

describe('addNetwork', () => {
  const rows: readonly (readonly [text: string, inside: string, outside: string])[] = [
    ['10.0.0.0/8', '10.255.0.1', '11.0.0.1'],
    ['10.1.2.3/8', '10.255.0.1', '11.0.0.1'],
    ['192.0.2.7', '192.0.2.7', '192.0.2.8'],
    ['2001:db8::/32', '2001:db8:1::1', '2001:db9::1'],
    ['2001:db8::1', '2001:db8::1', '2001:db8::2'],
    ['0.0.0.0/0', '192.0.2.1', '2001:db8::1'],
  ];
  for (const [text, inside, outside] of rows) {
    test(`${text} has ${inside}, not ${outside}`, () => {
      const list = new BlockList();
      addNetwork(list, token(text), 'source');
      const has = (address: string) => list.check(address, address.includes(':') ? 'ipv6' : 'ipv4');
      assert.equal(has(inside), true);
      assert.equal(has(outside), false);
    });
  }

  for (const text of [
    '',
    'example',
    '10.0.0.0/33',
    '2001:db8::/129',
    '10.0.0/8',
    '10.0.0.0/',
    '/8',
  ]) {
    test(`${JSON.stringify(text)} is none`, () => {
      const is = 'it is no network; expected one';
      const message = `Corefile:7: Cannot read the source "${text}": ${is}`;
      const add = () => addNetwork(new BlockList(), token(text), 'source', 'one');
      assert.throws(add, { message });
    });
  }
});
