/** What `isthmus clusters` and `isthmus status` print: for people, and as one JSON document. */
import type { Pinned } from '../../../libs/event/control.ts';
import type { ObjectKind } from '../../../libs/event/object.ts';
import type { ClusterReport } from './cluster-report.ts';
import { columns } from './columns.ts';
import { type ControlRead, type Speaker, saidOf } from './control-word.ts';

export type Output = 'table' | 'wide' | 'json';

export function clustersText(
  federation: string,
  reports: readonly ClusterReport[],
  output: Output,
): string {
  if (output === 'json') return JSON.stringify({ federation, clusters: reports }, undefined, 2);
  return tableOf(reports, output);
}

/** `where`: the log servers, or the state directory. */
export function statusText(
  speaker: Speaker,
  where: string,
  control: ControlRead,
  reports: readonly ClusterReport[],
  output: Output,
): string {
  const { federation } = speaker;
  const { state } = control;
  const controlPosition = control.head.position;
  const since = (event: Parameters<typeof saidOf>[2]) => saidOf(speaker, control, event);
  const drained = [...state.drained].sort().map((cluster) => {
    const said = since({ kind: 'drained', cluster });
    return { cluster, since: said?.observedAt ?? null, position: said?.position ?? null };
  });
  const pins = [...state.pins.values()].map((pinned) => pinOf(pinned, since(pinned)));
  if (output === 'json') {
    const log = where;
    const document = { federation, log, controlPosition, drained, pins, clusters: reports };
    return JSON.stringify(document, undefined, 2);
  }
  const facts = [
    ['Federation', federation],
    ['Log', where],
    ['Control position', `${controlPosition}`],
    ...drained.map((one) => ['Drained', `${one.cluster}, since ${one.since}`]),
    ...pins.map(({ cluster, namespace, name, at, since }) => [
      'Pinned',
      `${namespace}/${name} of ${cluster} as it was at position ${at}, since ${since}`,
    ]),
  ];
  const overview = columns(facts.map(([what = '', value = '']) => [`${what}:`, value]));
  return `${overview}\n\n${tableOf(reports, output)}`;
}

function pinOf(
  { cluster, namespace, name, at }: Pinned,
  said: { readonly observedAt: string; readonly position: number } | undefined,
) {
  const [since, position] = [said?.observedAt ?? null, said?.position ?? null];
  return { cluster, namespace, name, at, since, position };
}

const HEADINGS = [
  ...['CLUSTER', 'STATE', 'SYNCED', 'POSITION', 'LAG', 'AGE', 'SERVICES', 'ENDPOINTSLICES'],
  ...['EXPORTS', 'WRITER', 'HELD'],
];
const WIDE_HEADINGS = ['IMPORTS', 'NAMESPACES', 'NODES', 'PODS', 'STANDBYS', 'WATCHER'];

function tableOf(reports: readonly ClusterReport[], output: Output): string {
  if (reports.length === 0) return 'No cluster has a log in this federation.';
  const isWide = output === 'wide';
  const rows = reports.map((report) => rowOf(report, isWide));
  const headings = isWide ? [...HEADINGS, ...WIDE_HEADINGS] : HEADINGS;
  const troubles = reports.flatMap(({ cluster, trouble }) =>
    trouble === null ? [] : [`${cluster}: ${trouble}`],
  );
  return [columns([headings, ...rows]), ...troubles].join('\n');
}

const NONE = '-';

function rowOf(report: ClusterReport, isWide: boolean): readonly string[] {
  const { cluster, synced, position, lag, ageSeconds, counts, writer, held } = report;
  const number = (value: number | null) => `${value ?? NONE}`;
  // A watcher counts what there is; a log without one tells of what its Synced had.
  const count = (kind: ObjectKind) => number(counts[kind] ?? (writer === null ? null : 0));
  const row = [
    cluster,
    stateText(report),
    synced ? 'yes' : 'no',
    number(position),
    number(lag),
    ageSeconds === null ? NONE : spanText(ageSeconds),
    count('Service'),
    count('EndpointSlice'),
    count('ServiceExport'),
    (isWide ? writer : writer?.slice(0, 8)) ?? NONE,
    held === null ? '0' : `${held.count} of ${held.of}`,
  ];
  if (!isWide) return row;
  const more = (['ServiceImport', 'Namespace', 'Node', 'Pod'] as const).map(count);
  return [...row, ...more, number(report.standbys), report.watcher ?? NONE];
}

function stateText({ state, drained }: ClusterReport): string {
  if (!drained) return state;
  return state === 'live' ? 'drained' : `${state},drained`;
}

/** `45s`, `12m`, `7h`, `3d`: one unit is enough to see what matters. */
export function spanText(seconds: number): string {
  for (const [unit, size] of [
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
  ] as const) {
    if (seconds >= 2 * size) return `${Math.floor(seconds / size)}${unit}`;
  }
  return `${Math.floor(seconds)}s`;
}
