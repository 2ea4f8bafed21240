/** Looks after files now and then, each in its time. */
import type { FileZone } from '../../zone-files/file-zone.ts';
import { lookAfter, type ZoneTelling } from '../../zone-files/look-after.ts';

export interface UpkeepDependencies extends ZoneTelling {
  /** Calls again and again, until what it gives is called. */
  readonly every: (ms: number, work: () => Promise<void>) => () => void;
}

export interface Kept {
  readonly zone: FileZone;
  /** Between two looks; 0: never. */
  readonly reloadMs: number;
  /** It was read just now. */
  readonly isNew: boolean;
}

export class Upkeep {
  readonly #kept: readonly Kept[];
  readonly #dependencies: UpkeepDependencies;
  #stops: (() => void)[] = [];

  constructor(kept: readonly Kept[], dependencies: UpkeepDependencies) {
    this.#kept = kept;
    this.#dependencies = dependencies;
  }

  start(): void {
    const { every } = this.#dependencies;
    const kept = this.#kept.filter(({ reloadMs }) => reloadMs > 0);
    this.#stops = kept.map(({ zone, reloadMs, isNew }) => {
      // Whoever changed the Corefile may have changed the file with it.
      if (!isNew) void lookAfter(zone, this.#dependencies);
      return every(reloadMs, () => lookAfter(zone, this.#dependencies));
    });
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }
}
