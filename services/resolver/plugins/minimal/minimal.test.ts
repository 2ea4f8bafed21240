import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RCODE } from '../../../../libs/dns/iana.ts';
import { formatRecord, parseRecord } from '../../../../libs/dns/presentation.ts';
import { askPlugin } from '../../../../test/plugin/ask-plugin.ts';
import { directives } from '../../../../test/plugin/directives.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import { emptyResponse } from '../../response.ts';
import { setup } from './setup.ts';

const ANSWER = 'example.org. 5 IN MX 10 mail.example.org.';
const NS = 'example.org. 5 IN NS ns.example.org.';
const SOA = 'example.org. 5 IN SOA ns.example.org. root.example.org. 1 2 3 4 5';
const GLUE = 'ns.example.org. 5 IN A 192.0.2.53';

const minimal = (lines = 'minimal') => setup(directives(lines), setupContext().context);

/** The records that are left. */
async function left(
  type: string,
  rcode: number,
  answer: readonly string[],
  authority: readonly string[],
): Promise<readonly string[]> {
  const response = await askPlugin(minimal(), 'example.org.', type, async () => ({
    ...emptyResponse(rcode),
    answer: answer.map(parseRecord),
    authority: authority.map(parseRecord),
    additional: [parseRecord(GLUE)],
  }));
  const sections = [response.answer, response.authority, response.additional];
  return sections.flat().map(formatRecord);
}

describe('minimal', () => {
  const { NOERROR, NXDOMAIN, SERVFAIL } = RCODE;
  const rows: readonly (readonly [
    what: string,
    type: string,
    rcode: number,
    answer: readonly string[],
    authority: readonly string[],
    left: readonly string[],
  ])[] = [
    ['keeps the answer only', 'MX', NOERROR, [ANSWER], [NS], [ANSWER]],
    ['leaves nothing of a reply that says nothing', 'MX', NOERROR, [], [], []],
    ['keeps the SOA of NODATA', 'MX', NOERROR, [], [SOA], [SOA, GLUE]],
    ['keeps the SOA of NXDOMAIN', 'MX', NXDOMAIN, [], [SOA], [SOA, GLUE]],
    ['keeps a referral', 'MX', NOERROR, [], [NS], [NS, GLUE]],
    ['keeps a failure', 'MX', SERVFAIL, [], [], [GLUE]],
    ['keeps a transfer', 'AXFR', NOERROR, [SOA, NS, SOA], [], [SOA, NS, SOA, GLUE]],
  ];
  for (const [what, type, rcode, answer, authority, expected] of rows) {
    test(what, async () => {
      assert.deepEqual(await left(type, rcode, answer, authority), expected);
    });
  }

  test('sees every query', () => assert.equal(minimal().seesEveryQuery, true));

  test('refuses arguments, braces, and a second one', () => {
    for (const lines of ['minimal x', 'minimal {\n x\n}', 'minimal\nminimal']) {
      assert.throws(() => minimal(lines), /Corefile:[23]: Cannot/);
    }
  });
});
