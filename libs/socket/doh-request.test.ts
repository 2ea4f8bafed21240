import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { encode } from '../dns/encode.ts';
import { RCODE } from '../dns/iana.ts';
import type { Message } from '../dns/message.ts';
import { parseRecord } from '../dns/presentation.ts';
import { freshnessSeconds } from './doh-freshness.ts';
import { readDohRequest } from './doh-request.ts';
import { REPLY, TYPE } from './given-doh.ts';

describe('a request and a response of DNS over HTTPS', () => {
  test('takes whatever stands in a head', () => {
    const text = fc.string();
    const method = fc.oneof(fc.constantFrom('GET', 'POST', 'HEAD'), text);
    const path = fc.oneof(
      text.map((rest) => `/dns-query?dns=${rest}`),
      text,
    );
    const contentType = fc.option(fc.oneof(fc.constant(TYPE), text), { nil: undefined });
    const contentLength = fc.option(text, { nil: undefined });
    const heads = fc.record({ method, path, contentType, contentLength });
    fc.assert(
      fc.property(heads, (head) => {
        const read = readDohRequest(head);
        assert.ok(read.kind !== 'refused' || read.status >= 400);
      }),
    );
  });

  const SOA = 'shop. 60 IN SOA ns.shop. host.shop. 1 2 3 4 30';
  const lifetimes: readonly (readonly [what: string, Partial<Message>, seconds: number])[] = [
    ['the smallest TTL', { answer: ['a. 9 IN A ::1', 'a. 5 IN A ::1'].map(aaaa) }, 5],
    ['not that of other sections', { authority: [parseRecord('shop. 3 IN NS ns.shop.')] }, 77],
    ['the minimum of a SOA that denies', { answer: [], authority: [parseRecord(SOA)] }, 30],
    ['the TTL of it', { answer: [], authority: [parseRecord(SOA.replace('60', '20'))] }, 20],
    ['the same for NXDOMAIN', { answer: [], authority: [parseRecord(SOA)], rcode: 3 }, 30],
    ['that of an alias to nothing', { authority: [parseRecord(SOA)], rcode: 3 }, 30],
    ['nothing without a SOA', { answer: [], rcode: RCODE.NXDOMAIN }, 0],
    ['nothing for a referral', { answer: [], authority: [parseRecord('shop. 3 IN NS n.')] }, 0],
    ['nothing for a failure', { rcode: RCODE.SERVFAIL }, 0],
  ];
  for (const [what, message, seconds] of lifetimes) {
    test(`a lifetime is ${what}`, () => {
      assert.equal(freshnessSeconds(encode({ ...REPLY, ...message })), seconds);
    });
  }

  test('a lifetime is told of whatever octets', () => {
    const packets = fc.uint8Array({ maxLength: 80 });
    fc.assert(fc.property(packets, (packet) => freshnessSeconds(packet) >= 0));
  });
});

function aaaa(text: string) {
  return parseRecord(text.replace(' A ', ' AAAA '));
}
