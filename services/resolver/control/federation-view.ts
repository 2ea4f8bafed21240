/**
 * The resolver's view of the federation: cluster states, and the table computed from them.
 *
 *   entries of a log ─► evolve ─► groups that changed ─► publisher.ts ─► table, in slices
 *                         └─► the chain looks up from the same states
 *
 * Everything here runs on the control thread, in small steps between which queries that the table
 * can't answer are served.
 */

import { type Clock, SYSTEM_CLOCK } from '../../../libs/clock/clock.ts';
import { longestZone } from '../../../libs/dns/name.ts';
import { type DecodedEntry, decodeEntry } from '../../../libs/event/codec.ts';
import type { Event } from '../../../libs/event/event.ts';
import { groupOfName } from '../../../libs/federation/asked-name.ts';
import { ClusterState, evolve, groupsOf } from '../../../libs/federation/cluster-state.ts';
import { ControlState } from '../../../libs/federation/control-state.ts';
import { type Group, parseGroup } from '../../../libs/federation/group.ts';
import { type ClusterStates, IndexedStates } from '../../../libs/federation/indexed-states.ts';
import { keptFor } from '../../../libs/federation/kept-facts.ts';
import { KeptNames } from '../../../libs/federation/kept-names.ts';
import { placeOfClient } from '../../../libs/federation/known-places.ts';
import type { FederationConfig, Layer } from '../../../libs/federation/layer.ts';
import { type Lookup, lookup, type Outcome } from '../../../libs/federation/lookup.ts';
import { wrongAnnotation } from '../../../libs/federation/selection.ts';
import type { Position, StoredEntry } from '../../../libs/log/log.ts';
import {
  isLayerComplete,
  isRead,
  isZoneComplete,
  type Member,
  type Members,
  newMember,
  pinsPerCluster,
  placeBy,
} from './member.ts';
import type { NameSink } from './name-sink.ts';
import type { ProgrammingLatency } from './programming-latency.ts';
import { GROUPS_PER_SLICE, Publisher } from './publisher.ts';
import { SyncedCheck, type Verdict } from './synced-check.ts';

/**
 * Of a cluster that is read for the first time, names wait for what belongs to them, and are
 * computed once: with Synced, after a pause, or when they have waited for so long.
 */
const LOADING_PAUSE_MS = 100;
const LOADING_MS_MAX = 10_000;

export interface ClusterView {
  readonly cluster: string;
  readonly position: Position;
  /** A watcher has said that the log holds all of its API. */
  readonly synced: boolean;
  /** All that was in the log has been read. */
  readonly caughtUp: boolean;
  /** What was read is not what its watcher says: nothing is denied for it. */
  readonly unverified: boolean;
  readonly services: number;
  readonly endpointSlices: number;
  /** Entries that this version could not read. */
  readonly skipped: number;
  /** When the youngest of its events was seen, RFC 3339; '' before there is one. */
  readonly observedAt: string;
}

export class FederationView {
  readonly config: FederationConfig;
  readonly #members = new Map<string, Member>();
  readonly #states = new IndexedStates();
  readonly #publisher: Publisher;
  /** What chain lookups are made from. */
  readonly #asked: Lookup;
  readonly #kept: KeptNames;
  readonly #latency: ProgrammingLatency | undefined;
  readonly #clock: Clock;
  readonly #onSkipped: (cluster: string, why: string) => void;
  #membersKnown = false;
  #control = new ControlState();

  constructor(
    config: FederationConfig,
    sink: NameSink,
    onSkipped: (cluster: string, why: string) => void,
    latency?: ProgrammingLatency,
    clock = SYSTEM_CLOCK,
  ) {
    this.#latency = latency;
    this.#clock = clock;
    this.config = config;
    this.#onSkipped = onSkipped;
    const publisher = new Publisher({
      config,
      sink,
      states: this.#states,
      isKnown: (layer, zone) => isZoneComplete(layer, zone, this.#known),
      isLoading: () => this.#isLoading,
      controlPosition: () => this.#control.position,
      latency,
      clock,
    });
    this.#publisher = publisher;
    this.#kept = new KeptNames(config, this.#states);
    this.#asked = {
      kept: this.#kept,
      config,
      states: this.#states,
      get serial() {
        return publisher.serial;
      },
      isComplete: (layer, name) => this.isComplete(layer, name),
      hasBelow: (below) => publisher.hasBelow(below),
    };
    publisher.writeZones();
  }

