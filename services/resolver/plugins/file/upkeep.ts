/** Looks after files now and then, and tells what came of it. */

import type { Log } from '../../../../libs/telemetry/log.ts';
import type { FileZone } from './file-zone.ts';

export interface UpkeepDependencies {
  readonly log: Log;
  /** Calls again and again, until what it gives is called. */
  readonly every: (ms: number, work: () => Promise<void>) => () => void;
  readonly count: (zone: string, outcome: 'loaded' | 'failed') => void;
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
    this.#stops = kept.map(({ zone, reloadMs }) => {
      return every(reloadMs, () => this.#look(zone));
    });
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }

  async #look(zone: FileZone): Promise<void> {
    const { log, count } = this.#dependencies;
    const news = await zone.look();
    if (news === undefined) return;
    const name = zone.zone;
    if (news.kind === 'failed') {
      if (!news.isNews) return;
      count(name, 'failed');
      const serial = zone.current === undefined ? undefined : zone.serial;
      const instead =
        serial === undefined ? 'its names are SERVFAIL' : `serial ${serial} is served still`;
      log.error(`plugin/file: Cannot load ${name}: ${news.why}; ${instead}`);
      return;
    }
    count(name, 'loaded');
    for (const sentence of news.leftOut) log.warning(`plugin/file: ${sentence}`);
    log.info(`plugin/file: ${name} of serial ${zone.serial} is served`);
  }
}
