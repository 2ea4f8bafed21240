/** `isthmus watcher`: tells one cluster's state to a log. */
import { DEFAULT_KINDS, OBJECT_KINDS } from '../../libs/event/object.ts';
import type { Log } from '../../libs/telemetry/log.ts';
import { runWatcher } from '../watcher/watcher.ts';
import { type Flags, UsageError } from './flags.ts';
import { labelFlag, logFlag } from './log-flags.ts';
import { type ClusterFrom, checkCluster, openCluster } from './open-cluster.ts';
import { openLogs } from './open-logs.ts';
import { withoutSecret } from './without-secret.ts';

export interface Run {
  readonly flags: Flags;
  readonly log: Log;
  /** Aborts when the process is asked to stop. */
  readonly signal: AbortSignal;
}

const WHAT = 'run the watcher';

/** Ends when the signal aborts. Throws UsageError. */
export async function watch({ flags, log, signal }: Run): Promise<void> {
  const cluster = labelFlag(flags, 'cluster', { what: WHAT });
  const federation = labelFlag(flags, 'federation', { what: WHAT, otherwise: 'default' });
  const logOptions = logFlag(flags, WHAT, cluster);
  const source = sourceOf(flags);
  const wrong = await checkCluster(source);
  if (wrong !== undefined) throw new UsageError(wrong);
  const logs = await openLogs(logOptions, federation, '', log);
  const servers = logOptions.servers.map(({ text }) => withoutSecret(text));
  log.info(`watcher of ${cluster}: telling ${servers.join(', ')}`);
  const kinds = flags.has('pods') ? OBJECT_KINDS : DEFAULT_KINDS;
  const watcher = runWatcher({
    federation,
    cluster,
    source: await openCluster(cluster, { source, kinds }, { log }),
    logs,
    log,
    signal,
  });
  await watcher.ended;
  await logs.close();
  log.info(`watcher of ${cluster}: stopped`);
}

function sourceOf(flags: Flags): ClusterFrom {
  const directory = flags.text('manifests');
  const file = flags.text('kubeconfig');
  if (directory !== undefined && file === undefined) return { kind: 'manifests', directory };
  if (file !== undefined && directory === undefined) {
    return { kind: 'kubeconfig', file, context: flags.text('context') };
  }
  throw new UsageError(
    'Cannot run the watcher: expected either --kubeconfig FILE [--context NAME] or --manifests DIR',
  );
}
