/**
 * The resolver's view of the federation: cluster states, and the table computed from them.
 *
 *   entries of a log ─► evolve ─► groups that changed ─► their names ─► table, in slices
 *                         └─► the chain looks up from the same states
 *
 * Everything here runs on the control thread, in small steps between which queries that the table
 * can't answer are served.
 */

import { type Clock, SYSTEM_CLOCK, type Timer } from '../../../libs/clock/clock.ts';
import { isWithin, longestZone } from '../../../libs/dns/name.ts';
import { type DecodedEntry, decodeEntry } from '../../../libs/event/codec.ts';
import {
  apexNames,
  isDeniedHere,
  layersOver,
  serialOf,
  soaOf,
  zonesOf,
} from '../../../libs/federation/apex.ts';
import { groupOfName, openNames } from '../../../libs/federation/asked-name.ts';
import { ClusterState, evolve, groupsOf } from '../../../libs/federation/cluster-state.ts';
import { ControlState } from '../../../libs/federation/control-state.ts';
import { type ClusterStates, namesOfGroup } from '../../../libs/federation/federation.ts';
import { type Group, parseGroup } from '../../../libs/federation/group.ts';
import type { FederationConfig, Layer } from '../../../libs/federation/layer.ts';
import { type Lookup, lookup, type Outcome } from '../../../libs/federation/lookup.ts';
import { PublishedNames } from '../../../libs/federation/published.ts';
import { wrongAnnotation } from '../../../libs/federation/selection.ts';
import type { Position, StoredEntry } from '../../../libs/log/log.ts';
import {
  isLayerComplete,
  isRead,
  isZoneComplete,
  type Member,
  type Members,
  newMember,
  placeBy,
} from './member.ts';
import type { NameSink } from './name-sink.ts';
import type { ProgrammingLatency } from './programming-latency.ts';
import { SyncedCheck, type Verdict } from './synced-check.ts';

/** Groups computed before others get a turn: 64 take 1–2 ms. */
const GROUPS_PER_SLICE = 64;
/**
 * How late the serials of the zones may be, in ms. Writing all zones takes 0.2 ms, as long as all
 * else that an event needs: in a burst they are written once for many.
 */
const SERIAL_LATE_MS = 20;
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
}

