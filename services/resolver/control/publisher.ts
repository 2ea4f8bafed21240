/**
 * What has to be told of the federation's names: groups that changed, to the sink, in slices; and
 * the zones, which deny what is not there, after them.
 *
 *   changed(groups) ─► namesOfGroup ─► put, remove ─► zones: SOA, serial, whether they deny
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock, Timer } from '../../../libs/clock/clock.ts';
import { isWithin } from '../../../libs/dns/name.ts';
import {
  apexNames,
  isDeniedHere,
  layerOfZone,
  layersOver,
  serialOf,
  soaOf,
  zonesOf,
} from '../../../libs/federation/apex.ts';
import { openNames } from '../../../libs/federation/asked-name.ts';
import { type ClusterState, groupsOf } from '../../../libs/federation/cluster-state.ts';
import type { Group } from '../../../libs/federation/group.ts';
import type { ClusterStates } from '../../../libs/federation/indexed-states.ts';
import type { FederationConfig, Layer } from '../../../libs/federation/layer.ts';
import type { Names } from '../../../libs/federation/names.ts';
import { Parts } from '../../../libs/federation/parts.ts';
import { PublishedNames } from '../../../libs/federation/published.ts';
import type { NameSink } from './name-sink.ts';
import type { ProgrammingLatency } from './programming-latency.ts';

/** Groups computed before others get a turn: 64 take 1–2 ms. */
export const GROUPS_PER_SLICE = 64;
/**
 * How late the serials of the zones may be, in ms. Writing all zones takes 0.2 ms, as long as all
 * else that an event needs: in a burst they are written once for many.
 */
const SERIAL_LATE_MS = 20;

export interface PublisherOptions {
  readonly config: FederationConfig;
  readonly sink: NameSink;
  readonly states: ClusterStates;
  /** Whether all that the layer may have in the zone is known. */
  readonly isKnown: (layer: Layer, zone: string) => boolean;
  /** Whether groups wait that were not handed over yet. */
  readonly isLoading: () => boolean;
  /** Of the control log: what it says changes names as well. */
  readonly controlPosition: () => number;
  readonly latency: ProgrammingLatency | undefined;
  readonly clock: Clock;
}

