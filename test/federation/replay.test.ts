/** Invariant 8: replay equals live, whatever way a state came about. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatRRset } from '../../libs/dns/presentation.ts';
import type { Event } from '../../libs/event/event.ts';
import { subjectOf } from '../../libs/event/subject.ts';
import { ClusterState, evolve, groupsOf, type Kept } from '../../libs/federation/cluster-state.ts';
import { namesOfGroup } from '../../libs/federation/federation.ts';
import { CONFIG } from '../../libs/federation/given-clusters.ts';
import type { Group } from '../../libs/federation/group.ts';
import { keptFor } from '../../libs/federation/kept-facts.ts';
import type { FederationConfig } from '../../libs/federation/layer.ts';
import type { Names } from '../../libs/federation/names.ts';
import { Parts } from '../../libs/federation/parts.ts';
import { PublishedNames } from '../../libs/federation/published.ts';
import { histories } from './arbitrary-events.ts';
import { configs, federations } from './arbitrary-layers.ts';

/** Names with their records, as they were told to a table: `put` and `remove`, group by group. */
class Told {
  readonly states = new Map<string, ClusterState>();
  readonly names = new Map<string, readonly string[]>();
  readonly published: PublishedNames;
  readonly #config: FederationConfig;

  readonly #kept: ((cluster: string) => Kept) | undefined;

  constructor(config: FederationConfig, kept?: (cluster: string) => Kept) {
    this.#config = config;
    this.#kept = kept;
    this.published = new PublishedNames(config);
  }

  state(cluster: string): ClusterState {
    const known = this.states.get(cluster);
    const state = known ?? new ClusterState(cluster, this.#kept?.(cluster));
    this.states.set(cluster, state);
    return state;
  }

  tell(groups: Iterable<Group>): void {
    for (const group of new Set(groups)) {
      this.#tellNames(group, namesOfGroup(this.#config, this.states, group));
    }
  }

  /** As a resolver does: of each group only what the cluster has a part in. */
  tellParts(cluster: string, groups: Iterable<Group>): void {
    const parts = new Parts(this.#config);
    for (const part of new Set([...groups].flatMap((group) => parts.of(group, cluster)))) {
      this.#tellNames(part, parts.names(this.states, part));
    }
  }

  #tellNames(part: Group, names: Names): void {
    for (const [name, rrsets] of names) this.names.set(name, rrsets.flatMap(formatRRset));
    for (const name of this.published.replace(part, names)) this.names.delete(name);
  }

  shown(): unknown {
    return [...this.names].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}

const served = fc.oneof(fc.constant(CONFIG), configs, federations);

type History = readonly (readonly [string, Event])[];

/** Told after each event, only of the groups that it changed; by what is kept for these layers. */
function live(config: FederationConfig, history: History): Told {
  const told = new Told(config, (cluster) => keptFor(config, cluster));
  told.state('east');
  told.state('west');
  for (const [i, [cluster, event]] of history.entries()) {
    told.tellParts(cluster, evolve(told.state(cluster), event, i + 1));
  }
  return told;
}

/** Told once, at the end, of everything. */
function replayed(config: FederationConfig, history: History): Told {
  const told = new Told(config);
  told.state('east');
  told.state('west');
  for (const [i, [cluster, event]] of history.entries()) evolve(told.state(cluster), event, i + 1);
  for (const state of told.states.values()) told.tell(groupsOf(state));
  return told;
}

/**
 * Of the first `cut` events only the last of each subject, then the rest: a reader that starts
 * late.
 */
function lastPerSubjectAndTail(history: History, cut: number): History {
  const last = new Map<string, readonly [string, Event]>();
  for (const entry of history.slice(0, cut)) {
    const subject = subjectOf('default', entry[0], entry[1]);
    last.delete(subject);
    last.set(subject, entry);
  }
  return [...last.values(), ...history.slice(cut)];
}

test('live equals replay: every event names all that it changes, and parts are the whole', () => {
  fc.assert(
    fc.property(served, histories, (config, history) => {
      assert.deepEqual(live(config, history).shown(), replayed(config, history).shown());
    }),
    { numRuns: 2000 },
  );
});

test('the last event of each subject and the tail equal all events', () => {
  fc.assert(
    fc.property(histories, fc.nat(40), (history, cut) => {
      const late = lastPerSubjectAndTail(history, cut);
      assert.deepEqual(replayed(CONFIG, late).shown(), replayed(CONFIG, history).shown());
      for (const cluster of ['east', 'west']) {
        assert.equal(
          replayed(CONFIG, late).state(cluster).complete,
          replayed(CONFIG, history).state(cluster).complete,
        );
      }
    }),
    { numRuns: 2000 },
  );
});
