/**
 * Invariant 8, with pins: what is shown comes of what a cluster's log and the control log say, and
 * not of the order in which the two were read.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatRRset } from '../../libs/dns/presentation.ts';
import type { Pinned } from '../../libs/event/control.ts';
import type { Event, Synced } from '../../libs/event/event.ts';
import { hashOfKeys } from '../../libs/event/key-sum.ts';
import { type ClusterObject, DEFAULT_KINDS, refKey } from '../../libs/event/object.ts';
import { subjectOf } from '../../libs/event/subject.ts';
import { ClusterState, evolve, groupsOf, objectOf } from '../../libs/federation/cluster-state.ts';
import { namesOfGroup } from '../../libs/federation/federation.ts';
import type { Group } from '../../libs/federation/group.ts';
import type { FederationConfig } from '../../libs/federation/layer.ts';
import { setPins } from '../../libs/federation/pin.ts';
import { serviceKeyOf } from '../../libs/federation/pinned-services.ts';
import { PublishedNames } from '../../libs/federation/published.ts';
import { SyncedCheck } from '../../services/resolver/control/synced-check.ts';
import { type Histories, histories } from './arbitrary-events.ts';
import { configs, federations } from './arbitrary-layers.ts';

/** What the control log has pinned in east, after each of its events. */
type Pins = readonly Pinned[];

const keys = fc.constantFrom('shop/web', 'shop/db', 'ops/web');

/** Of each key, what a history left behind: objects that may well have been there together. */
const pinned: fc.Arbitrary<Pinned> = fc.tuple(keys, histories).map(([key, history]) => {
  const [namespace = '', name = ''] = key.split('/');
  const objects = [...factsOf(history.map(([, event]) => event)).values()];
  return { kind: 'pinned', cluster: 'east', namespace, name, at: 1, objects };
});

const pins: fc.Arbitrary<readonly Pins[]> = fc.array(
  fc.uniqueArray(pinned, { maxLength: 2, selector: ({ namespace, name }) => namespace + name }),
  { minLength: 1, maxLength: 4 },
);

/** How two logs are read: which of them has the next turn. */
const turns = fc.array(fc.boolean(), { minLength: 60, maxLength: 60 });

function factsOf(events: readonly Event[]): Map<string, ClusterObject> {
  const facts = new Map<string, ClusterObject>();
  for (const event of events) {
    if (event.kind === 'observed') facts.set(refKey(event.object), event.object);
    if (event.kind === 'removed') facts.delete(refKey(event.ref));
  }
  return facts;
}

/** Both logs of east, in turns; `onGroups` is told what may have changed. */
function fold(
  state: ClusterState,
  events: readonly Event[],
  pinning: readonly Pins[],
  inTurn: readonly boolean[],
  onGroups: (groups: readonly Group[]) => void = () => {},
): void {
  const [log, control] = [[...events.entries()], [...pinning]];
  for (const isControl of [...inTurn, ...events.map(() => false), ...pinning.map(() => true)]) {
    const next = isControl ? undefined : log.shift();
    if (next !== undefined) onGroups(evolve(state, next[1], next[0] + 1));
    const wanted = isControl ? control.shift() : undefined;
    if (wanted !== undefined) onGroups(setPins(state, wanted));
  }
}

function ofEast(history: Histories): readonly Event[] {
  return history.filter(([cluster]) => cluster === 'east').map(([, event]) => event);
}

