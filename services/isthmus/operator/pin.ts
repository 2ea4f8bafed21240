/**
 * `isthmus pin NAMESPACE/NAME --at POSITION|TIME`, `unpin NAMESPACE/NAME`: a Service of a cluster
 * is held as it was, until it is let go.
 *
 *   history of the cluster's log ─► the objects of that moment ─► Pinned, in the control log
 */
import type { Pinned, Unpinned } from '../../../libs/event/control.ts';
import type { Event } from '../../../libs/event/event.ts';
import type { ClusterObject } from '../../../libs/event/object.ts';
import { isClusterName, subjectOf } from '../../../libs/event/subject.ts';
import { pinKey } from '../../../libs/federation/control-state.ts';
import { ENTRY_OCTETS_MAX } from '../../../libs/log/log.ts';
import { UsageError } from '../flags.ts';
import { type Speaker, say, TooLarge } from './control-word.ts';
import { inParallel } from './in-parallel.ts';
import { type Moment, momentText } from './moment.ts';
import { type Place, type ServiceKey, type ServiceThen, serviceThen } from './service-then.ts';

/** Clusters whose logs are looked into at once. */
const CLUSTERS_AT_ONCE = 8;

/** Throws UsageError. */
export function readServiceKey(text: string): ServiceKey {
  const [namespace = '', name = '', more] = text.split('/');
  if (isClusterName(namespace) && isClusterName(name) && more === undefined) {
    return { namespace, name };
  }
  throw new UsageError(
    `Cannot use the Service "${text}": it is no name of one; expected NAMESPACE/NAME`,
  );
}

/**
 * A line for each cluster. `clusters`: those that are meant, which have logs. Throws an Error that
 * says why it can't be done: then nothing is pinned.
 */
export async function pin(
  speaker: Speaker,
  key: ServiceKey,
  moment: Moment,
  clusters: readonly string[],
): Promise<string> {
  const known = await clustersThatKnow(speaker, key, clusters);
  const [one, another] = known;
  if (one === undefined) {
    throw new Error(
      `Cannot pin ${textOf(key)}: the logs of ${clusters.join(', ')} know no such Service; ` +
        'expected NAMESPACE/NAME of one',
    );
  }
  if (moment.kind === 'position' && another !== undefined) {
    throw new UsageError(
      `Cannot pin ${textOf(key)} at position ${moment.position}: ${known.join(' and ')} have it, ` +
        'and each log has positions of its own; expected --cluster NAME, or a time',
    );
  }
  const found = await inParallel(known, CLUSTERS_AT_ONCE, async (cluster) => {
    return { cluster, was: await wasThen(speaker, key, moment, cluster) };
  });
  const there = found.flatMap(({ cluster, was }) =>
    was.kind === 'there' ? [{ cluster, was }] : [],
  );
  refuseLost(key, moment, found);
  if (there.length === 0) throw absent(key, moment, found);
  const lines: string[] = [];
  for (const { cluster, was } of there) {
    lines.push(await pinOne(speaker, { cluster, ...key }, moment, was));
  }
  return lines.join('\n');
}

/** A line for each cluster; undefined: it is not pinned. `cluster`: only there. */
export async function unpin(
  speaker: Speaker,
  key: ServiceKey,
  cluster: string | undefined,
): Promise<string | undefined> {
  const lines: string[] = [];
  const isMeant = (one: Pinned) =>
    textOf(one) === textOf(key) && (cluster === undefined || one.cluster === cluster);
  // Each turn says one word: who pins meanwhile is let go as well.
  for (;;) {
    let event: Unpinned | undefined;
    const position = await say(speaker, ({ state }) => {
      const pinned = [...state.pins.values()].find(isMeant);
      if (pinned === undefined) return undefined;
      event = { kind: 'unpinned', cluster: pinned.cluster, ...key };
      return event;
    });
    if (position === undefined || event === undefined) break;
    lines.push(
      `${textOf(key)} of ${event.cluster} is unpinned, at control position ${position}: ` +
        'it is as its cluster says',
    );
  }
  return lines.length === 0 ? undefined : lines.join('\n');
}

