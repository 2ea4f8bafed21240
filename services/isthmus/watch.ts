/** `isthmus watcher`: tells one cluster's state to a log. */
import { DEFAULT_KINDS, OBJECT_KINDS } from '../../libs/event/object.ts';
import { isClusterName } from '../../libs/event/subject.ts';
import type { Log } from '../../libs/telemetry/log.ts';
import type { LogOptions } from '../resolver/plugins/federation/options.ts';
import { runWatcher } from '../watcher/watcher.ts';
import { type Flags, UsageError } from './flags.ts';
import { type ClusterFrom, checkCluster, openCluster } from './open-cluster.ts';
import { checkServer, openLogs } from './open-logs.ts';

export interface Run {
  readonly flags: Flags;
  readonly log: Log;
  /** Aborts when the process is asked to stop. */
  readonly signal: AbortSignal;
}

/** Ends when the signal aborts. Throws UsageError. */
export async function watch({ flags, log, signal }: Run): Promise<void> {
  const cluster = labelOf(flags, 'cluster', undefined);
  const federation = labelOf(flags, 'federation', 'default');
  const servers = flags.texts('log');
  if (servers.length === 0) {
    throw new UsageError('Cannot run the watcher: --log is missing; expected nats://HOST:4222');
  }
  const source = sourceOf(flags);
  const wrong = servers.map(checkServer).find(Boolean) ?? (await checkCluster(source));
  if (wrong !== undefined) throw new UsageError(wrong);
  const logOptions: LogOptions = {
    kind: 'nats',
    servers: servers.map((text) => ({ text, file: '--log', line: 1 })),
  };
  const logs = await openLogs(logOptions, federation, '', log);
  log.info(`watcher of ${cluster}: telling ${servers.map(withoutSecret).join(', ')}`);
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

function labelOf(flags: Flags, name: string, otherwise: string | undefined): string {
  const text = flags.text(name) ?? otherwise;
  if (text === undefined) {
    throw new UsageError(`Cannot run the watcher: --${name} is missing; expected --${name} NAME`);
  }
  if (isClusterName(text)) return text;
  throw new UsageError(
    `Cannot use --${name} "${text}": it is no label; ` +
      'expected a DNS label: a-z, 0-9 and -, at most 63',
  );
}

/** Up to the last @, since a password may hold others; the scheme may be missing. */
function withoutSecret(url: string): string {
  return url.replace(/^(\w+:\/\/)?.*@/, '$1…@');
}
