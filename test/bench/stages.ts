/** Where the time goes, system by system: from outside (probes.ts), and in parts (parts.ts). */
import type { ApiWriter } from './api-writer.ts';
import { elapsedMs } from './changes.ts';
import { measureSqlite, measureView } from './parts.ts';
import { POINT_TITLES, type Point, Probes } from './probes.ts';
import { spreadOf } from './quantile.ts';
import type { Turns } from './turns.ts';

const CHANGES = 100;

/** Changes of endpoints, with this process looking on. */
export async function measureStages(turns: Turns, api: ApiWriter, folder: string): Promise<string> {
  const lines = ['Where the time goes: ms from the acknowledgement to …, for endpoints', head()];
  await turns.round(async (change, { title, natsUrl }) => {
    const probes = await Probes.open(api, natsUrl);
    const times = new Map<Point | 'answered', number[]>();
    for (let i = 0; i < CHANGES; i++) {
      const changed = await change('endpoints');
      const points = new Map([...probes.of(changed), ['answered' as const, elapsedMs(changed)]]);
      for (const [point, ms] of points) times.set(point, [...(times.get(point) ?? []), ms]);
    }
    await probes.close();
    lines.push(`  ${title}`);
    for (const [point, durations] of times) {
      const what =
        point === 'answered' ? 'the answer, looked on while it is made' : POINT_TITLES[point];
      lines.push(row(`  ${what}`, durations));
    }
  });
  lines.push('', 'By themselves, in this process: ms for one changed address', head());
  lines.push(row('SQLite: from append to delivery', await measureSqlite(folder)));
  lines.push(row('view: from entry to table (fold, compile, serials)', measureView()));
  return `${lines.join('\n')}\n`;
}

function head(): string {
  return `  ${''.padEnd(60)}${'p50'.padStart(8)}${'p99'.padStart(8)}`;
}

function row(what: string, durations: readonly number[]): string {
  const { p50, p99 } = spreadOf(durations);
  return `  ${what.padEnd(60)}${p50.toFixed(2).padStart(8)}${p99.toFixed(2).padStart(8)}`;
}
