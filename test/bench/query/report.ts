/** The figures of the query bench as text. */
import {
  type Cell,
  cpuUsPerQuery,
  type Figure,
  type Measured,
  medianOf,
  p50Us,
  p99Us,
  pairedRatio,
  queriesPerSecond,
  resultsOf,
} from './figures.ts';
import { type CoresWord, type LoadWord, SERVER_WORDS, type ServerWord } from './plan.ts';
import { type Mix, QUESTIONS } from './questions.ts';

const CORES_TITLES: Readonly<Record<CoresWord, string>> = {
  one: 'One thread',
  all: 'All cores',
};

const MIX_TITLES: Readonly<Record<Mix, string>> = {
  hits: `hits: ${QUESTIONS.toLocaleString('en')} existing names`,
  mixed: 'mixed: 60 % A, 15 % AAAA without data, 15 % NXDOMAIN, 5 % SRV, 5 % PTR',
  cached: 'cached: names outside of the cluster',
};

/** Whom a row is held against besides Knot. */
const SECOND_BASE: Readonly<Record<Mix, ServerWord>> = {
  hits: 'floor',
  mixed: 'floor',
  cached: 'unbound',
};

interface Column {
  readonly load: LoadWord;
  readonly head: string;
  readonly figure: Figure;
  readonly digits: number;
  /** A ratio to this server instead of the figure itself. */
  readonly base?: ServerWord;
}

/** Questions a second of the load `half`, by where and what. */
export type Rates = ReadonlyMap<string, number>;

export function rateKey(cores: CoresWord, mix: Mix): string {
  return `${cores} ${mix}`;
}

/** One table: the servers on one core or all, asked one mix. */
export function queryTable(
  all: readonly Measured[],
  cores: CoresWord,
  mix: Mix,
  rates: Rates,
): string {
  const own = all.filter((one) => one.cores === cores && one.mix === mix);
  const titles = new Map(own.map(({ word, title }) => [word, title]));
  const words = SERVER_WORDS.filter((word) => titles.has(word));
  const columns = columnsOf(mix).filter(({ load }) => own.some((one) => one.load === load));
  const heads = columns.map(({ head }) => head);
  const rows = words.map((word) =>
    columns.map((column) => cellText(all, { cores, mix, load: column.load }, word, column)),
  );
  const line = (title: string, cells: readonly string[]) => {
    const padded = cells.map((cell, i) => cell.padStart(Math.max(7, (heads[i] ?? '').length) + 1));
    return `  ${title.padEnd(18)}${padded.join('')}`.trimEnd();
  };
  return [
    `${CORES_TITLES[cores]}, ${MIX_TITLES[mix]}`,
    line('', loadHeads(columns, rates.get(rateKey(cores, mix)))),
    line('', heads),
    ...words.map((word, i) => line(titles.get(word) ?? word, rows[i] ?? [])),
    '',
  ].join('\n');
}

function columnsOf(mix: Mix): readonly Column[] {
  const second = SECOND_BASE[mix];
  const cost = (load: LoadWord): readonly Column[] => [
    { load, head: 'CPU µs', figure: cpuUsPerQuery, digits: 2 },
    { load, head: '× Knot', figure: cpuUsPerQuery, digits: 2, base: 'knot' },
    { load, head: `× ${second}`, figure: cpuUsPerQuery, digits: 2, base: second },
  ];
  return [
    ...cost('saturated'),
    { load: 'saturated', head: 'q/s', figure: queriesPerSecond, digits: 0 },
    { load: 'saturated', head: '× Knot', figure: queriesPerSecond, digits: 2, base: 'knot' },
    ...cost('5000'),
    { load: 'half', head: 'p50 µs', figure: p50Us, digits: 0 },
    { load: 'half', head: '× Knot', figure: p50Us, digits: 2, base: 'knot' },
    { load: 'half', head: 'p99 µs', figure: p99Us, digits: 0 },
    { load: 'half', head: '× Knot', figure: p99Us, digits: 2, base: 'knot' },
  ];
}

/** Names of the loads, each above the first of its columns. */
function loadHeads(columns: readonly Column[], half: number | undefined): readonly string[] {
  const names: Readonly<Record<LoadWord, string>> = {
    saturated: 'full',
    '5000': '5,000/s',
    half: `${((half ?? 0) / 1000).toFixed(0)}k/s`,
  };
  return columns.map(({ load }, i) => (columns[i - 1]?.load === load ? '' : names[load]));
}

function cellText(all: readonly Measured[], cell: Cell, word: ServerWord, column: Column): string {
  const { figure, digits, base } = column;
  const results = resultsOf(all, cell, word);
  const value =
    base === undefined
      ? medianOf(results, figure)
      : pairedRatio(results, resultsOf(all, cell, base), figure);
  return Number.isNaN(value) ? '–' : value.toFixed(digits);
}

/** Cells in which answers were missing or wrong, a line each. */
export function troubleLines(all: readonly Measured[]): readonly string[] {
  const cells = Map.groupBy(all, ({ title, ...one }) => `${title}, ${cellTitle(one)}`);
  return [...cells].flatMap(([where, measured]) => {
    const sum = (of: (one: Measured) => number) => measured.reduce((all, one) => all + of(one), 0);
    const sent = sum(({ result }) => result.sent);
    const lost = sum(({ result }) => result.lost);
    const wrong = sum(({ result }) => result.wrong);
    const lines: string[] = [];
    if (wrong > 0) lines.push(`  ${where}: ${wrong} answers were wrong; those rounds are refused`);
    if (lost > 0) {
      lines.push(`  ${where}: ${lost} of ${sent} lost (${((100 * lost) / sent).toFixed(2)} %)`);
    }
    return lines;
  });
}

/** Each round by itself: how far the medians are to be trusted. */
export function roundsTable(all: readonly Measured[]): string {
  const costs = all.filter(({ load }) => load !== 'half');
  const cells = Map.groupBy(costs, ({ title, ...one }) => `${title}, ${cellTitle(one)}`);
  const rows = [...cells].map(([where, measured]) => {
    const list = measured.map(({ result }) => cpuUsPerQuery(result).toFixed(2));
    return `  ${where.padEnd(50)}${list.join('  ')}`;
  });
  return ['Each round: CPU µs a query', ...rows, ''].join('\n');
}

function cellTitle({ cores, mix, load }: Cell): string {
  return `${CORES_TITLES[cores].toLowerCase()}, ${mix}, ${load}`;
}
