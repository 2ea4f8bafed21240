/**
 * A resolver with a cache: a change is seen when what was cached has expired. Names are asked about
 * from the same moment on, and changed one after another over the time that an answer is kept.
 *
 *   all asked, hence cached ─► n changes, 30 s / n apart ─► each seen when its name expires
 */
import { Asker } from './asker.ts';
import { CHANGE_KINDS, type Changed, type ChangeKind, type Changes } from './changes.ts';
import type { System } from './systems.ts';

const CHANGES = 12;
const CACHE_MS = 30_000;
/** Fast enough for waits of seconds. */
const PAUSE_MS = 20;

/** Before the system is started, so that nothing is cached of the time before they were there. */
export async function prepareCached(changes: Changes): Promise<void> {
  for (let i = 0; i < CHANGES; i++) await changes.prepare(`cached-${i}`, '10.1.255.1');
}

/** From acknowledgement to answer, by kind. */
export async function measureCached(
  system: System,
  changes: Changes,
): Promise<Readonly<Record<ChangeKind, readonly Changed[]>>> {
  const askers: Asker[] = [];
  const measuring = (kind: ChangeKind) =>
    Promise.all(
      Array.from({ length: CHANGES }, async (_, i) => {
        const asker = await Asker.open(system.port);
        askers.push(asker);
        const waitMs = (i * CACHE_MS) / CHANGES;
        const options = { pauseMs: PAUSE_MS, timeoutMs: 3 * CACHE_MS, waitMs };
        return changes.one(kind, asker, `cached-${i}`, options);
      }),
    );
  const [endpoints = [], service = []] = await Promise.all(CHANGE_KINDS.map(measuring));
  for (const asker of askers) asker.close();
  return { endpoints, service };
}
