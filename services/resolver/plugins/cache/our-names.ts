/**
 * Names in zones of our own that kept answers of others say something of: as their question, or as
 * one that an alias leads to. An event may make such an answer wrong at any time.
 *
 *   www.example.org. CNAME web.shop.ext.example.  ─► listed under web.shop.ext.example. and the
 *                                                     names above it, up to our zone
 *   event: web.shop.ext.example. is another now   ─► take: gone, from the table too
 */
import { longestZone, parentName } from '../../../../libs/dns/name.ts';
import type { OurZones } from '../../answers/our-zones.ts';
import type { Entry } from './entry.ts';

export class OurNames {
  readonly #zones: OurZones;
  readonly #entries = new Map<string, Set<Entry>>();
  #changes = 0;

  constructor(zones: OurZones) {
    this.#zones = zones;
  }

  /** How many there have been: what was asked before one may not know of it. */
  get changes(): number {
    return this.#changes;
  }

  add(entry: Entry): void {
    entry.ours = this.#zones.namesIn(entry.question.name, entry.kept.response);
    entry.listedUnder = this.#withNamesAbove(entry.ours);
    for (const name of entry.listedUnder) {
      const entries = this.#entries.get(name) ?? new Set();
      entries.add(entry);
      this.#entries.set(name, entries);
    }
  }

  remove(entry: Entry): void {
    for (const name of entry.listedUnder) {
      const entries = this.#entries.get(name);
      entries?.delete(entry);
      if (entries?.size === 0) this.#entries.delete(name);
    }
    entry.listedUnder = [];
  }

  /** This name of our own is another now: what is kept of it, and of names below it. */
  changed(name: string): readonly Entry[] {
    this.#changes++;
    return [...(this.#entries.get(name) ?? [])];
  }

  /** Up to our zone: names below one that changes need not be told one by one. */
  #withNamesAbove(names: readonly string[]): readonly string[] {
    if (names.length === 0) return [];
    const zones = this.#zones.list();
    const listed = new Set<string>();
    for (const name of names) {
      const zone = longestZone(name, zones);
      let at: string | undefined = name;
      while (at !== undefined && at !== zone) {
        listed.add(at);
        at = parentName(at);
      }
    }
    return [...listed];
  }
}
