import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatRecord, parseRecord } from '../../../../libs/dns/presentation.ts';
import { withinBailiwick } from './bailiwick.ts';

const SIGNATURE = 'DNAME 13 1 5 20380119031408 19700101000000 1 example. AQID';
const OTHER_SIGNATURE = 'NSEC 13 2 5 20380119031408 19700101000000 1 example. AQID';

interface Reply {
  readonly answer?: readonly string[];
  readonly authority?: readonly string[];
  readonly additional?: readonly string[];
}

/** What is left of a reply to a.example.: all of its sections, one after another. */
function left({ answer = [], authority = [], additional = [] }: Reply): readonly string[] {
  const sections = withinBailiwick('a.example.', {
    answer: answer.map(parseRecord),
    authority: authority.map(parseRecord),
    additional: additional.map(parseRecord),
  });
  return [...sections.answer, ...sections.authority, ...sections.additional].map(formatRecord);
}

describe('withinBailiwick keeps', () => {
  const whole: readonly (readonly [what: string, reply: Reply])[] = [
    [
      'aliases in any order, and what they lead to',
      {
        answer: [
          'c.test. 5 IN A 192.0.2.1',
          'B.Example. 5 IN CNAME C.test.',
          'a.example. 5 IN CNAME b.example.',
        ],
      },
    ],
    ['aliases in a circle', { answer: ['a.example. 5 IN CNAME a.example.'] }],
    [
      'a DNAME above the name, with its signature',
      {
        answer: [
          'example. 5 IN DNAME test.',
          `example. 5 IN RRSIG ${SIGNATURE}`,
          'a.example. 5 IN CNAME a.test.',
          'a.test. 5 IN A 192.0.2.1',
        ],
      },
    ],
    [
      'the SOA of a denial, and its proofs',
      {
        authority: [
          'example. 5 IN SOA ns.example. admin.example. 1 2 3 4 5',
          String.raw`z.example. 5 IN NSEC \# 0`,
          `z.example. 5 IN RRSIG ${OTHER_SIGNATURE}`,
        ],
      },
    ],
    [
      'addresses of what is mentioned',
      {
        answer: ['a.example. 5 IN SRV 0 10 80 b.example.'],
        additional: ['b.example. 5 IN A 192.0.2.1', 'B.example. 5 IN AAAA 2001:db8::1'],
      },
    ],
  ];
  for (const [what, reply] of whole) {
    const { answer = [], authority = [], additional = [] } = reply;
    test(what, () => assert.deepEqual(left(reply), [...answer, ...authority, ...additional]));
  }
});

describe('withinBailiwick drops', () => {
  const dropped: readonly (readonly [what: string, reply: Reply])[] = [
    ['another name', { answer: ['b.example. 5 IN A 192.0.2.66'] }],
    ['a name above', { answer: ['example. 5 IN A 192.0.2.66'] }],
    ["a signature of another name's", { answer: [`example. 5 IN RRSIG ${OTHER_SIGNATURE}`] }],
    ['a DNAME beside the name', { answer: ['b.example. 5 IN DNAME evil.'] }],
    ['zones beside the name', { authority: ['bank.example. 5 IN NS ns.evil.'] }],
    ['addresses of what is not mentioned', { additional: ['bank.example. 5 IN A 192.0.2.66'] }],
    ['others than addresses', { additional: ['a.example. 5 IN TXT "x"'] }],
  ];
  for (const [what, reply] of dropped) test(what, () => assert.deepEqual(left(reply), []));
});
