/**
 * Invariant 7 for what upstream said: whatever that is, however old, whoever asks, a reader gives
 * the message that the chain gives.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encode } from '../../../../libs/dns/encode.ts';
import { RCODE } from '../../../../libs/dns/iana.ts';
import { OPTION_EDE } from '../../../../libs/dns/message.ts';
import { edns, query } from '../../../../libs/table/asking.ts';
import { said } from '../../../../test/plugin/cache-over.ts';
import { cachedChain } from '../../../../test/plugin/cached-chain.ts';

const NAMES = ['a.example.', 'www.a.example.', 'b.example.', 'example.', 'x.test.', '.'];
const names = fc.constantFrom(...NAMES);
const ttls = fc.oneof(
  { weight: 30, arbitrary: fc.integer({ min: 30, max: 100_000 }) },
  { weight: 1, arbitrary: fc.nat(5) },
);
/** In ms: mostly within a lifetime. */
const ages = fc.oneof(fc.nat(3000), fc.nat(20_000), fc.nat(120_000));

const RDATA: Readonly<Record<string, readonly string[]>> = {
  A: ['192.0.2.1', '192.0.2.2', '198.51.100.3'],
  AAAA: ['2001:db8::1', '2001:db8::2'],
  MX: NAMES.map((name) => `10 ${name}`),
  TXT: ['"v=spf1 -all"', `"${'x'.repeat(255)}" "${'y'.repeat(200)}"`],
  CNAME: NAMES,
  NS: NAMES,
  SRV: NAMES.map((name) => `0 5 443 ${name}`),
  HTTPS: ['\\# 3 000100'],
  DS: ['\\# 5 0001080200'],
};
const types = fc.constantFrom(...Object.keys(RDATA));
const rdataOf = (type: string, choice: number) => {
  const choices = RDATA[type] ?? [];
  return choices[choice % choices.length] ?? '';
};
const mixedCase = (name: string) => (name.length % 2 === 0 ? name : name.toUpperCase());
const record = fc
  .tuple(names, ttls, types, fc.nat(99))
  .map(
    ([name, ttl, type, choice]) => `${mixedCase(name)} ${ttl} IN ${type} ${rdataOf(type, choice)}`,
  );
const soa = fc
  .tuple(fc.constantFrom('example.', 'test.', '.'), ttls, ttls)
  .map(([zone, ttl, least]) => `${zone} ${ttl} IN SOA ns.example. admin.test. 1 2 3 4 ${least}`);

/** What upstream says to the question; often it answers it. */
const upstreams = fc.record({
  rcode: fc.constantFrom(RCODE.NOERROR, RCODE.NOERROR, RCODE.NXDOMAIN, RCODE.SERVFAIL),
  own: fc.array(fc.tuple(ttls, fc.nat(99)), { maxLength: 6, size: 'max' }),
  more: fc.array(record, { maxLength: 12 }),
  authority: fc.array(soa, { maxLength: 1 }),
  additional: fc.array(record, { maxLength: 4 }),
  authenticData: fc.boolean(),
  explains: fc.nat(19),
});

const question = fc.tuple(names, types);
const asked = fc.record({
  edns: fc.constantFrom(
    undefined,
    edns(512),
    edns(600),
    edns(4096),
    edns(1232, { dnssecOk: true }),
  ),
  recursionDesired: fc.nat(9).map((n) => n > 0),
  authenticData: fc.boolean(),
  checkingDisabled: fc.nat(9).map((n) => n === 0),
  isUpper: fc.boolean(),
});

test('the table equals the chain for cached answers', async () => {
  let read = 0;
  let handedOver = 0;
  await fc.assert(
    fc.asyncProperty(
      ...[upstreams, question, fc.nat(999), fc.array(ages, { maxLength: 4 })],
      fc.array(asked, { minLength: 12, maxLength: 12 }),
      async (upstream, [name, type], phaseMs, elapsed, queries) => {
        const answer = [
          ...upstream.own.map(([ttl, n]) => `${name} ${ttl} IN ${type} ${rdataOf(type, n)}`),
          ...upstream.more,
        ];
        const { rcode, authority, additional, authenticData, explains } = upstream;
        const options = explains === 0 ? [{ code: OPTION_EDE, data: Uint8Array.of(0, 9) }] : [];
        const records = said(rcode === RCODE.SERVFAIL ? [] : answer, rcode, authority, {
          additional: said(additional).answer,
          authenticData,
          options,
        });
        const { clock, fromReader, fromChain, ask, pass } = cachedChain(records);
        clock.wallMs += phaseMs;
        await ask(`${name} ${type}`);
        for (const ms of [0, ...elapsed]) {
          await pass(ms);
          for (const { edns: opt, isUpper, ...flags } of queries) {
            const message = query(`${isUpper ? name.toUpperCase() : name} ${type}`, { edns: opt });
            const packet = encode({ ...message, flags: { ...message.flags, ...flags } });
            const fromTable = fromReader(packet);
            if (typeof fromTable === 'number') handedOver++;
            else {
              read++;
              assert.deepEqual(fromTable, await fromChain(packet), `after ${ms} ms`);
            }
          }
        }
      },
    ),
    { numRuns: 1100 },
  );
  assert.ok(read > 10_000 && handedOver > 1000, `read ${read}, handed over ${handedOver}`);
});
