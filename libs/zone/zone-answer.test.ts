import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RCODE } from '../dns/iana.ts';
import { DENIED, EXAMPLE, lines, NS, SOA, zonesOf } from './given-answers.ts';
import { givenZone } from './given-zone.ts';
import type { Zone } from './zone.ts';
import { answerFrom, type Zones } from './zone-answer.ts';

const TEST = [
  'test. 60 IN SOA ns.test. admin.test. 1 2 3 4 5',
  'test. 60 IN NS ns.test.',
  'back.test. 60 IN CNAME web.example.',
  'sub.test. 60 IN NS ns.sub.test.',
  'sub.test. 60 IN DS 2 13 2 abcd',
];

const SUB = ['sub.test. 60 IN SOA ns.sub.test. admin.test. 1 2 3 4 5', 'sub.test. 60 IN TXT "sub"'];

const zones = new Map<string, Zone>([
  ['example.', givenZone('example.', EXAMPLE).zone],
  ['test.', givenZone('test.', TEST).zone],
  ['sub.test.', givenZone('sub.test.', SUB).zone],
]);

function ask(question: string, falls: readonly string[] = []): readonly string[] {
  const [name = '', type = ''] = question.split(' ');
  const answer = answerFrom(zonesOf(zones, falls), { name, type, dnssecOk: false });
  return answer === undefined ? ['nobody'] : lines(answer);
}

