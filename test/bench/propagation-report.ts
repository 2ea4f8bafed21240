/** The figures of the propagation bench as text. */
import { CHANGE_KINDS, type ChangeKind } from './changes.ts';
import { medianSpread, type Spread, spreadOf } from './quantile.ts';

/** Milliseconds from acknowledgement to answer, a list a run. */
export type Runs = Readonly<Record<ChangeKind, readonly (readonly number[])[]>>;

export interface Measured {
  readonly title: string;
  readonly runs: Runs;
}

const KIND_TITLES: Readonly<Record<ChangeKind, string>> = {
  endpoints: 'Endpoints: the address in an EndpointSlice of a headless Service changes',
  service: 'New Service: its name was asked for before, and denied',
};

/** A table a kind; the ratio is that of the medians to the first row's. */
export function propagationTables(all: readonly Measured[]): string {
  return CHANGE_KINDS.map((kind) => {
    const rows = all.map(({ title, runs }) => row(title, runs[kind], all[0]?.runs[kind] ?? []));
    return [KIND_TITLES[kind], HEAD, ...rows, ''].join('\n');
  }).join('\n');
}

const HEAD = line('', ['p50 ms', 'p99 ms', 'worst ms', '× p50', '× p99', 'changes']);

function row(
  title: string,
  runs: readonly (readonly number[])[],
  first: readonly (readonly number[])[],
): string {
  const spread = spreadOver(runs);
  const base = spreadOver(first);
  const changes = `${runs.length} × ${runs[0]?.length ?? 0}`;
  const times = (figure: keyof Spread) => `${(spread[figure] / base[figure]).toFixed(1)}`;
  return line(title, [
    spread.p50.toFixed(2),
    spread.p99.toFixed(2),
    spread.worst.toFixed(2),
    times('p50'),
    times('p99'),
    changes,
  ]);
}

function spreadOver(runs: readonly (readonly number[])[]): Spread {
  return medianSpread(runs.map(spreadOf));
}

function line(title: string, cells: readonly string[]): string {
  return `  ${title.padEnd(46)}${cells.map((cell) => cell.padStart(10)).join('')}`;
}

/** Each run by itself: how far the medians are to be trusted. */
export function runsTable(all: readonly Measured[]): string {
  const rows = all.flatMap(({ title, runs }) =>
    CHANGE_KINDS.map((kind) => {
      const spreads = runs[kind].map(spreadOf);
      const list = spreads.map(({ p50, p99, worst }) =>
        [p50, p99, worst].map((ms) => ms.toFixed(2)).join('/'),
      );
      return `  ${`${title}, ${kind}`.padEnd(58)}${list.join('  ')}`;
    }),
  );
  return ['Each run: p50/p99/worst in ms', ...rows, ''].join('\n');
}
