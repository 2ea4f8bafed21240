/**
 * Names of groups, and of zones apart from groups, as they were computed last, for who is asked the
 * same again: what depends on who asks is in no table, and clients are in few places. Whoever
 * changes the states says so.
 */
import { type Apex, apexNames } from './apex.ts';
import { namesOfGroup, namesOfLayer } from './federation.ts';
import type { Group } from './group.ts';
import type { ClusterStates } from './indexed-states.ts';
import type { FederationConfig, Layer } from './layer.ts';
import type { Names } from './names.ts';
import type { Place } from './place.ts';

/** Records kept at most, of all groups: with their names, 10 to 24 MiB. */
const RECORDS_MAX = 100_000;

/** Of a layer, or of all layers together. */
type NamesByLayer = Map<Layer | 'all', Names>;

interface KeptGroup {
  /** What does not depend on who asks. */
  readonly shared: NamesByLayer;
  /** What does, by the place. */
  readonly byPlace: Map<string, NamesByLayer>;
  records: number;
}

export class KeptNames {
  readonly #config: FederationConfig;
  readonly #states: ClusterStates;
  readonly #recordsMax: number;
  /** The oldest first. */
  readonly #groups = new Map<Group, KeptGroup>();
  #records = 0;
  /** By the zone and the label below it, all of one serial. */
  readonly #apexes = new Map<string, Apex>();
  #serial = 0;

  constructor(config: FederationConfig, states: ClusterStates, recordsMax = RECORDS_MAX) {
    this.#config = config;
    this.#states = states;
    this.#recordsMax = recordsMax;
  }

  /** Kept now. */
  get records(): number {
    return this.#records;
  }

  ofLayer(layer: Layer, group: Group, place: Place | undefined): Names {
    return this.#names(layer, group, place);
  }

  ofAll(group: Group, place: Place | undefined): Names {
    return this.#names('all', group, place);
  }

  /** `label`: of the only cluster whose label is wanted in a qualified zone. */
  ofApex(zone: string, serial: number, label: string | undefined): Apex {
    if (serial !== this.#serial) this.#apexes.clear();
    this.#serial = serial;
    const key = `${label ?? ''}.${zone}`;
    const labels = label === undefined ? [] : [label];
    const apex =
      this.#apexes.get(key) ?? apexNames(this.#config, this.#states, serial, zone, labels);
    this.#apexes.set(key, apex);
    return apex;
  }

  /** Their names may be others now, and a Service among them may be the name server's. */
  changed(groups: Iterable<Group>): void {
    this.#apexes.clear();
    for (const group of groups) this.#forget(group);
  }

  /** All names may be others now. */
  clear(): void {
    this.#apexes.clear();
    this.#groups.clear();
    this.#records = 0;
  }

  #names(of: Layer | 'all', group: Group, place: Place | undefined): Names {
    const known = this.#groups.get(group);
    const key = placeKey(place);
    const kept = known?.shared.get(of) ?? known?.byPlace.get(key)?.get(of);
    if (kept !== undefined) return kept;
    const names =
      of === 'all'
        ? namesOfGroup(this.#config, this.#states, group, place)
        : namesOfLayer(of, this.#states, group, place);
    // Names that are nowhere can be asked for without end.
    if (names.size > 0) this.#keep(of, group, key, names);
    return names;
  }

  #keep(of: Layer | 'all', group: Group, key: string, names: Names): void {
    const records = recordsIn(names);
    if (records > this.#recordsMax) return;
    const kept = this.#groups.get(group) ?? { shared: new Map(), byPlace: new Map(), records: 0 };
    if (names.perClient === undefined) {
      kept.shared.set(of, names);
    } else {
      const there = kept.byPlace.get(key) ?? new Map<Layer | 'all', Names>();
      kept.byPlace.set(key, there.set(of, names));
    }
    kept.records += records;
    this.#records += records;
    this.#groups.delete(group);
    this.#groups.set(group, kept);
    for (const oldest of this.#groups.keys()) {
      if (this.#records <= this.#recordsMax) return;
      this.#forget(oldest);
    }
  }

  #forget(group: Group): void {
    this.#records -= this.#groups.get(group)?.records ?? 0;
    this.#groups.delete(group);
  }
}

function placeKey(place: Place | undefined): string {
  if (place === undefined) return '';
  const { cluster = '', topologyZone = '', topologyRegion = '' } = place;
  return `${cluster}/${topologyZone}/${topologyRegion}`;
}

/** A name without records takes as much as one with one. */
function recordsIn(names: Names): number {
  let records = 0;
  for (const rrsets of names.values()) {
    records++;
    for (const { rdatas } of rrsets) records += rdatas.length;
  }
  return records;
}