describe('zones answer', () => {
  const auth = `auth ${NS}`;
  const web = ['192.0.2.2', '2001:db8::2'].map(
    (address) => `web.example. 60 IN ${address.includes(':') ? 'AAAA' : 'A'} ${address}`,
  );
  const hosts = web.map((line) => `more ${line}`);
  const rows: readonly (readonly [question: string, said: readonly string[]])[] = [
    ['web.example. A', ['NOERROR aa', 'web.example. 60 IN A 192.0.2.2', auth]],
    ['WEB.Example. A', ['NOERROR aa', 'WEB.Example. 60 IN A 192.0.2.2', auth]],
    ['web.example. TXT', ['NOERROR aa', `auth ${DENIED}`]],
    ['x.web.example. A', ['NXDOMAIN aa', `auth ${DENIED}`]],
    ['srv.example. A', ['NOERROR aa', `auth ${DENIED}`]],
    ['example. SOA', ['NOERROR aa', SOA, auth]],
    ['example. NS', ['NOERROR aa', NS, 'more ns.example. 60 IN A 192.0.2.1']],
    ['example. ANY', ['NOERROR aa', SOA, NS, 'more ns.example. 60 IN A 192.0.2.1']],
    [
      'mail.example. MX',
      [
        'NOERROR aa',
        'mail.example. 60 IN MX 10 web.example.',
        'mail.example. 60 IN MX 20 WEB.example.',
        'mail.example. 60 IN MX 30 mx.test.',
        auth,
        ...hosts.map((line) => line.replace('web', 'WEB')),
      ],
    ],
    ['none.example. MX', ['NOERROR aa', 'none.example. 60 IN MX 0 .', auth]],
    [
      '_sip.srv.example. SRV',
      ['NOERROR aa', '_sip.srv.example. 60 IN SRV 0 0 80 web.example.', auth, ...hosts],
    ],
    ['web.example. HTTPS', ['NOERROR aa', 'web.example. 60 IN HTTPS 1 . alpn=h2', auth, ...hosts]],
    [
      'alias.example. HTTPS',
      ['NOERROR aa', 'alias.example. 60 IN HTTPS 0 web.example.', auth, ...hosts],
    ],
    ['gone.example. HTTPS', ['NOERROR aa', 'gone.example. 60 IN HTTPS 0 .', auth]],
    [
      'a.example. A',
      [
        'NOERROR aa',
        'a.example. 60 IN CNAME B.example.',
        'B.example. 60 IN CNAME web.example.',
        'web.example. 60 IN A 192.0.2.2',
        auth,
      ],
    ],
    ['a.example. CNAME', ['NOERROR aa', 'a.example. 60 IN CNAME B.example.', auth]],
    ['a.example. ANY', ['NOERROR aa', 'a.example. 60 IN CNAME B.example.', auth]],
    [
      'away.example. A',
      [
        'NXDOMAIN aa',
        'away.example. 60 IN CNAME x.test.',
        'auth test. 5 IN SOA ns.test. admin.test. 1 2 3 4 5',
      ],
    ],
    [
      'back.test. A',
      ['NOERROR aa', 'back.test. 60 IN CNAME web.example.', ...web.slice(0, 1), auth],
    ],
    [
      'lost.example. A',
      ['NXDOMAIN aa', 'lost.example. 60 IN CNAME nobody.example.', `auth ${DENIED}`],
    ],
    [
      'blind.example. A',
      ['NOERROR aa', 'blind.example. 60 IN CNAME none.example.', `auth ${DENIED}`],
    ],
    ['round.example. A', ['SERVFAIL']],
    ['self.example. A', ['SERVFAIL']],
    ['self.example. CNAME', ['NOERROR aa', 'self.example. 60 IN CNAME self.example.', auth]],
    [
      'y.x.cut.example. A',
      [
        'NOERROR',
        'auth cut.example. 60 IN NS ns.cut.example.',
        'auth cut.example. 60 IN NS ns.example.',
        'auth cut.example. 60 IN NS ns.test.',
        'more ns.cut.example. 60 IN A 192.0.2.9',
        'more ns.example. 60 IN A 192.0.2.1',
      ],
    ],
    ['cut.example. DS', ['NOERROR aa', 'cut.example. 60 IN DS 1 13 2 abcd', auth]],
    [
      'sub.test. DS',
      ['NOERROR aa', 'sub.test. 60 IN DS 2 13 2 abcd', 'auth test. 60 IN NS ns.test.'],
    ],
    ['sub.test. TXT', ['NOERROR aa', 'sub.test. 60 IN TXT "sub"']],
    ['mx.example. MX', ['NOERROR aa', 'mx.example. 60 IN MX 10 x.cut.example.', auth]],
    [
      'host.Old.example. A',
      [
        'NOERROR aa',
        'old.example. 60 IN DNAME new.example.',
        'host.Old.example. 60 IN CNAME host.new.example.',
        'host.new.example. 60 IN A 192.0.2.11',
        auth,
      ],
    ],
    [
      'host.old.example. CNAME',
      [
        'NOERROR aa',
        'old.example. 60 IN DNAME new.example.',
        'host.old.example. 60 IN CNAME host.new.example.',
        auth,
      ],
    ],
    ['old.example. TXT', ['NOERROR aa', 'old.example. 60 IN TXT "here"', auth]],
    ['old.example. DNAME', ['NOERROR aa', 'old.example. 60 IN DNAME new.example.', auth]],
    ['x.loop.example. A', ['SERVFAIL']],
    ['x.wild.example. A', ['NOERROR aa', 'x.wild.example. 60 IN A 192.0.2.12', auth]],
    ['x.y.wild.example. A', ['NOERROR aa', 'x.y.wild.example. 60 IN A 192.0.2.12', auth]],
    [
      'x.wild.example. MX',
      ['NOERROR aa', 'x.wild.example. 60 IN MX 10 web.example.', auth, ...hosts],
    ],
    ['x.wild.example. TXT', ['NOERROR aa', `auth ${DENIED}`]],
    ['*.wild.example. A', ['NOERROR aa', '*.wild.example. 60 IN A 192.0.2.12', auth]],
    ['ent.wild.example. A', ['NOERROR aa', `auth ${DENIED}`]],
    ['x.ent.wild.example. A', ['NXDOMAIN aa', `auth ${DENIED}`]],
    [
      'x.cname.example. A',
      ['NOERROR aa', 'x.cname.example. 60 IN CNAME web.example.', ...web.slice(0, 1), auth],
    ],
    ['x.org. A', ['nobody']],
  ];
  for (const [question, said] of rows) {
    test(question, () => assert.deepEqual(ask(question), said));
  }

  test('the root, and what is in it', () => {
    const root = givenZone('.', [
      '. 60 IN SOA . . 1 2 3 4 5',
      '*. 60 IN A 192.0.2.1',
      'org. 60 IN DNAME com.',
    ]);
    const from = (name: string, type = 'A') =>
      lines(
        answerFrom(zonesOf(new Map([['.', root.zone]])), { name, type, dnssecOk: false }) ??
          assert.fail(),
      );
    assert.deepEqual(from('x.y.'), ['NOERROR aa', 'x.y. 60 IN A 192.0.2.1']);
    assert.deepEqual(from('.'), ['NOERROR aa', 'auth . 5 IN SOA . . 1 2 3 4 5']);
    assert.equal(from('a.org.')[2], 'a.org. 60 IN CNAME a.com.');
  });

  test('a referral after an alias, with authority for the alias', () => {
    const [rcode, cname, ...rest] = ask('below.example. A');
    assert.deepEqual([rcode, cname], ['NOERROR aa', 'below.example. 60 IN CNAME x.cut.example.']);
    assert.equal(rest.filter((line) => line.startsWith('auth cut.example. 60 IN NS')).length, 3);
  });

  test('YXDOMAIN where a DNAME makes a name too long', () => {
    const [rcode, dname] = ask(`${'x'.repeat(63)}.long.example. A`);
    assert.equal(rcode, 'YXDOMAIN aa');
    assert.match(dname ?? '', /^long\.example\. 60 IN DNAME lll/);
  });

  test('where an alias leads that others may have', () => {
    const said = ['NOERROR aa', 'away.example. 60 IN CNAME x.test.', auth, 'outside x.test.'];
    assert.deepEqual(ask('away.example. A', ['x.test.']), said);
    const chain = Array.from(
      { length: 12 },
      (_, i) => `c${i}.example. 60 IN CNAME c${i + 1}.example.`,
    );
    const long = new Map([['example.', givenZone('example.', [SOA, ...chain]).zone]]);
    const from = (i: number) =>
      answerFrom(zonesOf(long, ['c12.example.']), {
        name: `c${i}.example.`,
        type: 'A',
        dnssecOk: false,
      });
    assert.equal(from(2)?.outside, 'c12.example.', 'after ten aliases');
    assert.equal(from(1)?.rcode, RCODE.SERVFAIL, 'not after eleven');
  });

  test('SERVFAIL while nothing is known of a zone, also after an alias', () => {
    const unknown: Zones = {
      zoneOf: (name) => (name === 'x.test.' ? 'unknown' : zones.get('example.')),
      fallsThrough: () => true,
    };
    const of = (name: string) => answerFrom(unknown, { name, type: 'A', dnssecOk: false });
    assert.deepEqual(of('x.test.') && lines(of('x.test.') ?? assert.fail()), ['SERVFAIL']);
    assert.deepEqual(lines(of('away.example.') ?? assert.fail()), ['SERVFAIL']);
  });

  test('what falls through is missing, by itself or among others', () => {
    const missing = (name: string) =>
      answerFrom(zonesOf(zones), { name, type: 'A', dnssecOk: false })?.isMissing;
    assert.deepEqual(
      [
        'x.web.example.',
        'srv.example.',
        'none.example.',
        'lost.example.',
        'ent.wild.example.',
        'x.wild.example.',
      ].map(missing),
      [true, true, false, false, true, false],
    );
  });
});
