/** The comparison itself: what it overlooks, what it excuses, and that it excuses nothing else. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { RCODE } from '../../libs/dns/iana.ts';
import { type Message, NO_FLAGS } from '../../libs/dns/message.ts';
import { parseRecord } from '../../libs/dns/presentation.ts';
import { mended } from './differences.ts';
import { Evidence } from './evidence.ts';
import { plain } from './questions.ts';
import { differenceOf, isEqual, type Reply } from './reply.ts';
import { ALL_RULES } from './report.ts';
import type { Variant } from './variant.ts';

const SOA =
  'cluster.local. 5 IN SOA ns.dns.cluster.local. hostmaster.cluster.local. 7 7200 1800 86400 5';
const WEB = 'web.shop.svc.cluster.local.';

function said(records: readonly string[], change: Partial<Message> = {}): Reply {
  const answer = records.map(parseRecord);
  const message: Message = {
    id: 0,
    flags: { ...NO_FLAGS, response: true, authoritative: true },
    opcode: 0,
    rcode: RCODE.NOERROR,
    question: undefined,
    answer,
    authority: [],
    additional: [],
    edns: undefined,
    ...change,
  };
  return { kind: 'message', message, octets: 100 };
}

const denial = (serial: number, rcode: number) =>
  said([], { rcode, authority: [parseRecord(SOA.replace(' 7 ', ` ${serial} `))] });

/** CoreDNS of a cluster with one Service, which has a port. */
const OF_THEIRS: Readonly<Record<string, Reply>> = {
  [`${WEB} A`]: said([`${WEB} 5 IN A 10.96.0.1`]),
  [`_http._tcp.${WEB} A`]: said([`_http._tcp.${WEB} 5 IN A 10.96.0.1`]),
  'cluster.local. SOA': said([SOA]),
};

const VARIANT: Variant = {
  directive: 'kubernetes',
  zones: ['cluster.local'],
  multicluster: [],
  reverse: ['in-addr.arpa'],
  ttl: 5,
  fallthrough: undefined,
  pods: undefined,
  noendpoints: false,
  options: [],
  forward: false,
  transfer: false,
};

const PLAIN = { variant: VARIANT, portless: new Map<string, readonly string[]>() };

async function judged(name: string, type: string, theirs: Reply, ours: Reply) {
  const evidence = new Evidence(
    ['cluster.local.', 'in-addr.arpa.'],
    async (asked, askedType) => OF_THEIRS[`${asked} ${askedType}`] ?? denial(9, RCODE.NXDOMAIN),
  );
  await evidence.learn(WEB);
  await evidence.learn(`_http._tcp.${WEB}`);
  const question = plain(name, type);
  const { reply, rules } = await mended({ question, theirs, ours, evidence, ...PLAIN });
  return { difference: differenceOf(reply, ours), rules };
}

describe('two replies', () => {
  const a = [`${WEB} 5 IN A 10.96.0.1`, `${WEB} 5 IN A 10.96.0.2`];

  test('are equal in any order of their records', () => {
    assert.ok(isEqual(said(a), said(a.toReversed())));
  });

  test('differ in the case of a name, in a TTL, in a record that is there twice', () => {
    const [first = '', second = ''] = a;
    for (const other of [
      [first.toUpperCase(), second],
      [first.replace(' 5 ', ' 6 '), second],
    ]) {
      assert.ok(!isEqual(said(a), said(other)));
    }
    assert.ok(!isEqual(said(a), said([...a, first])));
  });

  test('differ where one is missing', () => {
    assert.deepEqual(differenceOf({ kind: 'silence' }, { kind: 'unreadable', why: 'x' }), [
      '- no reply',
      '+ unreadable: x',
    ]);
  });
});

describe('a difference', () => {
  test('of an empty non-terminal is allowed', async () => {
    const ours = denial(7, RCODE.NOERROR);
    const { difference, rules } = await judged(`_tcp.${WEB}`, 'A', denial(9, RCODE.NXDOMAIN), ours);
    assert.deepEqual(difference, []);
    assert.ok(rules.includes('an empty non-terminal exists'));
  });

  test('of a name that is nowhere is none that is allowed', async () => {
    const ours = denial(7, RCODE.NOERROR);
    const { difference } = await judged(`_udp.${WEB}`, 'A', denial(9, RCODE.NXDOMAIN), ours);
    assert.deepEqual(difference, ['- status NXDOMAIN, opcode 0', '+ status NOERROR, opcode 0']);
  });

  test('is found where we deny what they answer, and where we say as they wrongly do', async () => {
    const answer = said([`${WEB} 5 IN A 10.96.0.1`]);
    const denied = await judged(WEB, 'A', answer, denial(7, RCODE.NXDOMAIN));
    assert.notDeepEqual(denied.difference, []);
    const wrong = denial(7, RCODE.NXDOMAIN);
    const same = await judged(`_tcp.${WEB}`, 'A', denial(9, RCODE.NXDOMAIN), wrong);
    assert.notDeepEqual(same.difference, []);
  });
});

describe('each rule', () => {
  const file = '../../services/resolver/plugins/kubernetes/README.md';
  const readme = readFileSync(join(import.meta.dirname, file), 'utf8');
  for (const { name, rfc } of ALL_RULES) {
    test(`has its line in the README: ${name} (${rfc})`, () => {
      for (const [document] of rfc.matchAll(/RFC \d+|\w+ DNS specification/g)) {
        assert.ok(readme.includes(document), `it does not mention ${document}`);
      }
    });
  }

  test('has a name of its own', () => {
    assert.equal(new Set(ALL_RULES.map(({ name }) => name)).size, ALL_RULES.length);
  });
});
