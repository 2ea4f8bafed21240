/**
 * The names of zones that come and go while others stay: all of a zone's names are its own, so the
 * table must have none of what others said of them before.
 */
import { longestZone } from '../../../../libs/dns/name.ts';
import type { ChainNames, ChainNamesChange } from '../../chain-names.ts';

export class ZoneNames implements ChainNames {
  readonly #origins: () => readonly string[];
  readonly #told: ((change: ChainNamesChange) => void)[] = [];

  constructor(origins: () => readonly string[]) {
    this.#origins = origins;
  }

  has(name: string): boolean {
    return longestZone(name, this.#origins()) !== undefined;
  }

  isOpen(name: string): boolean {
    return this.#origins().includes(name);
  }

  list(): Iterable<string> {
    return this.#origins();
  }

  follow(told: (change: ChainNamesChange) => void): void {
    this.#told.push(told);
  }

  /** Zones came or went. */
  changed(origins: readonly string[]): void {
    for (const told of this.#told) told({ names: origins, hasOthers: true });
  }
}
