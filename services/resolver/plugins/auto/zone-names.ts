/**
 * The names of zones that come and go while others stay: all of a zone's names are its own, so the
 * table must have none of what others said of them before.
 */
import type { ChainNames, ChainNamesChange } from '../../chain-names.ts';
import { type Origins, zoneAbove } from '../../zone-files/zones-plugin.ts';

export class ZoneNames implements ChainNames {
  readonly #origins: () => Origins;
  readonly #told: ((change: ChainNamesChange) => void)[] = [];

  constructor(origins: () => Origins) {
    this.#origins = origins;
  }

  has(name: string): boolean {
    return zoneAbove(this.#origins(), name) !== undefined;
  }

  isOpen(name: string): boolean {
    return this.#origins().has(name);
  }

  list(): Iterable<string> {
    return this.#origins().keys();
  }

  follow(told: (change: ChainNamesChange) => void): void {
    this.#told.push(told);
  }

  /** Zones came or went. */
  changed(origins: readonly string[]): void {
    for (const told of this.#told) told({ names: origins, hasOthers: true });
  }
}
