import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { GROUPS_MAX } from '../../libs/table/layout.ts';
import { createLog } from '../../libs/telemetry/log.ts';
import { QueryGroups } from './query-groups.ts';

describe('QueryGroups', () => {
  const given = () => {
    const lines: string[] = [];
    return { lines, groups: new QueryGroups(createLog((line) => lines.push(line))) };
  };
  const group = (zone: string) => ({ server: 'dns://:53', zone, plugin: 'federation' });

  test('gives the same number to the same labels, and another to others', () => {
    const { groups, lines } = given();
    assert.deepEqual(
      [group('a.'), group('b.'), group('a.'), { ...group('a.'), plugin: 'cache' }].map((labels) =>
        groups.numberOf(labels),
      ),
      [0, 1, 0, 2],
    );
    assert.deepEqual(groups.all, [group('a.'), group('b.'), { ...group('a.'), plugin: 'cache' }]);
    assert.deepEqual(lines, []);
  });

  test('shares the last number when there are too many, and says so once', () => {
    const { groups, lines } = given();
    const last = GROUPS_MAX - 1;
    for (let i = 0; i < last; i++) groups.numberOf(group(`${i}.`));
    assert.equal(groups.all.length, last);
    assert.deepEqual([groups.numberOf(group('x.')), groups.numberOf(group('y.'))], [last, last]);
    assert.equal(groups.numberOf(group('3.')), 3);
    assert.deepEqual(groups.all[last], { server: 'other', zone: 'other', plugin: 'other' });
    assert.deepEqual(lines, [
      '[WARNING] metrics: more than 15 combinations of server, zone and plugin answer from the ' +
        'table; the others are counted together, each label "other"',
    ]);
  });
});
