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
    this.#stops = kept.map(({ zone, reloadMs }) =>
      every(reloadMs, () => lookAfter(zone, this.#dependencies)),
    );
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }
}
