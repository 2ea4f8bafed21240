import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RCODE } from '../../../../libs/dns/iana.ts';
import { formatRecord } from '../../../../libs/dns/presentation.ts';
import { askPlugin } from '../../../../test/plugin/ask-plugin.ts';
import { directives } from '../../../../test/plugin/directives.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import { setup } from './setup.ts';

const any = (lines = 'any') => setup(directives(lines), setupContext().context);

describe('any', () => {
  test('answers ANY with one record, in the case of the question', async () => {
    const { rcode, answer } = await askPlugin(any(), 'Web.Example.', 'ANY');
    assert.equal(rcode, RCODE.NOERROR);
    assert.deepEqual(answer.map(formatRecord), ['Web.Example. 8482 IN HINFO "RFC8482" ""']);
  });

  test('leaves all else to the next plugin, and the block to the table', async () => {
    for (const type of ['A', 'HINFO', 'AXFR']) {
      assert.equal((await askPlugin(any(), 'web.example.', type)).rcode, RCODE.REFUSED);
    }
    assert.notEqual(any().seesEveryQuery, true);
  });

  test('refuses arguments, braces, and a second one', () => {
    for (const lines of ['any x', 'any {\n x\n}', 'any\nany']) {
      assert.throws(() => any(lines), /Corefile:[23]: Cannot/);
    }
  });
});
