/**
 * What the APIs say now, as a resolver's table that was never told anything else; and whether a
 * resolver has come to the same.
 */
import { setImmediate } from 'node:timers/promises';
import { encodeEnvelope, isRemoval } from '../../libs/event/codec.ts';
import { decodeControl } from '../../libs/event/control-codec.ts';
import type { Event } from '../../libs/event/event.ts';
import type { ClusterObject } from '../../libs/event/object.ts';
import { DEFAULT_KINDS } from '../../libs/event/object.ts';
import { subjectOf } from '../../libs/event/subject.ts';
import { ControlState, evolveControl } from '../../libs/federation/control-state.ts';
import type { FederationConfig } from '../../libs/federation/layer.ts';
import { FederationView } from '../../services/resolver/control/federation-view.ts';
import type { ServedLog } from './log-server.ts';
import { MapSink } from './map-sink.ts';
import type { StoreServer } from './sim-store.ts';
import { FEDERATION } from './surroundings.ts';

export type Objects = ReadonlyMap<string, readonly ClusterObject[]>;

/** By name, as text; see MapSink.shown. */
export async function tableOf(
  config: FederationConfig,
  clusters: Objects,
  control: ControlState,
): Promise<ReadonlyMap<string, string>> {
  const table = new MapSink(
    () => {},
    () => {},
  );
  const view = new FederationView(config, table.sink, () => {});
  for (const cluster of clusters.keys()) view.join(cluster);
  view.allJoined();
  for (const [cluster, objects] of clusters) {
    const events: Event[] = objects.map((object) => ({ kind: 'observed', object }));
    const counts = Object.fromEntries(
      DEFAULT_KINDS.map((kind) => [kind, objects.filter((one) => one.kind === kind).length]),
    );
    events.push({ kind: 'synced', writer: 'truth', resourceVersions: {}, counts, hash: '' });
    const entries = events.map((event, i) => ({
      position: i + 1,
      subject: subjectOf(FEDERATION, cluster, event),
      data: encodeEnvelope({ event, observedAt: '2026-03-01T03:12:00Z', prev: 0 }),
    }));
    view.apply(cluster, entries);
    view.caughtUp(cluster);
  }
  view.controlled(control);
  while ([...table.zones.values()].some(({ denies }) => !denies)) await setImmediate();
  view.stop();
  return table.shown();
}

/** What operators want, by the control log; and how clusters stand. */
export function controlOf(log: ServedLog): ControlState {
  const state = new ControlState();
  for (const { data, position } of log.lastOfEach(log.head.position)) {
    const decoded = decodeControl(data);
    if (decoded.kind === 'event') evolveControl(state, decoded.envelope.event, position);
  }
  return state;
}

/** The first difference, in words; undefined: there is none. */
export function differenceOf(
  truth: ReadonlyMap<string, string>,
  said: ReadonlyMap<string, string>,
): string | undefined {
  for (const [name, expected] of truth) {
    const actual = said.get(name);
    if (actual !== expected) return `${name} is ${actual ?? 'not there'}; expected ${expected}`;
  }
  for (const [name, actual] of said) {
    if (!truth.has(name)) return `${name} is ${actual}; expected that it is not there`;
  }
  return undefined;
}

/** Whether a resolver that starts from the store knows all that the log says. */
export function storeDifference(store: StoreServer, log: ServedLog): string | undefined {
  const facts = store.facts(log.cluster);
  const { incarnation, position } = log.head;
  const { head } = facts ?? {};
  if (facts === undefined || head?.incarnation !== incarnation || head.position !== position) {
    const where = head === undefined ? 'nowhere' : `${head.incarnation}@${head.position}`;
    return `the store of ${log.cluster} is ${where}; expected ${incarnation}@${position}`;
  }
  // Of what is gone the store has nothing.
  const there = log.lastOfEach(position).filter(({ data }) => !isRemoval(data));
  for (const { subject, data } of there) {
    if (facts.bySubject.get(subject) !== data) return `the store has an old ${subject}`;
  }
  if (facts.bySubject.size === there.length) return undefined;
  return `the store of ${log.cluster} has subjects that its log does not have`;
}
