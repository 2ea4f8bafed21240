import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { answerTo } from '../../test/servers/upstream.ts';
import { RCODE } from '../dns/iana.ts';
import type { Message } from '../dns/message.ts';
import { nameToWire } from '../dns/name.ts';
import { formatRecord } from '../dns/presentation.ts';
import { givenQuery } from './given-client.ts';
import { judgeReply } from './reply-check.ts';

const query = givenQuery('wWw.eXample.', 'A');
const { flags } = query;
const A = 'www.example. 60 IN A 192.0.2.1';

describe('judgeReply', () => {
  const question = { name: 'wWw.eXample.', type: 'A', class: 1 };
  const withoutRecords = { edns: undefined, question: undefined };
  const rows: readonly (readonly [what: string, kind: string, change: Partial<Message>])[] = [
    ['takes the reply', 'reply', {}],
    ['does not take another id', 'foreign', { id: query.id ^ 1 }],
    ['does not take a query', 'foreign', { flags }],
    ['does not take another opcode', 'foreign', { opcode: 4 }],
    ['does not take another name', 'foreign', { question: { ...question, name: 'b.example.' } }],
    ['does not take another type', 'foreign', { question: { ...question, type: 'AAAA' } }],
    ['does not take another class', 'foreign', { question: { ...question, class: 3 } }],
    [
      'knows a truncated one',
      'truncated',
      { flags: { ...flags, response: true, truncated: true } },
    ],
    ...[RCODE.FORMERR, RCODE.SERVFAIL, RCODE.NOTIMP, RCODE.REFUSED].map(
      (rcode) =>
        ['takes a failure without a question', 'reply', { ...withoutRecords, rcode }] as const,
    ),
    ['does not take an answer without a question', 'foreign', withoutRecords],
    [
      'does not take NXDOMAIN without a question',
      'foreign',
      { ...withoutRecords, rcode: RCODE.NXDOMAIN },
    ],
  ];
  for (const [what, kind, change] of rows) {
    test(`${what}: ${JSON.stringify(change)}`, () => {
      assert.equal(judgeReply(query, answerTo(query, [A], change)).kind, kind);
    });
  }

  test('says whether the case was kept, and gives lower case', () => {
    for (const [name, keepsCase] of [
      ['wWw.eXample.', true],
      ['www.example.', false],
    ] as const) {
      const packet = answerTo(query, [A], { question: { ...question, name } });
      const verdict = judgeReply(query, packet);
      assert.ok(verdict.kind === 'reply');
      assert.equal(verdict.keepsCase, keepsCase);
      assert.deepEqual(verdict.message.answer.map(formatRecord), [A]);
    }
  });

  test('gives lower case also to names that repeat the question', () => {
    const owners = ['wWw.eXample.', 'eXample.', 'WWW.example.'];
    const whole = answerTo(query, []);
    const question = whole.subarray(12, 12 + 17);
    const rest = Uint8Array.of(0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1);
    const records = owners.map((owner) => [...nameToWire(owner), ...rest]);
    const header = [...whole.subarray(0, 6), 0, owners.length, 0, 0, 0, 0];
    const verdict = judgeReply(query, Uint8Array.from([...header, ...question, ...records.flat()]));
    assert.ok(verdict.kind === 'reply');
    assert.deepEqual(
      verdict.message.answer.map(({ name }) => name),
      ['www.example.', 'example.', 'WWW.example.'],
    );
  });

  test('calls broken what is to the query and no message', () => {
    for (const cut of [1, 5, 20]) {
      const packet = answerTo(query, [A]);
      assert.equal(judgeReply(query, packet.subarray(0, packet.length - cut)).kind, 'broken');
    }
    assert.equal(judgeReply(query, Uint8Array.of(0x12, 0x34, 0x80)).kind, 'foreign');
  });

  test('has a verdict for any octets, and takes none that are not to the query', () => {
    const whole = [...answerTo(query, [A])];
    const changes = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 4 });
    const packets = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      changes.map((some) => {
        const packet = Uint8Array.from(whole);
        for (const [at, octet] of some) packet[at] = octet;
        return packet;
      }),
    );
    fc.assert(
      fc.property(packets, (packet) => {
        const before = Uint8Array.from(packet);
        const verdict = judgeReply(query, packet);
        if (verdict.kind !== 'reply' || verdict.message.question === undefined) return;
        const sameId = before[0] === 0x12 && before[1] === 0x34;
        assert.ok(sameId && verdict.message.question.name === 'www.example.');
      }),
      { numRuns: 5000 },
    );
  });
});
