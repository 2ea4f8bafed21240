import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseCorefile } from '../../../../libs/corefile/parser.ts';
import { decode } from '../../../../libs/dns/decode.ts';
import { encode } from '../../../../libs/dns/encode.ts';
import { RCODE } from '../../../../libs/dns/iana.ts';
import { edns, query, records } from '../../../../libs/table/asking.ts';
import { SILENT } from '../../../../libs/telemetry/log.ts';
import { Metrics } from '../../../../libs/telemetry/metrics.ts';
import { directives } from '../../../../test/plugin/directives.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import { configure } from '../../configuration.ts';
import { emptyResponse } from '../../response.ts';
import { Server } from '../../server.ts';
import { setup } from './setup.ts';

/** An answer of about 960 octets. */
const ANSWER = records(Array.from({ length: 58 }, (_, i) => `a. 5 IN A 192.0.2.${i}`).join('\n'));

/** Octets of the reply to a client that can receive so many, and whether it says TC. */
async function replied(lines: string, udpSize: number, transport: 'udp' | 'tcp' = 'udp') {
  const whoever = () => ({
    name: 'forward',
    handle: async () => ({ ...emptyResponse(RCODE.NOERROR), answer: ANSWER }),
  });
  const metrics = new Metrics();
  const { listeners } = configure(
    parseCorefile(
      { file: 'Corefile', text: `. {\n${lines}\nforward\n}` },
      { environment: {}, readFiles: () => [] },
    ),
    { log: SILENT, metrics, setups: { bufsize: setup, forward: whoever } },
  );
  const [listener] = listeners;
  assert.ok(listener !== undefined);
  const server = new Server(listener, { log: SILENT, metrics, nowMs: () => 0 });
  const client = { address: '192.0.2.7', port: 5353, transport };
  const asked = encode(query('a. A', { edns: edns(udpSize) }));
  const octets = await server.answerPacket(asked, client);
  const decoded = octets && decode(octets);
  assert.ok(decoded !== undefined && decoded.kind === 'message');
  return decoded.message.flags.truncated ? 'truncated' : 'whole';
}

describe('bufsize', () => {
  const rows: readonly (readonly [string, number, 'udp' | 'tcp', string])[] = [
    ['bufsize 900', 1232, 'udp', 'truncated'],
    ['bufsize 900', 4096, 'udp', 'truncated'],
    ['bufsize 1100', 1232, 'udp', 'whole'],
    ['bufsize', 1232, 'udp', 'whole'],
    ['bufsize 4096', 900, 'udp', 'truncated'],
    ['bufsize 900', 1232, 'tcp', 'whole'],
  ];
  for (const [lines, size, transport, said] of rows) {
    test(`${lines}: ${said} over ${transport} for a client with ${size}`, async () => {
      assert.equal(await replied(lines, size, transport), said);
    });
  }

  test('leaves a block to the table whose replies are not smaller than all are', () => {
    const sees = (lines: string) => setup(directives(lines), setupContext().context).seesEveryQuery;
    assert.deepEqual(['bufsize', 'bufsize 1231', 'bufsize 4096'].map(sees), [false, true, false]);
  });

  const refused: readonly (readonly [lines: string, message: RegExp])[] = [
    [
      'bufsize 511',
      /Corefile:2: Cannot read the size "511": it is out of range; expected 512 to 4096/,
    ],
    ['bufsize 4097', /"4097": it is out of range/],
    ['bufsize big', /"big": it is no whole number/],
    ['bufsize 512 512', /it has 2 arguments; expected at most a size in octets/],
    ['bufsize {\n x\n}', /Cannot read the block of "bufsize"/],
    ['bufsize\nbufsize', /Corefile:3: Cannot use "bufsize" again/],
  ];
  for (const [lines, message] of refused) {
    test(`refuses ${JSON.stringify(lines)}`, () => {
      assert.throws(() => setup(directives(lines), setupContext().context), message);
    });
  }
});