function shownBy(state: ClusterState): unknown {
  const { services, slices, exports, imports, pods, namespaces } = state;
  return [services, slices, exports, imports, pods, namespaces].map((facts) =>
    [...facts].sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

test('what is shown does not depend on how the two logs were interleaved', () => {
  fc.assert(
    fc.property(histories, pins, turns, turns, (history, pinning, one, other) => {
      const events = ofEast(history);
      const [first, second] = [new ClusterState('east'), new ClusterState('east')];
      fold(first, events, pinning, one);
      fold(second, events, pinning.slice(-1), other);
      assert.deepEqual(shownBy(first), shownBy(second));
    }),
    { numRuns: 2000 },
  );
});

test('of a pinned Service the pin is shown, of all others what their log says', () => {
  let compared = 0;
  fc.assert(
    fc.property(histories, pins, turns, (history, pinning, inTurn) => {
      const events = ofEast(history);
      const state = new ClusterState('east');
      fold(state, events, pinning, inTurn);
      const held = pinning.at(-1) ?? [];
      const pinnedKeys = new Set(held.map(({ namespace, name }) => `${namespace}/${name}`));
      const isPinned = (object: ClusterObject) => pinnedKeys.has(serviceKeyOf(object) ?? '');
      const facts = factsOf(events);
      const real = [...facts.values()].filter((object) => !isPinned(object));
      const shown = [state.services, state.slices, state.exports, state.imports];
      const expected = [
        ...real.filter((object) => serviceKeyOf(object) !== undefined),
        ...held.flatMap(({ objects, namespace, name }) =>
          objects.filter((object) => serviceKeyOf(object) === `${namespace}/${name}`),
        ),
      ];
      const inWords = (object: ClusterObject) =>
        JSON.stringify({ ...object, name: object.name.replace(/ pinned.*/, '') });
      assert.deepEqual(
        shown.flatMap((all) => [...all.values()].map(inWords)).sort(),
        expected.map(inWords).sort(),
      );
      for (const object of facts.values()) assert.deepEqual(objectOf(state, object), object);
      compared += pinnedKeys.size;
    }),
    { numRuns: 1000 },
  );
  assert.ok(compared > 500, `${compared} were pinned`);
});

const served = fc.oneof(configs, federations);

test('the groups that a pin names are all that it changes', () => {
  fc.assert(
    fc.property(served, histories, pins, turns, (config, history, pinning, inTurn) => {
      const west = new ClusterState('west');
      for (const [i, [cluster, event]] of history.entries()) {
        if (cluster === 'west') evolve(west, event, i + 1);
      }
      const east = new ClusterState('east');
      const states = new Map([east, west].map((state) => [state.cluster, state]));
      const published = new PublishedNames(config);
      const names = new Map<string, readonly string[]>();
      const tell = (groups: Iterable<Group>) => tellNames(config, states, published, names, groups);
      tell(groupsOf(west));
      fold(east, ofEast(history), pinning, inTurn, tell);
      const anew = new Map<string, readonly string[]>();
      const all = [east, west].flatMap((state) => [...groupsOf(state)]);
      tellNames(config, states, new PublishedNames(config), anew, all);
      assert.deepEqual(sorted(names), sorted(anew));
    }),
    { numRuns: 1000 },
  );
});

function tellNames(
  config: FederationConfig,
  states: ReadonlyMap<string, ClusterState>,
  published: PublishedNames,
  names: Map<string, readonly string[]>,
  groups: Iterable<Group>,
): void {
  for (const group of new Set(groups)) {
    const now = namesOfGroup(config, states, group);
    for (const [name, rrsets] of now) names.set(name, rrsets.flatMap(formatRRset));
    for (const name of published.replace(group, now)) names.delete(name);
  }
}

function sorted(names: ReadonlyMap<string, readonly string[]>): unknown {
  return [...names].sort(([a], [b]) => (a < b ? -1 : 1));
}

test('whether all was read is told by what the log says, pinned or not', () => {
  fc.assert(
    fc.property(histories, pins, turns, (history, pinning, inTurn) => {
      const events = ofEast(history).filter(({ kind }) => kind !== 'synced');
      const state = new ClusterState('east');
      const check = new SyncedCheck();
      check.caughtUp();
      const pinner = [...pinning];
      for (const [i, event] of events.entries()) {
        const wanted = inTurn[i] === true ? pinner.shift() : undefined;
        if (wanted !== undefined) setPins(state, wanted);
        check.read(state, entryOf(event, i + 1), event);
        evolve(state, event, i + 1);
      }
      const synced = syncedAfter(events);
      const verdict = check.read(state, entryOf(synced, events.length + 1), synced);
      assert.deepEqual(verdict, { kind: 'same' });
    }),
    { numRuns: 1000 },
  );
});

function entryOf(event: Event, position: number) {
  return { position, subject: subjectOf('default', 'east', event), data: new Uint8Array() };
}

function syncedAfter(events: readonly Event[]): Synced {
  const kinds = DEFAULT_KINDS;
  const facts = [...factsOf(events).values()].filter(({ kind }) => kinds.includes(kind));
  const counts = kinds.map((kind) => [kind, facts.filter((one) => one.kind === kind).length]);
  const hash = hashOfKeys(facts.map(refKey));
  const versions = { resourceVersions: {}, counts: Object.fromEntries(counts), hash };
  return { kind: 'synced', writer: 'w', ...versions };
}
