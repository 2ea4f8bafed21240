import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RCODE } from '../../../../libs/dns/iana.ts';
import { type Flags, NO_FLAGS } from '../../../../libs/dns/message.ts';
import { formatRecord, parseRecord } from '../../../../libs/dns/presentation.ts';
import { queryOf } from '../../../../test/plugin/ask-plugin.ts';
import { directives } from '../../../../test/plugin/directives.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import { compose } from '../../chain.ts';
import type { Plugin } from '../../plugin.ts';
import { replyTo } from '../../reply.ts';
import { emptyResponse } from '../../response.ts';
import { setup } from './setup.ts';

const RECORD = 'a. 60 IN A 192.0.2.1';
const header = (lines: string) =>
  setup(directives(`header {\n${lines}\n}`), setupContext().context);
const FLAGS = [
  ['aa', 'authoritative'],
  ['ra', 'recursionAvailable'],
  ['rd', 'recursionDesired'],
] as const;
const textOf = (flags: Flags) =>
  FLAGS.flatMap(([name, flag]) => (flags[flag] ? [name] : [])).join(' ');

/** What an upstream is asked with, and what a client gets of it, who asked with RD. */
async function flagsOf(plugin: Plugin, authoritative = false) {
  const asked: string[] = [];
  const chain = compose([plugin], async ({ message }) => {
    asked.push(textOf(message.flags));
    return {
      ...emptyResponse(RCODE.NOERROR),
      authoritative,
      recursionAvailable: !authoritative,
      answer: [parseRecord(RECORD)],
    };
  });
  const ask = async () => {
    const query = queryOf('a.', 'A', { flags: { ...NO_FLAGS, recursionDesired: true } });
    const response = await chain(query);
    const reply = replyTo(query.message, response, false);
    assert.deepEqual(reply.answer.map(formatRecord), [RECORD]);
    return textOf(reply.flags);
  };
  return { asked, ask };
}

describe('header', () => {
  type Row = readonly [lines: string, asked: string, replied: string, authoritative?: boolean];
  const rows: readonly Row[] = [
    ['response set aa', 'rd', 'aa ra rd'],
    ['response clear ra rd', 'rd', ''],
    ['response set ra', 'rd', 'aa ra rd', true],
    ['response clear aa', 'rd', 'rd', true],
    ['response SET AA', 'rd', 'aa ra rd'],
    ['response set aa\nresponse clear aa', 'rd', 'ra rd'],
    ['response set aa\n}\nheader {\n response clear aa ra', 'rd', 'rd'],
    ['query clear rd', '', 'ra rd'],
    ['query set aa', 'aa rd', 'ra rd'],
  ];
  for (const [lines, asked, replied, authoritative] of rows) {
    const of = authoritative === true ? 'an answer with authority' : 'an answer';
    test(`${JSON.stringify(lines)}: asks with "${asked}", makes "${replied}" of ${of}`, async () => {
      const flags = await flagsOf(header(lines), authoritative);
      assert.equal(await flags.ask(), replied);
      assert.deepEqual(flags.asked, [asked]);
    });
  }

  test('sees every query', () => {
    assert.equal(header('response set aa').seesEveryQuery, true);
  });

  const refused: readonly (readonly [lines: string, message: RegExp])[] = [
    ['header', /Corefile:2: Cannot read "header": it changes nothing/],
    ['header {\n}', /it changes nothing; expected lines/],
    ['header x', /it has one argument; expected no argument/],
    ['header {\n set aa\n}', /Cannot use the property "set" .* one of query, response/],
    ['header {\n response aa\n}', /it has one argument; expected set or clear, and flags/],
    ['header {\n response toggle aa\n}', /Cannot read the action "toggle": .* set, clear/],
    ['header {\n response set ad\n}', /Cannot read the flag "ad": .* one of aa, ra, rd/],
  ];
  for (const [lines, message] of refused) {
    test(`refuses ${JSON.stringify(lines)}`, () => {
      assert.throws(() => setup(directives(lines), setupContext().context), message);
    });
  }
});
