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

/** Names that changed while upstream was asked; with more, all may have. */
const RECENT_MAX = 1000;

/** From a question to its answer: what changed meanwhile, the answer may not know. */
export interface Watch {
  readonly begunAt: number;
}

export class OurNames {
  readonly #zones: OurZones;
  readonly #entries = new Map<string, Set<Entry>>();
  /** How many there have been. */
  #changes = 0;
  /** By name, the last one; while anything is watched. */
  readonly #recent = new Map<string, number>();
  /** Changes up to this one are not among the recent. */
  #forgottenUpTo = 0;
  readonly #watches = new Set<Watch>();

  constructor(zones: OurZones) {
    this.#zones = zones;
  }

  watch(): Watch {
    const watch = { begunAt: this.#changes };
    this.#watches.add(watch);
    return watch;
  }

  unwatch(watch: Watch): void {
    this.#watches.delete(watch);
    if (this.#watches.size > 0) return;
    this.#recent.clear();
    this.#forgottenUpTo = this.#changes;
  }

  /** Whether one of these, or a name above it, changed since. */
  hasChanged(names: readonly string[], { begunAt }: Watch): boolean {
    if (names.length === 0) return false;
    if (begunAt < this.#forgottenUpTo) return true;
    return this.#withNamesAbove(names).some((name) => (this.#recent.get(name) ?? 0) > begunAt);
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
    if (this.#watches.size > 0) this.#remember(name);
    return [...(this.#entries.get(name) ?? [])];
  }

  #remember(name: string): void {
    this.#recent.delete(name);
    this.#recent.set(name, this.#changes);
    const [oldest] = this.#recent;
    if (this.#recent.size <= RECENT_MAX || oldest === undefined) return;
    this.#recent.delete(oldest[0]);
    this.#forgottenUpTo = oldest[1];
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
