import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { directives } from '../../../../test/plugin/directives.ts';
import { rewriting, saidBy } from '../../../../test/plugin/rewriting.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import { setup } from './setup.ts';

describe('a rewrite rule', () => {
  /** What is asked of `www.a.example. A`, and what is said of the answer. */
  const forms: readonly (readonly [lines: string, asked: string, said: string])[] = [
    ['rewrite name suffix .a.example .b', 'www.b. A', 'www.b. 60 IN A 192.0.2.1'],
    [
      'rewrite stop {\n name suffix .a.example .b answer auto\n}',
      'www.b. A',
      'www.a.example. 60 IN A 192.0.2.1',
    ],
    ['rewrite {\n name suffix .a.example .b\n}', 'www.b. A', 'www.b. 60 IN A 192.0.2.1'],
    ['rewrite continue {\n name suffix .a.example .b\n}', 'www.b. A', 'www.b. 60 IN A 192.0.2.1'],
    [
      'rewrite STOP {\n NAME regex (.*)\\.a\\.example {1}.b\n answer name (.*)\\.b {1}.c\n answer value x y\n}',
      'www.b. A',
      'www.c. 60 IN A 192.0.2.1',
    ],
    [
      'rewrite name {\n suffix .a.example\n .b answer auto\n}',
      'www.b. A',
      'www.a.example. 60 IN A 192.0.2.1',
    ],
    ['rewrite stop type A AAAA', 'www.a.example. AAAA', 'www.a.example. 60 IN A 192.0.2.1'],
    [
      'rewrite type A AAAA\nrewrite name suffix .a.example .b',
      'www.a.example. AAAA',
      'www.a.example. 60 IN A 192.0.2.1',
    ],
    [
      'rewrite continue type A AAAA\nrewrite name suffix .a.example .b',
      'www.b. AAAA',
      'www.b. 60 IN A 192.0.2.1',
    ],
    [
      'rewrite type MX AAAA\nrewrite name suffix .a.example .b',
      'www.b. A',
      'www.b. 60 IN A 192.0.2.1',
    ],
  ];
  for (const [lines, asked, said] of forms) {
    test(`${JSON.stringify(lines)}: asks ${asked}`, async () => {
      const rewrite = rewriting(lines);
      const response = await rewrite.ask('www.a.example. A');
      assert.deepEqual(rewrite.asked(), [asked]);
      assert.equal(saidBy(response), `NOERROR | ${said}`);
    });
  }

  const warned: readonly (readonly [lines: string, of: string | undefined])[] = [
    ['rewrite cname a. b.\nrewrite name a. b.', '3 on are never used: that of line 2'],
    ['rewrite name a. b.\nrewrite edns0 nsid set\nrewrite ttl a. 5', '4 on .* of line 3'],
    ['rewrite edns0 local unset 1\nrewrite ttl a. 5', '3 on .* of line 2'],
    ['rewrite edns0 subnet set 24 56\nrewrite ttl a. 5', '3 on .* of line 2'],
    ['rewrite edns0 local set 1 x\nrewrite ttl a. 5', '3 on .* of line 2'],
    ['rewrite edns0 local set 1 {client_ip}\nrewrite ttl a. 5', undefined],
    ['rewrite edns0 local append 1 x\nrewrite ttl a. 5', undefined],
    ['rewrite continue cname a. b.\nrewrite cname a. b.', undefined],
  ];
  for (const [lines, of] of warned) {
    test(`${JSON.stringify(lines)} warns of ${of ?? 'nothing'}`, () => {
      const { context, lines: written } = setupContext();
      setup(directives(lines), context);
      assert.equal(written.length, of === undefined ? 0 : 1);
      const expected = `^\\[WARNING\\] plugin/rewrite: the rules from line ${of}`;
      if (of !== undefined) assert.match(written[0] ?? '', new RegExp(expected));
    });
  }

  const long = 'x'.repeat(10_001);
  const refused: readonly (readonly [lines: string, message: RegExp])[] = [
    ['rewrite', /Corefile:2: Cannot read "rewrite": it says no rule; expected \[continue\|stop\]/],
    ['rewrite stop', /it says no rule/],
    ['rewrite continue {\n}', /it says no rule/],
    ['rewrite names a. b.', /Cannot read the field "names": it is unknown; expected one of name/],
    ['rewrite stop answer name a b', /Cannot read the field "answer": it is unknown/],
    ['rewrite name a. b. {\n answer auto\n}', /Cannot read the block of "rewrite": the rule is/],
    ['rewrite {\n name {\n a. b.\n }\n}', /Corefile:3: Cannot read the block of "name"/],
    ['rewrite name a.', /Corefile:2: Cannot read "rewrite name": one word after it; expected/],
    ['rewrite name', /Cannot read "rewrite name": nothing after it; expected/],
    ['rewrite name begin a. b.', /Cannot read the match type "begin": it is unknown; exp.* exact/],
    ['rewrite name a..b c', /Cannot read the name "a..b": it is no domain name/],
    ['rewrite name a c..d', /Cannot read the name "c..d": it is no domain name/],
    ['rewrite name suffix ..a b', /Cannot read the name "..a": it is no domain name/],
    ['rewrite name prefix "" b', /Cannot read the name "": it is empty; expected a name/],
    ['rewrite name regex a( b', /Cannot read the pattern "a\(": missing closing \)/],
    ['rewrite name regex a(?=b) b', /Cannot read the pattern .* expected a regular expression of/],
    [`rewrite name regex ${long} b`, /it has 10001 characters of 10000/],
    [
      'rewrite name regex (a) {1}.{2}',
      /Cannot read the name "\{1\}.\{2\}": the pattern has one group/,
    ],
    ['rewrite name regex a {1}', /the pattern has 0 groups; expected no group beyond these/],
    [
      'rewrite name suffix a b auto',
      /Cannot read the option of a name "auto": it is unknown; .* answer/,
    ],
    ['rewrite name suffix a b answer', /Cannot read the option "answer": nothing is after it/],
    [
      'rewrite name suffix a b answer x',
      /Cannot read the answer "x": it is unknown; expected auto,/,
    ],
    ['rewrite name suffix a b answer name x', /Cannot read the answer "name": it is not complete/],
    ['rewrite name suffix a b answer value ( x', /Cannot read the pattern "\("/],
    ['rewrite name suffix a b answer name x {1}', /the pattern has 0 groups/],
    ['rewrite name suffix a b answer auto name x y', /Cannot read the answer "auto": another says/],
    ['rewrite name suffix a b metadata', /Cannot read the option of a name "metadata": it is unk/],
    [
      'rewrite name regex a {b} metadata',
      /Cannot read the name "\{b\}": \{b\} is no fact; expected PL/,
    ],
    ['rewrite name regex a {b/c metadata', /Cannot read the name "\{b\/c": it has a brace alone/],
    ['rewrite name regex (a) {2} metadata', /the pattern has one group/],
    ['rewrite type A', /Cannot read "rewrite type": one word after it; expected two types/],
    ['rewrite type A B', /Cannot read the type "B": it is unknown; expected a mnemonic/],
    ['rewrite type A AAAA MX', /Cannot read "rewrite type": 3 words after it/],
    ['rewrite class CH', /expected two classes/],
    ['rewrite class IN CH', /Cannot read the class "CH": nobody here answers for it; expected IN/],
    [
      'rewrite class XX IN',
      /Cannot read the class "XX": it is unknown; expected one of IN, CH, HS/,
    ],
    ['rewrite ttl a.', /Cannot read "rewrite ttl": one word after it; expected \[exact\|/],
    ['rewrite ttl exact a. 30 40', /Cannot read "rewrite ttl": 4 words after it/],
    ['rewrite ttl begins a. 30', /Cannot read the match type "begins"/],
    ['rewrite ttl a. x', /Cannot read the TTL "x": it is no number of seconds; expected SECONDS,/],
    ['rewrite ttl a. -', /Cannot read the TTL "-": it is no number of seconds/],
    ['rewrite ttl a. 3-2', /Cannot read the TTL "3-2": it ends before it begins; expected MIN-MAX/],
    ['rewrite ttl a. 1-2-3', /Cannot read the TTL "1-2-3"/],
    ['rewrite ttl a. 2147483648', /Cannot read the TTL "2147483648": it is too long; expected at/],
    ['rewrite rcode a. SERVFAIL', /Cannot read "rewrite rcode": 2 words after it/],
    [
      'rewrite rcode a. FAIL 0',
      /Cannot read the response code "FAIL": it is unknown; expected a m/,
    ],
    ['rewrite rcode a. 0 24', /Cannot read the response code "24"/],
    ['rewrite cname a.', /Cannot read "rewrite cname": one word after it/],
    ['rewrite cname regex ( a.', /Cannot read the pattern "\("/],
    ['rewrite edns0 local', /Cannot read "rewrite edns0": one word after it; expected local CODE/],
    [
      'rewrite edns0 remote set 1 a',
      /Cannot read the option "remote": it is unknown; expected one/,
    ],
    ['rewrite edns0 local toggle 1 a', /Cannot read the action "toggle": .* set, append, replace/],
    ['rewrite edns0 local set 1', /expected local set, and a code and, but for unset, its data/],
    ['rewrite edns0 local unset 1 a', /expected local unset, and a code/],
    ['rewrite edns0 local set 1 a b', /expected local set, and a code/],
    ['rewrite edns0 local set 010 a', /Cannot read the option code "010": it is none; expected 0/],
    ['rewrite edns0 local set 65536 a', /Cannot read the option code "65536"/],
    ['rewrite edns0 local set 1 0xabc', /Cannot read the data "0xabc": it is no hexadecimal/],
    [`rewrite edns0 local set 1 ${'x'.repeat(513)}`, /it is too long; expected at most 512 octets/],
    [
      'rewrite edns0 local set 1 {qnames}',
      /Cannot read the variable "\{qnames\}": it is unknown; ex/,
    ],
    ['rewrite edns0 nsid set 1', /expected nsid set, and nothing but revert/],
    ['rewrite edns0 nsid unset revert', /expected nsid unset, and nothing but revert/],
    ['rewrite edns0 subnet set 24', /expected subnet set, and bits of IPv4 and of IPv6/],
    ['rewrite edns0 subnet unset 24', /expected subnet unset, and bits/],
    ['rewrite edns0 subnet set 33 56', /Cannot read the bits of IPv4 "33": it is out of range/],
    ['rewrite edns0 subnet set 24 129', /Cannot read the bits of IPv6 "129"/],
  ];
  for (const [lines, message] of refused) {
    test(`is refused: ${JSON.stringify(lines).slice(0, 80)}`, () => {
      assert.throws(() => rewriting(lines), message);
    });
  }
});
