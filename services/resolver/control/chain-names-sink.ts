/**
 * Between the names of clusters and one view of the table: what a plugin above answers itself is
 * left to the chain, also where no cluster has the name.
 *
 *   put(name) ─┬─ it is the chain's ─► handed over
 *              └─ else ─► as it is
 *   plugin ─► came ─► handed over;  went ─► gone, or left until it is put again
 */
import { longestZone } from '../../../libs/dns/name.ts';
import type { ChainNames } from '../chain-names.ts';
import type { NameSink } from './name-sink.ts';

/** A sink that can leave a name to the chain, whatever it has. */
export interface HandingOverSink extends NameSink {
  /** `isOpen`: names below it that are not there are the chain's too. */
  handOver(zone: string, name: string, isOpen: boolean): void;
  /** Whether the name is put: not one that only exists by those below it. */
  has(name: string): boolean;
}

export class ChainNamesSink implements NameSink {
  readonly #inner: HandingOverSink;
  readonly #zones: readonly string[];
  readonly #chainNames: ChainNames;
  /** Names that were handed over since they are the chain's; whether a cluster has them too. */
  readonly #left = new Map<string, boolean>();
  /** Zones that were set: names of the others have nowhere to be. */
  readonly #known = new Set<string>();

  constructor(inner: HandingOverSink, zones: readonly string[], chainNames: ChainNames) {
    this.#inner = inner;
    this.#zones = zones;
    this.#chainNames = chainNames;
  }

  setZone(...[zone, soa, denies]: Parameters<NameSink['setZone']>): void {
    const isNews = !this.#known.has(zone);
    this.#known.add(zone);
    // A zone denies only what is not there: first those that are the chain's.
    if (isNews) {
      this.#inner.setZone(zone, soa, false);
      for (const name of this.#chainNames.list()) {
        // Most are in none: of hundreds of thousands that is found out in no time.
        if (name.endsWith(zone) && this.#zoneOf(name) === zone) this.#change(name, zone);
      }
    }
    if (!isNews || denies) this.#inner.setZone(zone, soa, denies);
  }

  put(...[zone, name, names, isOpen = false]: Parameters<NameSink['put']>): void {
    if (!this.#chainNames.has(name)) {
      this.#left.delete(name);
      this.#inner.put(zone, name, names, isOpen || this.#chainNames.isOpen(name));
      return;
    }
    this.#left.set(name, true);
    this.#inner.handOver(zone, name, isOpen || this.#chainNames.isOpen(name));
  }

  remove(zone: string, name: string): void {
    if (this.#chainNames.has(name)) {
      this.#left.set(name, false);
      this.#inner.handOver(zone, name, this.#chainNames.isOpen(name));
      return;
    }
    if (this.#chainNames.isOpen(name)) {
      this.#left.set(name, false);
      this.#inner.handOver(zone, name, true);
      return;
    }
    this.#left.delete(name);
    this.#inner.remove(zone, name);
  }

  settle(...[zone, soa]: Parameters<NonNullable<NameSink['settle']>>): void {
    this.#inner.settle?.(zone, soa);
  }

  /** What came or went. Where names that can't be listed did, all need to be put again. */
  changed(names: readonly string[]): void {
    for (const name of names) this.#change(name, this.#zoneOf(name));
  }

  #change(name: string, zone: string | undefined): void {
    if (zone === undefined || !this.#known.has(zone)) return;
    const left = this.#left.get(name);
    const isOpen = this.#chainNames.isOpen(name);
    if (isOpen || this.#chainNames.has(name)) {
      this.#left.set(name, left ?? this.#inner.has(name));
      this.#inner.handOver(zone, name, isOpen);
    } else if (left === false) {
      this.#left.delete(name);
      this.#inner.remove(zone, name);
    }
    // What a cluster has too stays with the chain until it is put again: it is right there.
  }

  #zoneOf(name: string): string | undefined {
    return longestZone(name, this.#zones);
  }
}