type Found = { readonly cluster: string; readonly was: ServiceThen };

async function pinOne(
  speaker: Speaker,
  of: Pick<Pinned, 'cluster' | 'namespace' | 'name'>,
  moment: Moment,
  { at, objects }: { readonly at: Place; readonly objects: readonly ClusterObject[] },
): Promise<string> {
  const position = moment.kind === 'position' ? moment.position : at.position;
  const event: Pinned = { kind: 'pinned', ...of, at: position, objects };
  const what = `${textOf(of)} of ${of.cluster}`;
  const stands = `as it was at position ${position} (${at.observedAt}: ${inWords(objects)})`;
  try {
    const said = await say(speaker, ({ state }) => {
      const known = state.pins.get(pinKey(event));
      return JSON.stringify(known) === JSON.stringify(event) ? undefined : event;
    });
    if (said === undefined) return `${what} is pinned already, ${stands}`;
    return `${what} is pinned, at control position ${said}: it stays ${stands}`;
  } catch (error) {
    if (!(error instanceof TooLarge)) throw error;
    throw new Error(
      `Cannot pin ${what}: what it was takes ${error.octets} octets; ` +
        `expected at most ${ENTRY_OCTETS_MAX}`,
    );
  }
}

/** Those whose log has, or had, a Service or a ServiceImport of this name. */
async function clustersThatKnow(
  { federation, logs }: Speaker,
  { namespace, name }: ServiceKey,
  clusters: readonly string[],
): Promise<readonly string[]> {
  const known = await inParallel(clusters, CLUSTERS_AT_ONCE, async (cluster) => {
    for (const kind of ['Service', 'ServiceImport'] as const) {
      const event: Event = { kind: 'removed', ref: { kind, namespace, name } };
      const last = await logs.open(cluster).lastOf(subjectOf(federation, cluster, event));
      if (last !== undefined) return cluster;
    }
    return undefined;
  });
  return known.filter((cluster) => cluster !== undefined);
}

async function wasThen(
  { logs, signal }: Speaker,
  key: ServiceKey,
  moment: Moment,
  cluster: string,
): Promise<ServiceThen> {
  const log = logs.open(cluster);
  const head = await log.head();
  if (moment.kind === 'position' && moment.position > head.position) {
    throw new Error(
      `Cannot pin ${textOf(key)} at position ${moment.position}: the log of ${cluster} is at ` +
        `${head.position}; expected a position up to that`,
    );
  }
  return serviceThen(log, key, moment, signal);
}

function refuseLost(key: ServiceKey, moment: Moment, found: readonly Found[]): void {
  for (const { cluster, was } of found) {
    if (was.kind !== 'lost') continue;
    const { of, since } = was;
    const what = of === undefined ? 'what is gone' : `its ${of.kind} ${of.name}`;
    throw new Error(
      `Cannot pin ${textOf(key)} of ${cluster} as it was at ${momentText(moment)}: ` +
        `history of ${what} reaches back to position ${since.position}, ${since.observedAt}; ` +
        'expected that or later',
    );
  }
}

function absent(key: ServiceKey, moment: Moment, found: readonly Found[]): Error {
  const whys = found.map(({ cluster, was }) =>
    was.kind === 'absent' ? `in ${cluster} ${was.why}` : '',
  );
  return new Error(
    `Cannot pin ${textOf(key)} as it was at ${momentText(moment)}: it was not there then; ` +
      `${whys.join('; ')}; expected a moment at which it was`,
  );
}

/** "2 EndpointSlices with 3 ready endpoints". */
function inWords(objects: readonly ClusterObject[]): string {
  const slices = objects.filter((object) => object.kind === 'EndpointSlice');
  const ready = slices.flatMap(({ endpoints }) => endpoints.filter((one) => one.ready));
  const others = objects.filter(({ kind }) => kind !== 'EndpointSlice').map(({ kind }) => kind);
  return [
    ...others,
    counted(slices.length, 'EndpointSlice'),
    counted(ready.length, 'ready endpoint'),
  ].join(', ');
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function textOf({ namespace, name }: ServiceKey): string {
  return `${namespace}/${name}`;
}