  /** A cluster belongs to the federation from now on; nothing is known of it yet. */
  join(cluster: string): void {
    if (this.#members.has(cluster)) return;
    const member = newMember(cluster, keptFor(this.config, cluster));
    const pinned = placeBy(this.#control, member.state);
    this.#members.set(cluster, member);
    this.#states.set(cluster, member.state);
    for (const part of this.#partsOf(member, pinned)) member.loading.add(part);
    this.#kept.clear();
    this.#publisher.publishZones();
  }

  /** How clusters stand, by the control log. */
  controlled(control: ControlState): void {
    this.#control = control;
    const pins = pinsPerCluster(control);
    for (const member of this.#members.values()) {
      this.#publisher.changed(this.#partsOf(member, placeBy(control, member.state, pins)));
    }
    this.#kept.clear();
    this.#publisher.flushSoon();
  }

  /** Every cluster of the federation has joined: a name that none of them has does not exist. */
  allJoined(): void {
    this.#membersKnown = true;
    this.#publisher.publishZones();
  }

  /** What a Synced among them says of all that was folded before it, if that can be told. */
  apply(cluster: string, entries: readonly StoredEntry[]): Verdict | undefined {
    const member = this.#member(cluster);
    let verdict: Verdict | undefined;
    for (const entry of entries) {
      const { position, data } = entry;
      const decoded: DecodedEntry = decodeEntry(data);
      if (decoded.kind === 'skipped') {
        member.skipped++;
        member.check.skipped(entry);
        this.#onSkipped(cluster, decoded.why);
        continue;
      }
      const { event, observedAt } = decoded.envelope;
      if (observedAt > member.observedAt) member.observedAt = observedAt;
      const isService = event.kind === 'observed' && event.object.kind === 'Service';
      const wrong = isService ? wrongAnnotation(event.object) : undefined;
      if (wrong !== undefined) this.#onSkipped(cluster, wrong);
      if (isRead(member)) this.#latency?.note(member.state, event);
      const state = member.rebuilt ?? member.state;
      verdict = member.check.read(state, entry, event) ?? verdict;
      const groups = evolve(state, event, position);
      if (member.rebuilt !== undefined) continue;
      this.#kept.changed(groups);
      if (isOfNode(event)) this.#kept.clear();
      const parts = this.#partsOf(member, groups);
      if (isRead(member)) this.#publisher.changed(parts);
      else for (const part of parts) member.loading.add(part);
    }
    this.#flushRead(member);
    return verdict;
  }

  /** All that was in the log has been applied. */
  caughtUp(cluster: string): Verdict | undefined {
    const member = this.#member(cluster);
    member.caughtUp = true;
    this.#flushRead(member);
    return member.check.caughtUp();
  }

  /** Whether what was folded can be what the cluster has. */
  verified(cluster: string, isVerified: boolean): void {
    const member = this.#member(cluster);
    if (member.unverified !== isVerified) return;
    member.unverified = !isVerified;
    this.#publisher.publishZones();
  }

  /** The log is another one: what is applied next builds the state anew. */
  restarted(cluster: string): void {
    const member = this.#member(cluster);
    member.rebuilt = new ClusterState(cluster, member.state.kept);
    member.check = new SyncedCheck();
    member.caughtUp = false;
    this.#publisher.publishZones();
  }

  /**
   * `layers`: those that are asked; all by default. `client`: the address of who asks; without one
   * it is as for a client of whom nothing is known.
   */
  lookup(name: string, type: string, layers?: readonly Layer[], client?: string): Outcome {
    const outcome = lookup(this.#askedBy(client), name, type, layers);
    if (outcome.kind !== 'nxdomain' || !this.#publisher.isBehind) return outcome;
    // What is below it may be among the groups that are still to be computed.
    return this.#mayBeAbove(name) ? { ...outcome, kind: 'unready' } : outcome;
  }

  #askedBy(client: string | undefined): Lookup {
    const { clients } = this.config;
    if (clients === undefined || client === undefined) return this.#asked;
    const place = placeOfClient(clients, this.#states, client);
    return place === undefined ? this.#asked : { ...this.#asked, place };
  }

  /** Whether the name's absence from a layer proves anything. */
  isComplete(layer: Layer, name: string): boolean {
    return isLayerComplete(layer, name, this.#known);
  }

  get #known(): Members {
    return { byName: this.#members, areAll: this.#membersKnown };
  }

  get states(): ClusterStates {
    return this.#states;
  }

  clusters(): readonly ClusterView[] {
    return [...this.#members.values()].map(viewOf);
  }

  /** Undefined: it has not joined. */
  cluster(name: string): ClusterView | undefined {
    const member = this.#members.get(name);
    return member && viewOf(member);
  }

  /** Whether names wait that the states have already. */
  get isBehind(): boolean {
    return this.#publisher.isBehind;
  }

  /** Tells one more sink all names; resolves when it knows as much as the others. */
  addSink(sink: NameSink): Promise<void> {
    return this.#publisher.add(sink);
  }

  deleteSink(sink: NameSink): void {
    this.#publisher.delete(sink);
  }

  stop(): void {
    this.#publisher.stop();
    for (const { pause } of this.#members.values()) pause?.cancel();
  }

  #member(cluster: string): Member {
    const member = this.#members.get(cluster);
    if (member === undefined)
      throw new RangeError(`Cannot apply to cluster "${cluster}": it has not joined`);
    return member;
  }

  /** Of groups of which the cluster has changed what it says. */
  #partsOf({ state: { cluster } }: Member, groups: Iterable<Group>): Iterable<Group> {
    const all = [...groups];
    this.#states.heard(cluster, all);
    return this.#publisher.partsOf(cluster, all);
  }

  /** Takes the state built anew once it is as complete as the one before it was. */
  #adopt(member: Member): void {
    const { rebuilt, state: before } = member;
    if (rebuilt === undefined || !member.caughtUp || (before.complete && !rebuilt.complete)) return;
    placeBy(this.#control, rebuilt);
    member.state = rebuilt;
    member.rebuilt = undefined;
    this.#states.set(rebuilt.cluster, rebuilt);
    this.#kept.clear();
    for (const state of [before, rebuilt]) {
      this.#publisher.changed(this.#partsOf(member, groupsOf(state)));
    }
    this.#publisher.flushSoon();
  }

  #flushRead(member: Member): void {
    if (member.rebuilt !== undefined) this.#adopt(member);
    else if (isRead(member) || member.loading.size <= GROUPS_PER_SLICE) this.#flushLoading(member);
    else this.#flushAfterPause(member);
  }

  #flushLoading(member: Member): void {
    member.pause?.cancel();
    member.loadingSinceMs = undefined;
    this.#publisher.changed(member.loading);
    member.loading.clear();
    this.#publisher.flushSoon();
  }

  /** Until then the chain answers from the states. */
  #flushAfterPause(member: Member): void {
    const nowMs = this.#clock.elapsedMs();
    member.loadingSinceMs ??= nowMs;
    member.pause?.cancel();
    const leftMs = member.loadingSinceMs + LOADING_MS_MAX - nowMs;
    const pauseMs = Math.min(LOADING_PAUSE_MS, leftMs);
    member.pause = this.#clock.after(pauseMs, () => this.#flushLoading(member));
  }

  get #isLoading(): boolean {
    for (const { loading } of this.#members.values()) if (loading.size > 0) return true;
    return false;
  }

  /** Whether the name could be above those of several groups. */
  #mayBeAbove(name: string): boolean {
    return this.config.layers.some((layer) => {
      const reverse = longestZone(name, layer.reverseZones);
      if (reverse !== undefined) return groupOfName(layer, name, reverse) === undefined;
      const zone = longestZone(name, layer.zones);
      const group = zone === undefined ? undefined : groupOfName(layer, name, zone);
      return group !== undefined && parseGroup(group).kind === 'namespace';
    });
  }
}

function viewOf({ state, caughtUp, unverified, skipped, observedAt }: Member): ClusterView {
  return {
    cluster: state.cluster,
    position: state.position,
    synced: state.complete,
    caughtUp,
    unverified,
    services: state.services.size,
    endpointSlices: state.slices.size,
    skipped,
    observedAt,
  };
}

/** Where nodes are, groups do not say: it counts for who asks. */
function isOfNode(event: Event): boolean {
  if (event.kind === 'observed') return event.object.kind === 'Node';
  return event.kind === 'removed' && event.ref.kind === 'Node';
}
