import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RCODE } from '../../../../libs/dns/iana.ts';
import { formatRecord } from '../../../../libs/dns/presentation.ts';
import { queryOf } from '../../../../test/plugin/ask-plugin.ts';
import { directives } from '../../../../test/plugin/directives.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import type { Client } from '../../query.ts';
import { emptyResponse, type Response } from '../../response.ts';
import { setup } from './setup.ts';

async function told(name: string, type: string, client: Partial<Client> = {}): Promise<Response> {
  const plugin = setup(directives('whoami'), setupContext().context);
  const next = async () => emptyResponse(RCODE.REFUSED);
  const response = await plugin.handle?.(queryOf(name, type, {}, client), next);
  assert.ok(response !== undefined);
  return response;
}

const LONGEST = `${'x'.repeat(62)}.`.repeat(4);

describe('whoami', () => {
  const rows: readonly (readonly [name: string, client: Partial<Client>, records: string[]])[] = [
    [
      'Example.org.',
      {},
      ['Example.org. 0 IN A 192.0.2.7', '_udp.Example.org. 0 IN SRV 0 0 5353 .'],
    ],
    [
      'example.org.',
      { address: '2001:db8::7', port: 99, transport: 'tcp' },
      ['example.org. 0 IN AAAA 2001:db8::7', '_tcp.example.org. 0 IN SRV 0 0 99 .'],
    ],
    // With _udp. before it, it would be too long.
    [LONGEST, {}, [`${LONGEST} 0 IN A 192.0.2.7`]],
    ['.', {}, ['. 0 IN A 192.0.2.7', '_udp. 0 IN SRV 0 0 5353 .']],
  ];
  for (const [name, client, records] of rows) {
    test(`tells ${client.address ?? 'a client'} at ${name}`, async () => {
      for (const type of ['A', 'TXT']) {
        const { rcode, authoritative, answer, additional } = await told(name, type, client);
        assert.deepEqual([rcode, authoritative, answer], [RCODE.NOERROR, true, []]);
        assert.deepEqual(additional.map(formatRecord), records);
      }
    });
  }

  test('refuses arguments, braces, and a second one', () => {
    for (const lines of ['whoami x', 'whoami {\n x\n}', 'whoami\nwhoami']) {
      assert.throws(
        () => setup(directives(lines), setupContext().context),
        /Corefile:[23]: Cannot/,
      );
    }
  });
});
