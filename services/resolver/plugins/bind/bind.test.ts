import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { directives } from '../../../../test/plugin/directives.ts';
import { setupWith } from './setup.ts';

const INTERFACES = { lo: ['127.0.0.1', '::1'], eth0: ['192.0.2.1'] };
const bound = (text: string) => setupWith(directives(text), INTERFACES).listenOn;

describe('bind', () => {
  test('takes addresses and interfaces, each once', () => {
    assert.deepEqual(bound('bind 192.0.2.9 lo ::1\nbind eth0'), [
      '192.0.2.9',
      '127.0.0.1',
      '::1',
      '192.0.2.1',
    ]);
  });

  test('leaves out what except names', () => {
    assert.deepEqual(bound('bind lo {\n except ::1\n}'), ['127.0.0.1']);
  });

  test('refuses what is neither, or nothing', () => {
    assert.throws(() => bound('bind eth7'), {
      message:
        'Corefile:2: Cannot read the address "eth7": it is none, and no interface; expected one of lo, eth0',
    });
    assert.throws(() => bound('bind'), /Corefile:2: Cannot read "bind": it has no argument/);
    assert.throws(() => bound('bind lo {\n except lo\n}'), /except leaves no address/);
    assert.throws(() => bound('bind lo {\n except\n}'), /Corefile:3: Cannot read "except"/);
  });
});
