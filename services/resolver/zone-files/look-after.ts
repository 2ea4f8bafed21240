/** Looks at a file whether it changed, and tells what came of it. */
import type { Log } from '../../../libs/telemetry/log.ts';
import type { FileZone } from './file-zone.ts';

export interface ZoneTelling {
  /** Whose files they are. */
  readonly plugin: string;
  readonly log: Log;
  readonly count: (zone: string, outcome: 'loaded' | 'failed') => void;
}

export async function lookAfter(zone: FileZone, telling: ZoneTelling): Promise<void> {
  const { plugin, log, count } = telling;
  const news = await zone.look();
  if (news === undefined) return;
  const name = zone.zone;
  if (news.kind === 'failed') {
    if (!news.isNews) return;
    count(name, 'failed');
    const isServed = zone.current !== undefined;
    const instead = isServed ? `serial ${zone.serial} is served still` : 'its names are SERVFAIL';
    log.error(`plugin/${plugin}: Cannot load ${name}: ${news.why}; ${instead}`);
    return;
  }
  count(name, 'loaded');
  for (const sentence of news.leftOut) log.warning(`plugin/${plugin}: ${sentence}`);
  log.info(`plugin/${plugin}: ${name} of serial ${zone.serial} is served`);
}
