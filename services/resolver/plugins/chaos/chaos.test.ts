import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseCorefile } from '../../../../libs/corefile/parser.ts';
import { decode } from '../../../../libs/dns/decode.ts';
import { encode } from '../../../../libs/dns/encode.ts';
import { rcodeName } from '../../../../libs/dns/iana.ts';
import { query } from '../../../../libs/table/asking.ts';
import { SILENT } from '../../../../libs/telemetry/log.ts';
import { Metrics } from '../../../../libs/telemetry/metrics.ts';
import { configure } from '../../configuration.ts';
import { Server } from '../../server.ts';
import { createChaosSetup } from './setup.ts';

const CLIENT = { address: '192.0.2.7', port: 5353, transport: 'udp' } as const;
const setups = { chaos: createChaosSetup({ version: 'Isthmus-1', hostname: 'pod-7' }) };

function serve(lines: string): Server {
  const source = { file: 'Corefile', text: `. {\n${lines}\n}` };
  const corefile = parseCorefile(source, { environment: {}, readFiles: () => [] });
  const metrics = new Metrics();
  const { listeners } = configure(corefile, { log: SILENT, metrics, setups });
  const [listener] = listeners;
  assert.ok(listener !== undefined);
  return new Server(listener, { log: SILENT, metrics, nowMs: () => 0 });
}

/** The response code, then the texts. */
async function told(lines: string, name: string, type = 'TXT', dnsClass = 3): Promise<string> {
  const asked = encode({ ...query(`${name} ${type}`), question: { name, type, class: dnsClass } });
  const reply = await serve(lines).answerPacket(asked, CLIENT);
  const decoded = reply && decode(reply);
  assert.ok(decoded !== undefined && decoded.kind === 'message');
  const { rcode, answer, question } = decoded.message;
  assert.equal(question?.class, dnsClass);
  assert.ok(answer.every((record) => record.name === name && record.ttl === 0));
  return [rcodeName(rcode), ...answer.map(({ rdata }) => rdata)].join(' ');
}

describe('chaos', () => {
  const rows: readonly (readonly [lines: string, name: string, said: string])[] = [
    ['chaos', 'version.bind.', 'NOERROR "Isthmus-1"'],
    ['chaos', 'Version.Server.', 'NOERROR "Isthmus-1"'],
    ['chaos', 'hostname.bind.', 'NOERROR "pod-7"'],
    ['chaos', 'id.server.', 'NOERROR "pod-7"'],
    ['chaos', 'authors.bind.', 'NOERROR "The authors of Isthmus"'],
    ['chaos', 'example.org.', 'REFUSED'],
    ['chaos "my \\"own\\""', 'version.bind.', 'NOERROR "my \\"own\\""'],
    ['chaos é', 'version.bind.', 'NOERROR "\\195\\169"'],
    ['chaos v a b a', 'authors.bind.', 'NOERROR "a" "b"'],
    ['chaos a\nchaos b', 'version.bind.', 'NOERROR "a"'],
    ['', 'version.bind.', 'REFUSED'],
  ];
  for (const [lines, name, said] of rows) {
    test(`"${lines}": ${name} is ${said}`, async () => {
      assert.equal(await told(lines, name), said);
    });
  }

  test('answers TXT of class CH only', async () => {
    assert.equal(await told('chaos', 'version.bind.', 'A'), 'REFUSED');
    assert.equal(await told('chaos', 'version.bind.', 'TXT', 4), 'REFUSED');
    assert.equal(await told('chaos', 'version.bind.', 'TXT', 1), 'REFUSED');
  });

  const refused: readonly (readonly [lines: string, message: RegExp])[] = [
    [`chaos ${'é'.repeat(128)}`, /it has 256 octets; expected 255 at most/],
    ['chaos {\n x\n}', /Cannot read the block of "chaos"/],
  ];
  for (const [lines, message] of refused) {
    test(`refuses ${JSON.stringify(lines)}`, () => assert.throws(() => serve(lines), message));
  }
});
