/** The rules: what they excuse, and that they excuse nothing else. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RCODE } from '../../../libs/dns/iana.ts';
import { type Message, NO_FLAGS } from '../../../libs/dns/message.ts';
import { parseRecord } from '../../../libs/dns/presentation.ts';
import { plain } from '../questions.ts';
import { differenceOf, type Reply } from '../reply.ts';
import { BLOCK_RULES, explain } from './block-rules.ts';
import { blockOf, formatServer, type Server, without, withoutPath } from './random-server.ts';

const ALONE = ['errors'];
const CACHED = ['cache 300 {', 'keepttl', '}', 'forward . 192.0.2.53'];
const asked = plain('a.test.', 'A');

function said(answer: readonly string[], change: Partial<Message> = {}): Reply {
  const { name, type } = asked;
  const message: Message = {
    id: 0,
    flags: { ...NO_FLAGS, response: true, recursionDesired: true, recursionAvailable: true },
    opcode: 0,
    rcode: RCODE.NOERROR,
    question: { name, type, class: 1 },
    answer: answer.map(parseRecord),
    authority: [],
    additional: [],
    edns: undefined,
    ...change,
  };
  return { kind: 'message', message, octets: 100 };
}

function judged(block: readonly string[], theirs: Reply, ours: Reply, uncached?: Reply) {
  const given = { asked, block, blockOf: () => block, walk: [], types: [], uncached };
  const { expected, actual, rules } = explain({ ...given, theirs, ours });
  return { differences: differenceOf(expected, actual), rules };
}

const failure = (rcode: number, recursionAvailable: boolean) =>
  said([], { rcode, flags: { ...NO_FLAGS, response: true, recursionAvailable } });
const address = (ttl: number) => said([`a.test. ${ttl} IN A 203.0.113.1`]);

describe('a difference of server blocks', () => {
  test('of what no plugin answers is allowed', () => {
    const own = failure(RCODE.REFUSED, false);
    const { differences, rules } = judged(ALONE, failure(RCODE.SERVFAIL, false), own);
    assert.deepEqual(differences, []);
    assert.deepEqual(rules, ['what no plugin answers is refused, not failed at']);
  });

  test('of what upstream failed at is none that is allowed', () => {
    const own = failure(RCODE.REFUSED, true);
    assert.notDeepEqual(judged(CACHED, failure(RCODE.SERVFAIL, true), own).differences, []);
  });

  test('of a TTL is allowed with cache, from theirs to what the record has and may have', () => {
    const theirs = address(40);
    const found = [30, 40, 300, 310].map(
      (ttl) => judged(CACHED, theirs, address(ttl), address(600)).differences.length === 0,
    );
    assert.deepEqual(found, [false, true, true, false]);
    assert.notDeepEqual(judged(ALONE, theirs, address(300)).differences, []);
  });

  test('of a TTL is what redisc may have, where it shares the answer', () => {
    const redisc = ['redisc 300', 'forward . 192.0.2.53'];
    const edns = 'rewrite edns0 local set 0xffee hello';
    const found = [
      redisc,
      ['rewrite ttl regex .* 40-', edns, ...redisc],
      [edns, ...redisc],
      ['rewrite ttl regex .* 40-', edns, ...redisc, 'cache'],
    ].map((block) => judged(block, address(600), address(300)).differences.length === 0);
    assert.deepEqual(found, [true, true, false, false]);
    const alias = said([
      'a.test. 600 IN CNAME to.example.org.',
      'to.example.org. 600 IN A 203.0.113.1',
    ]);
    assert.deepEqual(judged(['file db.example.org', ...redisc], alias, alias).differences, []);
    assert.notDeepEqual(judged(redisc, alias, alias).differences, []);
  });

  test('of an address is never allowed', () => {
    const ours = said(['a.test. 60 IN A 203.0.113.2']);
    for (const block of [ALONE, CACHED]) {
      assert.equal(judged(block, address(60), ours, address(60)).differences.length, 2);
    }
  });

  test('is found where one says nothing', () => {
    assert.notDeepEqual(judged(ALONE, { kind: 'silence' }, address(60)).differences, []);
  });

  test('has a rule of another name for each reason', () => {
    assert.equal(new Set(BLOCK_RULES.map(({ name }) => name)).size, BLOCK_RULES.length);
  });
});

describe('a server', () => {
  const lines = ['autopath . resolv.conf', 'cache 20 {', 'keepttl', '}', 'whoami'];
  const block = { zones: ['example.org.'], view: undefined, lines };
  const server: Server = [block, { ...block, zones: ['.'], lines: ALONE }];

  test('has a question in the block of the longest zone', () => {
    assert.equal(blockOf(server, plain('A.Example.org.', 'A')), server[0]);
    assert.equal(blockOf(server, plain('example.net.', 'A')), server[1]);
  });

  test('can be had without a plugin, and without the path', () => {
    assert.deepEqual(without('cache', server)[0]?.lines, ['autopath . resolv.conf', 'whoami']);
    assert.deepEqual(withoutPath(server)[0]?.lines, [
      'cache 20 example.org {',
      'keepttl',
      '}',
      'whoami',
    ]);
    assert.match(formatServer(withoutPath(server), 53), /^\.:53 \{\n {4}bind 127\.0\.0\.1\n/);
  });
});
