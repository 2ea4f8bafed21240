import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { GivenFederation } from './given-federation.ts';
import { DNS_ROWS } from './mcs-dns-rows.ts';
import { LIFE_ROWS } from './mcs-life-rows.ts';
import { OBJECT_ROWS } from './mcs-object-rows.ts';
import type { Asked, Row } from './mcs-rows.ts';
import { expectedOf } from './two-ways.ts';

describe('KEP-1645 and the MCS DNS specification, by the table and by the chain', () => {
  for (const row of [...OBJECT_ROWS, ...LIFE_ROWS, ...DNS_ROWS])
    test(`${row.section} ${row.rule}`, () => holds(row));

  // KEP-1645 allows an id of two labels (name.context) too, which ours can't be.
  test('1.1 the id of a cluster is one label', () => {
    assert.throws(
      () => new GivenFederation([], ['cluster west.context manifests folder']),
      /west\.context.*expected/,
    );
  });
});

async function holds({ options, given, asked, next = [] }: Row): Promise<void> {
  const federation = new GivenFederation(Object.keys(given), options);
  for (const [cluster, objects] of Object.entries(given)) federation.set(cluster, objects);
  await says(federation, '', asked);
  for (const { what, set = {}, control = [], asked: after } of next) {
    for (const [cluster, objects] of Object.entries(set)) federation.set(cluster, objects);
    for (const event of control) federation.control(event);
    await says(federation, `${what}: `, after);
  }
  federation.stop();
}

async function says(federation: GivenFederation, what: string, asked: Asked): Promise<void> {
  for (const [question, answer] of Object.entries(asked)) {
    const zone = /clusterset\.local|cluster\.local|[a-z0-9-]+\.arpa/.exec(question)?.[0];
    const expected =
      typeof answer === 'string'
        ? [`${answer.toUpperCase()} ${zone}. 5`]
        : expectedOf(question, answer);
    assert.deepEqual([...(await federation.ask(question))].sort(), expected, `${what}${question}`);
  }
}
