/** `isthmus release CLUSTER`: removals that a watcher holds back are told. */
import { releaseRemovals } from '../watcher/release.ts';
import { UsageError } from './flags.ts';
import { labelFlag, logFlag } from './log-flags.ts';
import { openLogs } from './open-logs.ts';
import type { Run } from './watch.ts';

const WHAT = 'release removals';

/** Ends when the word stands in the log. Throws UsageError and LogUnavailable. */
export async function release(
  { flags, log, signal }: Run,
  cluster: string | undefined,
): Promise<void> {
  if (cluster === undefined) {
    throw new UsageError(
      `Cannot ${WHAT}: the cluster is missing; expected isthmus release CLUSTER`,
    );
  }
  const federation = labelFlag(flags, 'federation', { what: WHAT, otherwise: 'default' });
  const logs = await openLogs(logFlag(flags, WHAT), federation, '', log);
  try {
    const known = await logs.clusters();
    if (!known.includes(cluster)) {
      const expected = known.length === 0 ? 'one that has' : known.join(', ');
      throw new UsageError(
        `Cannot ${WHAT} of "${cluster}": it has no log in the federation ${federation}; ` +
          `expected ${expected}`,
      );
    }
    const id = crypto.randomUUID();
    const options = { federation, log: logs.open(cluster), nowMs: Date.now(), id, signal };
    const outcome = await releaseRemovals(options);
    if (outcome === undefined) return;
    if (outcome.kind === 'nothing-held') {
      log.info(`${cluster}: no removals are held`);
    } else {
      const { held, position } = outcome;
      log.info(
        `${cluster}: the removal of ${held.count} of ${held.of} objects is released, at position ` +
          `${position}; its watcher tells it within seconds`,
      );
    }
  } finally {
    await logs.close();
  }
}
