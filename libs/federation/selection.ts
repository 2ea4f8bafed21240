/**
 * Which clusters answer for a Service: ordered groups of clusters, of which the first with a ready
 * endpoint does. All policies are written so:
 *
 *   home then all           home first
 *   east then west north    failover in order, the last two together
 *   all                     merge
 *   east=3 west=1           by weight
 *   nearest then home       what is near to the client; where nothing is, or it is not known where
 *                           the client is, the groups that follow
 *
 * The rule for one Service decides, then its annotation, its namespace's rule, the rule for all.
 */
import type { ServiceObject } from '../event/object.ts';
import { isClusterName } from '../event/subject.ts';
import type { StalePolicy } from './standing.ts';

export type Selection = readonly ClusterGroup[];
export type ClusterGroup = readonly Choice[];

export interface Choice {
  /** A cluster, or HOME, ALL or NEAREST. */
  readonly cluster: string;
  readonly weight: number;
}

/** What a Corefile says. Undefined and empty: nothing. */
export interface SelectionRules {
  readonly all: Selection | undefined;
  readonly namespaces: ReadonlyMap<string, Selection>;
  /** By `namespace/name`. */
  readonly services: ReadonlyMap<string, Selection>;
  readonly stale: StalePolicy;
}

export type ParsedSelection =
  | { readonly kind: 'selection'; readonly selection: Selection }
  | { readonly kind: 'wrong'; readonly why: string };

/** Of a Service in the API: that of the oldest export decides. */
export const SELECT_ANNOTATION = 'isthmus.dev/select';
/** What a selection is, for who wrote another thing. */
export const SELECTION_EXPECTED =
  'clusters, home, all or nearest, as in "home then all" or "east=3 west=1"';
export const NO_RULES: SelectionRules = {
  all: undefined,
  namespaces: new Map(),
  services: new Map(),
  stale: 'last',
};

const HOME = 'home';
const ALL = 'all';
/** Of the other clusters of its group, or of all where there are none, what is near. */
const NEAREST = 'nearest';
const THEN = 'then';
export const HOME_FIRST: Selection = [
  [{ cluster: HOME, weight: 1 }],
  [{ cluster: ALL, weight: 1 }],
];
export const MERGE_ALL: Selection = [[{ cluster: ALL, weight: 1 }]];

/** Groups of one selection: as many as KEP-5939 has selectors. */
const GROUPS_MAX = 16;
/** Clusters of one selection: as many as a federation is made for. */
const CHOICES_MAX = 100;
const WEIGHT_MAX = 100;

export function parseSelection(text: string): ParsedSelection {
  const words = text
    .trim()
    .split(/\s+/, CHOICES_MAX + GROUPS_MAX)
    .filter((word) => word !== '');
  const groups: Choice[][] = [[]];
  for (const word of words) {
    if (word === THEN) {
      groups.push([]);
      continue;
    }
    const [cluster = '', weight = '1', more] = word.split('=');
    if (!isClusterName(cluster)) return wrong(`"${shortened(cluster)}" is no name of a cluster`);
    const number = /^\d{1,3}$/.test(weight) && more === undefined ? Number(weight) : 0;
    if (cluster === NEAREST && word !== NEAREST) return wrong('nearest has no weight');
    if (number < 1 || number > WEIGHT_MAX) {
      return wrong(`the weight of ${cluster} is not 1 to ${WEIGHT_MAX}`);
    }
    groups.at(-1)?.push({ cluster, weight: number });
  }
  if (groups.some((group) => group.length === 0)) return wrong('a group has no cluster');
  if (groups.length > GROUPS_MAX) return wrong(`it has more than ${GROUPS_MAX} groups`);
  if (groups.flat().length > CHOICES_MAX) return wrong(`it has more than ${CHOICES_MAX} clusters`);
  return { kind: 'selection', selection: groups };
}

/** `otherwise`: where nobody says anything. */
export function selectionOf(
  rules: SelectionRules,
  { namespace, name, annotations }: ServiceObject,
  otherwise: Selection,
): Selection {
  return (
    rules.services.get(`${namespace}/${name}`) ??
    annotated(annotations?.[SELECT_ANNOTATION]) ??
    rules.namespaces.get(namespace) ??
    rules.all ??
    otherwise
  );
}

/** Clusters by their names that a selection has. */
export function clustersOf(selection: Selection): readonly string[] {
  const names = selection.flat().map(({ cluster }) => cluster);
  return names.filter((name) => name !== HOME && name !== ALL && name !== NEAREST);
}

/** Whether what is selected depends on who asks. */
export function isPerClient(selection: Selection): boolean {
  return selection.some(isNearest);
}

/** Whether some rule does. */
export function hasPerClient({ all, namespaces, services }: SelectionRules): boolean {
  return [...(all === undefined ? [] : [all]), ...namespaces.values(), ...services.values()].some(
    isPerClient,
  );
}

/** Whether only what is near to who asks counts. */
export function isNearest(group: ClusterGroup): boolean {
  return group.some(({ cluster }) => cluster === NEAREST);
}

/** What is wrong with a Service's annotation; undefined: nothing. */
export function wrongAnnotation({ namespace, name, annotations }: ServiceObject) {
  const text = annotations?.[SELECT_ANNOTATION];
  if (text === undefined) return undefined;
  const parsed = parseSelection(text);
  if (parsed.kind === 'selection') return undefined;
  return (
    `Cannot read the annotation ${SELECT_ANNOTATION} "${shortened(text)}" ` +
    `of ${namespace}/${name}: ${parsed.why}; ` +
    `expected ${SELECTION_EXPECTED}; it is as if it had none`
  );
}

/** Its own, else that of home, else that of all. Undefined: the group has not this cluster. */
export function weightIn(group: ClusterGroup, home: string, cluster: string): number | undefined {
  const weightOf = (word: string) => group.find((choice) => choice.cluster === word)?.weight;
  const weight =
    weightOf(cluster) ?? (cluster === home ? weightOf(HOME) : undefined) ?? weightOf(ALL);
  return weight ?? (group.every((choice) => choice.cluster === NEAREST) ? 1 : undefined);
}

function annotated(text: string | undefined): Selection | undefined {
  const parsed = text === undefined ? undefined : parseSelection(text);
  return parsed?.kind === 'selection' ? parsed.selection : undefined;
}

function wrong(why: string): ParsedSelection {
  return { kind: 'wrong', why };
}

/** Annotations can be 256 KiB long, and what is wrong with them is logged. */
function shortened(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
