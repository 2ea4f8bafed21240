import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { lastOf, recordsOf, rewriting, saidBy } from '../../../../test/plugin/rewriting.ts';

describe('rewrite type', () => {
  const rows: readonly (readonly [rule: string, asked: string, below: string])[] = [
    ['type ANY HINFO', 'a. ANY', 'a. HINFO'],
    ['type any hinfo', 'a. ANY', 'a. HINFO'],
    ['type AAAA A', 'a. MX', 'a. MX'],
    ['type TYPE65 A', 'a. HTTPS', 'a. A'],
    ['type A TYPE65280', 'a. A', 'a. TYPE65280'],
  ];
  for (const [rule, asked, below] of rows) {
    test(`${rule}: ${asked} is asked as ${below}`, async () => {
      const { ask, queries } = rewriting(`rewrite ${rule}`);
      await ask(asked);
      const { name, question } = lastOf(queries);
      assert.equal(`${name} ${question.type}`, below);
    });
  }

  test('gives the records as they are, which nobody signed for this question', async () => {
    const world = { 'ab. HINFO': ['AB. 60 IN HINFO "x" "y"'] };
    const response = await rewriting('rewrite type ANY HINFO', world).ask('Ab. ANY');
    assert.deepEqual(recordsOf(response), ['Ab. 60 IN HINFO "x" "y"']);
    assert.equal(response.authenticData, false);
  });
});

describe('rewrite class', () => {
  const ofClass = (name: string, number: number) => ({
    query: { question: { name, type: 'TXT', class: number } },
  });

  test('queries of the class come, and go on as queries of IN', async () => {
    const { ask, queries, plugin } = rewriting('rewrite class CH IN');
    assert.deepEqual([...(plugin.takesClasses ?? [])], [3]);
    await ask('a. TXT', ofClass('a.', 3));
    assert.equal(lastOf(queries).question.class, 1);
  });

  test('no other class goes on', async () => {
    const { ask, queries, plugin } = rewriting('rewrite name b. c.\nrewrite class HS IN');
    assert.deepEqual([...(plugin.takesClasses ?? [])], [4]);
    assert.equal(saidBy(await ask('b. TXT', ofClass('b.', 4))), 'REFUSED');
    assert.equal(saidBy(await ask('a. TXT', ofClass('a.', 3))), 'REFUSED');
    assert.deepEqual(queries, []);
    await ask('a. TXT', ofClass('a.', 4));
    assert.equal(lastOf(queries).question.class, 1);
  });

  test('without such a rule none comes', () => {
    const none = [...(rewriting('rewrite class IN IN').plugin.takesClasses ?? [])];
    assert.deepEqual(none, []);
    assert.equal(rewriting('rewrite name a. b.').plugin.takesClasses, undefined);
  });
});
