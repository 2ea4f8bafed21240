import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  cpuUsPerQuery,
  type Measured,
  medianOf,
  pairedRatio,
  queriesPerSecond,
  resultsOf,
} from './figures.ts';
import { type Load, parseLoad } from './load-client.ts';
import { queryTable, roundsTable, troubleLines } from './report.ts';

const CELL = { cores: 'one', mix: 'hits', load: 'saturated' } as const;

function load(cpuUs: number, change: Partial<Load> = {}): Load {
  const answered = 1000;
  const none = { lost: 0, wrong: 0, p50Us: 20, p99Us: 50 };
  return { seconds: 2, sent: answered, answered, cpuUs, ...none, ...change };
}

function measured(word: Measured['word'], round: number, result: Load): Measured {
  return { ...CELL, word, title: word, round, result };
}

/** The machine was half as fast in the second round. */
const ALL = [
  measured('knot', 1, load(5000)),
  measured('isthmus', 1, load(4500)),
  measured('knot', 2, load(10_000)),
  measured('isthmus', 2, load(9000)),
  measured('knot', 3, load(5000)),
  measured('isthmus', 3, load(4000)),
];

test('a ratio is taken in each round, and then the median', () => {
  const isthmus = resultsOf(ALL, CELL, 'isthmus');
  const knot = resultsOf(ALL, CELL, 'knot');
  assert.equal(medianOf(isthmus, cpuUsPerQuery), 4.5);
  assert.equal(pairedRatio(isthmus, knot, cpuUsPerQuery), 0.9);
  assert.equal(pairedRatio(knot, knot, queriesPerSecond), 1);
  assert.equal(medianOf(knot, queriesPerSecond), 500);
});

test('a round with wrong answers counts for nothing, nor does one without a partner', () => {
  const spoilt = [
    ...ALL.slice(2),
    measured('knot', 1, load(1, { wrong: 1 })),
    measured('isthmus', 1, load(4500)),
    measured('isthmus', 4, load(1)),
    measured('knot', 5, load(1, { answered: 0 })),
  ];
  const isthmus = resultsOf(spoilt, CELL, 'isthmus');
  const knot = resultsOf(spoilt, CELL, 'knot');
  assert.deepEqual([...knot.keys()], [2, 3]);
  assert.equal(pairedRatio(isthmus, knot, cpuUsPerQuery), 0.8);
  assert.ok(Number.isNaN(pairedRatio(isthmus, new Map(), cpuUsPerQuery)));
});

test('the table has a row a server, in a fixed order, and dashes for what was not measured', () => {
  const table = queryTable([...ALL].reverse(), 'one', 'hits', new Map());
  assert.deepEqual(table.split('\n'), [
    'One thread, hits: 50,000 existing names',
    '                        full',
    '                      CPU µs  × Knot × floor     q/s  × Knot',
    '  knot                  5.00    1.00       –     500    1.00',
    '  isthmus               4.50    0.90       –     500    1.00',
    '',
  ]);
});

test('what was lost or wrong is said', () => {
  const all = [...ALL, measured('nsd', 1, load(1, { lost: 25, wrong: 2 }))];
  assert.deepEqual(troubleLines(all), [
    '  nsd, one thread, hits, saturated: 2 answers were wrong; those rounds are refused',
    '  nsd, one thread, hits, saturated: 25 of 1000 lost (2.50 %)',
  ]);
});

test('each round is told', () => {
  assert.match(
    roundsTable(ALL),
    /^ {2}knot, one thread, hits, saturated +5\.00 {2}10\.00 {2}5\.00$/m,
  );
});

test('what the client says is read, and refused when it is not whole', () => {
  const said =
    '{"seconds":1.000100,"sent":5,"answered":4,"lost":1,"wrong":0,"cpuUs":20.5,"p50Us":30,"p99Us":40}';
  const { seconds, lost, cpuUs } = parseLoad(said);
  assert.deepEqual({ seconds, lost, cpuUs }, { seconds: 1.0001, lost: 1, cpuUs: 20.5 });
  assert.throws(() => parseLoad('{"seconds":1}'), {
    message: 'Cannot read "{"seconds":1}": no number sent; expected what load.c says',
  });
});