export class FederationView {
  readonly config: FederationConfig;
  readonly #sink: NameSink;
  readonly #zones: readonly string[];
  readonly #members = new Map<string, Member>();
  readonly #states = new Map<string, ClusterState>();
  readonly #published: PublishedNames;
  /**
   * What chain lookups are made from. The serial is that of the zones as they were published last:
   * the table and the chain give the same.
   */
  readonly #asked: Omit<Lookup, 'serial'> & { serial: number };
  /** The names of each zone's apex but the SOA, as they were put. */
  readonly #apexes = new Map<string, string>();
  readonly #dirty = new Set<Group>();
  readonly #latency: ProgrammingLatency | undefined;
  readonly #clock: Clock;
  readonly #onSkipped: (cluster: string, why: string) => void;
  /** Zones whose lacking names may be denied, as it was said last. */
  readonly #denying = new Set<string>();
  #serialDue: Timer | undefined;
  #membersKnown = false;
  #control = new ControlState();
  #flushing: NodeJS.Immediate | undefined;

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
    this.#sink = sink;
    this.#onSkipped = onSkipped;
    this.#zones = zonesOf(config);
    this.#published = new PublishedNames(config);
    this.#asked = {
      config,
      states: this.#states,
      serial: 0,
      isComplete: (layer, name) => this.isComplete(layer, name),
      hasBelow: (below) => this.#published.hasBelow(below),
    };
    this.#writeZones();
  }

  /** A cluster belongs to the federation from now on; nothing is known of it yet. */
  join(cluster: string): void {
    if (this.#members.has(cluster)) return;
    const member = newMember(cluster);
    placeBy(this.#control, member.state);
    this.#members.set(cluster, member);
    this.#states.set(cluster, member.state);
    this.#publishZones();
  }

  /** How clusters stand, by the control log. */
  controlled(control: ControlState): void {
    this.#control = control;
    for (const member of this.#members.values()) {
      for (const group of placeBy(control, member.state)) this.#dirty.add(group);
    }
    this.#flushSoon();
  }

  /** Every cluster of the federation has joined: a name that none of them has does not exist. */
  allJoined(): void {
    this.#membersKnown = true;
    this.#publishZones();
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
      const { event } = decoded.envelope;
      const isService = event.kind === 'observed' && event.object.kind === 'Service';
      const wrong = isService ? wrongAnnotation(event.object) : undefined;
      if (wrong !== undefined) this.#onSkipped(cluster, wrong);
      if (isRead(member)) this.#latency?.note(member.state, event);
      const state = member.rebuilt ?? member.state;
      verdict = member.check.read(state, entry, event) ?? verdict;
      const groups = evolve(state, event, position);
      const changed = isRead(member) ? this.#dirty : member.loading;
      if (member.rebuilt === undefined) for (const group of groups) changed.add(group);
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
    this.#publishZones();
  }

  /** The log is another one: what is applied next builds the state anew. */
  restarted(cluster: string): void {
    const member = this.#member(cluster);
    member.rebuilt = new ClusterState(cluster);
    member.check = new SyncedCheck();
    member.caughtUp = false;
    this.#publishZones();
  }

  /** `layers`: those that are asked; all by default. */
  lookup(name: string, type: string, layers?: readonly Layer[]): Outcome {
    const outcome = lookup(this.#asked, name, type, layers);
    if (outcome.kind !== 'nxdomain' || !this.#isBehind) return outcome;
    // What is below it may be among the groups that are still to be computed.
    return this.#mayBeAbove(name) ? { ...outcome, kind: 'unready' } : outcome;
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
    return [...this.#members].map(([cluster, { state, caughtUp, unverified, skipped }]) => ({
      cluster,
      position: state.position,
      synced: state.complete,
      caughtUp,
      unverified,
      services: state.services.size,
      endpointSlices: state.slices.size,
      skipped,
    }));
  }

  stop(): void {
    clearImmediate(this.#flushing);
    this.#serialDue?.cancel();
    for (const { pause } of this.#members.values()) pause?.cancel();
  }

  #member(cluster: string): Member {
    const member = this.#members.get(cluster);
    if (member === undefined)
      throw new RangeError(`Cannot apply to cluster "${cluster}": it has not joined`);
    return member;
  }

  /** Takes the state built anew once it is as complete as the one before it was. */
  #adopt(member: Member): void {
    const { rebuilt, state: before } = member;
    if (rebuilt === undefined || !member.caughtUp || (before.complete && !rebuilt.complete)) return;
    placeBy(this.#control, rebuilt);
    member.state = rebuilt;
    member.rebuilt = undefined;
    this.#states.set(rebuilt.cluster, rebuilt);
    for (const state of [before, rebuilt])
      for (const group of groupsOf(state)) this.#dirty.add(group);
    this.#flushSoon();
  }

  #flushRead(member: Member): void {
    if (member.rebuilt !== undefined) this.#adopt(member);
    else if (isRead(member) || member.loading.size <= GROUPS_PER_SLICE) this.#flushLoading(member);
    else this.#flushAfterPause(member);
  }

  #flushLoading(member: Member): void {
    member.pause?.cancel();
    member.loadingSinceMs = undefined;
    for (const group of member.loading) this.#dirty.add(group);
    member.loading.clear();
    this.#flushSoon();
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

  /** At once, if nothing is waiting for its turn already. */
  #flushSoon(): void {
    if (this.#flushing === undefined) this.#flush();
  }

  /**
   * Computes what changed: at once for a few groups, the rest in slices. Zones go last: they deny
   * what is not there.
   */
  #flush(): void {
    let left = GROUPS_PER_SLICE;
    for (const group of this.#dirty) {
      if (left-- === 0) break;
      this.#dirty.delete(group);
      this.#publish(group);
    }
    this.#publishZones();
    if (this.#dirty.size === 0 || this.#flushing !== undefined) return;
    this.#flushing = setImmediate(() => {
      this.#flushing = undefined;
      this.#flush();
    });
  }

  #publish(group: Group): void {
    const names = namesOfGroup(this.config, this.#states, group);
    const open = names.size === 0 ? undefined : openNames(this.config, this.#states, group);
    for (const name of names.keys()) {
      this.#sink.put(this.#zoneOf(name), name, names, open?.has(name));
    }
    for (const name of this.#published.replace(group, names))
      this.#sink.remove(this.#zoneOf(name), name);
    this.#latency?.published(group);
  }

  /** At once where a zone begins to deny, or ends; else the serials follow, with those to come. */
  #publishZones(): void {
    const turned = this.#zones.filter((zone) => this.#denies(zone) !== this.#denying.has(zone));
    if (turned.length > 0) this.#writeZones();
    else this.#serialDue ??= this.#clock.after(SERIAL_LATE_MS, () => this.#writeZones());
  }

  #writeZones(): void {
    this.#serialDue?.cancel();
    this.#serialDue = undefined;
    this.#asked.serial = (serialOf(this.#states) + this.#control.position) % 2 ** 32;
    for (const zone of this.#zones) {
      const denies = this.#denies(zone);
      if (denies) this.#denying.add(zone);
      else this.#denying.delete(zone);
      this.#sink.setZone(zone, soaOf(this.config, this.#asked.serial, zone), denies);
    }
    for (const zone of this.#zones) this.#putApex(zone);
    if (this.#isBehind) return;
    for (const zone of this.#zones) {
      if (!this.#isKnown(zone)) continue;
      this.#sink.settle?.(zone, soaOf(this.config, this.#asked.serial, zone));
    }
  }

  /** The SOA is new each time; the other names seldom are. */
  #putApex(zone: string): void {
    const { names, owned } = apexNames(this.config, this.#states, this.#asked.serial, zone);
    const open = openNames(this.config, this.#states);
    this.#sink.put(zone, zone, names);
    const others = [...owned].filter((name) => name !== zone);
    const text = JSON.stringify(others.map((name) => names.get(name)));
    if (this.#apexes.get(zone) === text) return;
    this.#apexes.set(zone, text);
    for (const name of others) this.#sink.put(zone, name, names, open.has(name));
  }

  #denies(zone: string): boolean {
    return !this.#isBehind && isDeniedHere(this.config, zone) && this.#isKnown(zone);
  }

  #isKnown(zone: string): boolean {
    return layersOver(this.config, zone).every((layer) => isZoneComplete(layer, zone, this.#known));
  }

  /** Not all groups are published as the states have them. */
  get #isBehind(): boolean {
    if (this.#dirty.size > 0) return true;
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

  #zoneOf(name: string): string {
    let longest = '';
    for (const zone of this.#zones) {
      if (zone.length > longest.length && isWithin(name, zone)) longest = zone;
    }
    return longest;
  }
}
