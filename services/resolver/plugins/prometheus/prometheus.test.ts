import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { directives } from '../../../../test/plugin/directives.ts';
import { getPage } from '../../../../test/plugin/get-page.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import { setup } from './setup.ts';

describe('prometheus', () => {
  test('shows what was counted', async () => {
    const { context } = setupContext();
    setup(directives('prometheus 127.0.0.1:0'), context);
    context.metrics.counter({ name: 'a_total', help: 'A.' }).add();
    const { status, text } = await getPage(context.http, '/metrics');
    assert.equal(status, 200);
    assert.match(text, /^a_total 1$/m);
  });

  test('refuses what it does not know', () => {
    const { context } = setupContext();
    assert.throws(() => setup(directives('prometheus {\n tls f\n}'), context), {
      message:
        'Corefile:3: Cannot use the property "tls" of prometheus: CoreDNS has it, we do not yet; expected none',
    });
    assert.throws(() => setup(directives('prometheus 9153'), context), /Cannot read the address/);
  });
});
