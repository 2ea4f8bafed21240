import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { decode } from '../dns/decode.ts';
import { encode } from '../dns/encode.ts';
import { RCODE } from '../dns/iana.ts';
import { NO_FLAGS } from '../dns/message.ts';
import { canonicalName } from '../dns/name.ts';
import { DENIED, EXAMPLE, lines, NS, zonesOf } from './given-answers.ts';
import { givenZone, signed, someQuestion, someZone } from './given-zone.ts';
import { verdictOf } from './reference-model.ts';
import { answerFrom } from './zone-answer.ts';

describe('a signed zone answers', () => {
  const zone = signed('example.', givenZone('example.', EXAMPLE)).zone;
  const dnssec = (question: string) => {
    const [name = '', type = ''] = question.split(' ');
    const answer = answerFrom(zonesOf(new Map([['example.', zone]])), {
      name,
      type,
      dnssecOk: true,
    });
    return lines(answer ?? assert.fail()).map((line) => line.replace(/( RRSIG \S+) .*/, '$1'));
  };
  const rows: readonly (readonly [question: string, said: readonly string[]])[] = [
    [
      'web.example. A',
      [
        'NOERROR aa',
        'web.example. 60 IN A 192.0.2.2',
        'web.example. 60 IN RRSIG A',
        `auth ${NS}`,
        'auth example. 60 IN RRSIG NS',
      ],
    ],
    [
      'x.wild.example. A',
      [
        'NOERROR aa',
        'x.wild.example. 60 IN A 192.0.2.12',
        'x.wild.example. 60 IN RRSIG A',
        `auth ${NS}`,
        'auth example. 60 IN RRSIG NS',
        'auth b.ent.wild.example. 60 IN NSEC example. TXT RRSIG NSEC',
        'auth b.ent.wild.example. 60 IN RRSIG NSEC',
      ],
    ],
    [
      'x.cname.example. A',
      [
        'NOERROR aa',
        'x.cname.example. 60 IN CNAME web.example.',
        'x.cname.example. 60 IN RRSIG CNAME',
        'web.example. 60 IN A 192.0.2.2',
        'web.example. 60 IN RRSIG A',
        `auth ${NS}`,
        'auth example. 60 IN RRSIG NS',
        'auth *.cname.example. 60 IN NSEC cut.example. CNAME RRSIG NSEC',
        'auth *.cname.example. 60 IN RRSIG NSEC',
      ],
    ],
    [
      'srv.example. TXT',
      [
        'NOERROR aa',
        `auth ${DENIED}`,
        'auth example. 30 IN RRSIG SOA',
        'auth self.example. 60 IN NSEC _sip.srv.example. CNAME RRSIG NSEC',
        'auth self.example. 60 IN RRSIG NSEC',
      ],
    ],
    [
      'host.old.example. TXT',
      [
        'NOERROR aa',
        'old.example. 60 IN DNAME new.example.',
        'old.example. 60 IN RRSIG DNAME',
        'host.old.example. 60 IN CNAME host.new.example.',
        `auth ${DENIED}`,
        'auth example. 30 IN RRSIG SOA',
        'auth host.new.example. 60 IN NSEC none.example. A RRSIG NSEC',
        'auth host.new.example. 60 IN RRSIG NSEC',
      ],
    ],
    [
      'x.cut.example. A',
      [
        'NOERROR',
        'auth cut.example. 60 IN NS ns.cut.example.',
        'auth cut.example. 60 IN NS ns.example.',
        'auth cut.example. 60 IN NS ns.test.',
        'auth cut.example. 60 IN DS 1 13 2 abcd',
        'auth cut.example. 60 IN RRSIG DS',
        'more ns.cut.example. 60 IN A 192.0.2.9',
        'more ns.example. 60 IN A 192.0.2.1',
        'more ns.example. 60 IN RRSIG A',
      ],
    ],
    [
      'none.example. RRSIG',
      [
        'NOERROR aa',
        'none.example. 60 IN RRSIG MX',
        'none.example. 60 IN RRSIG NSEC',
        `auth ${NS}`,
        'auth example. 60 IN RRSIG NS',
      ],
    ],
  ];
  for (const [question, said] of rows) {
    test(question, () => assert.deepEqual(dnssec(question), said));
  }
});

test('whatever is asked, the answer can be sent', () => {
  const zones = zonesOf(
    new Map([['example.', signed('example.', givenZone('example.', EXAMPLE)).zone]]),
  );
  const label = fc.oneof(
    fc.constantFrom('*', 'old', 'cut', 'wild', 'ent', 'loop', 'long', 'cname', 'a', 'web'),
    fc.array(fc.nat(255), { minLength: 1, maxLength: 63 }).map((octets) => {
      return octets.map((octet) => `\\${String(octet).padStart(3, '0')}`).join('');
    }),
  );
  const types = fc.constantFrom(
    'A',
    'MX',
    'NS',
    'DS',
    'ANY',
    'RRSIG',
    'NSEC',
    'HTTPS',
    'TYPE65280',
  );
  fc.assert(
    fc.property(
      fc.array(label, { maxLength: 4 }),
      types,
      fc.boolean(),
      (labels, type, dnssecOk) => {
        const written = [...labels, 'example.'].join('.');
        fc.pre(written.replaceAll(/\\\d{3}/g, 'x').length < 254);
        const name = canonicalName(written);
        const said = answerFrom(zones, { name, type, dnssecOk });
        assert.ok(said !== undefined);
        const { rcode, answer, authority, additional } = said;
        const question = { name, type, class: 1 };
        const header = { id: 1, flags: NO_FLAGS, opcode: 0, edns: undefined };
        const sent = encode({ ...header, rcode, question, answer, authority, additional });
        assert.equal(decode(sent).kind, 'message');
      },
    ),
    { numRuns: 2000 },
  );
});

test('chains are what the reference model says, one name after another', () => {
  let long = 0;
  fc.assert(
    fc.property(someZone, fc.array(someQuestion), ({ zone, records }, all) => {
      for (const { name, type } of all) {
        const says: string[] = [];
        const seen = new Set<string>();
        let verdict = verdictOf(records, 'z.', name, type);
        for (let at = name; verdict.kind === 'alias' && type !== 'CNAME'; ) {
          says.push(...verdict.says);
          seen.add(at);
          at = verdict.target ?? '';
          if (seen.has(at) || seen.size > 10 || !at.endsWith('z.')) break;
          verdict = verdictOf(records, 'z.', at, type);
        }
        if (seen.size > 1) long++;
        const answer = answerFrom(zonesOf(new Map([['z.', zone]])), {
          name,
          type,
          dnssecOk: false,
        });
        assert.ok(answer !== undefined);
        if (answer.rcode === RCODE.SERVFAIL) {
          assert.equal(verdict.kind, 'alias', 'a circle');
          continue;
        }
        const isEnd = verdict.kind === 'answer' || (type === 'CNAME' && verdict.kind === 'alias');
        const expected = [...says, ...(isEnd ? verdict.says : [])].sort();
        const got = answer.answer.map((rr) => `${rr.type} ${rr.rdata}`).sort();
        assert.deepEqual(got, expected);
        assert.equal(answer.rcode === RCODE.NXDOMAIN, verdict.kind === 'nxdomain');
        assert.equal(answer.outside !== undefined, verdict.kind === 'alias' && type !== 'CNAME');
      }
    }),
    { numRuns: 1000 },
  );
  assert.ok(long > 20);
});