export class Publisher {
  readonly #options: PublisherOptions;
  readonly #zones: readonly string[];
  readonly #parts: Parts;
  readonly #published: PublishedNames;
  /** The names of each zone's apex but the SOA, as they were put. */
  readonly #apexes = new Map<string, string>();
  /** How many clusters had a label in the zone when they were put. */
  readonly #labels = new Map<string, number>();
  readonly #dirty = new Set<Group>();
  /** Where #flush is: to begin anew would be to pass all that is gone each time. */
  #next: Iterator<Group> | undefined;
  /** Zones whose lacking names may be denied, as it was said last. */
  readonly #denying = new Set<string>();
  readonly #sinks: Set<NameSink>;
  /** Sinks that have not been told all names: nothing is denied there. */
  readonly #filling = new Set<NameSink>();
  #serial = 0;
  #serialDue: Timer | undefined;
  #flushing: NodeJS.Immediate | undefined;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#sinks = new Set([options.sink]);
    this.#zones = zonesOf(options.config);
    this.#parts = new Parts(options.config);
    this.#published = new PublishedNames(options.config);
  }

  /** Of the zones as they were written last: the table and the chain give the same. */
  get serial(): number {
    return this.#serial;
  }

  /** Whether some name of the zones is below this one. */
  hasBelow(name: string): boolean {
    return this.#published.hasBelow(name);
  }

  /** Not all groups are published as the states have them. */
  get isBehind(): boolean {
    return this.#dirty.size > 0 || this.#options.isLoading();
  }

  /** What has to be computed when the cluster has changed what it says of these groups. */
  *partsOf(cluster: string, groups: Iterable<Group>): Generator<Group> {
    for (const group of groups) yield* this.#parts.of(group, cluster);
  }

  /** They are computed when it is flushed. */
  changed(parts: Iterable<Group>): void {
    for (const part of parts) this.#dirty.add(part);
  }

  /** Tells one more of all that is published, and goes on; resolves when it knows as much. */
  async add(sink: NameSink): Promise<void> {
    const { config, states } = this.#options;
    this.#sinks.add(sink);
    this.#filling.add(sink);
    for (const zone of this.#zones) {
      sink.setZone(zone, soaOf(config, this.#serial, zone), false);
      this.#tellApex(zone, [sink], () => true);
    }
    let left = GROUPS_PER_SLICE;
    for (const part of new Set([...states.values()].flatMap((state) => this.#partsIn(state)))) {
      if (left-- === 0) {
        await nextTurn();
        left = GROUPS_PER_SLICE;
      }
      if (!this.#sinks.has(sink)) return;
      this.#tell(part, this.#parts.names(states, part), [sink]);
    }
    this.#filling.delete(sink);
    this.writeZones();
  }

  #partsIn(state: ClusterState): readonly Group[] {
    return [...this.partsOf(state.cluster, groupsOf(state))];
  }

  /** Tells it no more. */
  delete(sink: NameSink): void {
    this.#sinks.delete(sink);
    this.#filling.delete(sink);
  }

  stop(): void {
    clearImmediate(this.#flushing);
    this.#serialDue?.cancel();
  }

  /** At once, if nothing is waiting for its turn already. */
  flushSoon(): void {
    if (this.#flushing === undefined) this.#flush();
  }

  /**
   * Computes what changed: at once for a few groups, the rest in slices. Zones go last: they deny
   * what is not there.
   */
  #flush(): void {
    this.#next ??= this.#dirty.values();
    for (let left = GROUPS_PER_SLICE; left > 0; left--) {
      const next = this.#next.next();
      if (next.done === true) break;
      this.#dirty.delete(next.value);
      this.#publish(next.value);
    }
    if (this.#dirty.size === 0) this.#next = undefined;
    this.publishZones();
    if (this.#dirty.size === 0 || this.#flushing !== undefined) return;
    this.#flushing = setImmediate(() => {
      this.#flushing = undefined;
      this.#flush();
    });
  }

  #publish(part: Group): void {
    const names = this.#parts.names(this.#options.states, part);
    this.#tell(part, names, this.#sinks);
    for (const name of this.#published.replace(part, names)) {
      for (const sink of this.#sinks) sink.remove(this.#zoneOf(name), name);
    }
    this.#options.latency?.published(part);
  }

  #tell(part: Group, names: Names, sinks: Iterable<NameSink>): void {
    const config = this.#parts.configOf(part);
    const open = names.size === 0 ? undefined : openNames(config, this.#options.states, part);
    for (const name of names.keys()) {
      const zone = this.#zoneOf(name);
      for (const sink of sinks) sink.put(zone, name, names, open?.has(name));
    }
  }

  /** At once where a zone begins to deny, or ends; else the serials follow, with those to come. */
  publishZones(): void {
    const turned = this.#zones.filter((zone) => this.#denies(zone) !== this.#denying.has(zone));
    if (turned.length > 0) this.writeZones();
    else this.#serialDue ??= this.#options.clock.after(SERIAL_LATE_MS, () => this.writeZones());
  }

  writeZones(): void {
    const { config, states, controlPosition } = this.#options;
    this.#serialDue?.cancel();
    this.#serialDue = undefined;
    this.#serial = (serialOf(states) + controlPosition()) % 2 ** 32;
    for (const zone of this.#zones) {
      const denies = this.#denies(zone);
      if (denies) this.#denying.add(zone);
      else this.#denying.delete(zone);
      const soa = soaOf(config, this.#serial, zone);
      for (const sink of this.#sinks) sink.setZone(zone, soa, denies && !this.#filling.has(sink));
    }
    for (const zone of this.#zones) this.#putApex(zone);
    if (this.isBehind) return;
    for (const zone of this.#zones) {
      if (!this.#isKnown(zone)) continue;
      const soa = soaOf(config, this.#serial, zone);
      for (const sink of this.#sinks) if (!this.#filling.has(sink)) sink.settle?.(zone, soa);
    }
  }

  /** The SOA is new each time; the other names seldom are. */
  #putApex(zone: string): void {
    const { config, states } = this.#options;
    const isLabelled = layerOfZone(config, zone)?.kind === 'qualified';
    if (isLabelled && this.#labels.get(zone) === states.size) {
      // The labels of clusters come with these, and nothing else changes there.
      const { names } = apexNames(config, states, this.#serial, zone, []);
      for (const sink of this.#sinks) sink.put(zone, zone, names);
      return;
    }
    this.#labels.set(zone, states.size);
    this.#tellApex(zone, this.#sinks, (text) => {
      const isNews = this.#apexes.get(zone) !== text;
      this.#apexes.set(zone, text);
      return isNews;
    });
  }

  /** `isNews`: by all that the other names have. */
  #tellApex(zone: string, sinks: Iterable<NameSink>, isNews: (text: string) => boolean): void {
    const { config, states } = this.#options;
    const { names, owned } = apexNames(config, states, this.#serial, zone);
    const open = openNames(config, states);
    for (const sink of sinks) sink.put(zone, zone, names);
    const others = [...owned].filter((name) => name !== zone);
    if (!isNews(JSON.stringify(others.map((name) => names.get(name))))) return;
    for (const sink of sinks) {
      for (const name of others) sink.put(zone, name, names, open.has(name));
    }
  }

  #denies(zone: string): boolean {
    return !this.isBehind && isDeniedHere(this.#options.config, zone) && this.#isKnown(zone);
  }

  #isKnown(zone: string): boolean {
    const { config, isKnown } = this.#options;
    return layersOver(config, zone).every((layer) => isKnown(layer, zone));
  }

  #zoneOf(name: string): string {
    let longest = '';
    for (const zone of this.#zones) {
      if (zone.length > longest.length && isWithin(name, zone)) longest = zone;
    }
    return longest;
  }
}
