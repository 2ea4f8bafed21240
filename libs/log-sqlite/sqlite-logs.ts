/**
 * Logs in a directory, for one process and without any server.
 *
 *   <directory>/lock.sqlite            who uses the directory
 *   <directory>/log/<cluster>.sqlite   a cluster's entries
 *   <directory>/log/_control.sqlite    those of the federation's control log
 *
 * A file per cluster, because clusters do not wait for each other: a damaged one takes only its
 * own cluster with it, and is mended by moving one file away.
 */
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { checkClusterName, isLabel } from '../log/check.ts';
import { LocalHeartbeats } from '../log/heartbeats.ts';
import { LocalLog } from '../log/local-log.ts';
import type { EventLog, Logs } from '../log/log.ts';
import { Checkpointer } from './checkpointer.ts';
import { lockDirectory } from './lock-directory.ts';
import { SqliteStore } from './sqlite-store.ts';

export interface SqliteLogsOptions {
  /** The state directory; made if there is none. */
  readonly directory: string;
}

/** Throws where another process uses the directory, or it can't be made. */
export function openSqliteLogs({ directory }: SqliteLogsOptions): Logs {
  const folder = join(directory, 'log');
  makeFolder(directory, folder);
  const lock = lockDirectory(directory);
  const checkpointer = new Checkpointer();
  const opened = new Map<string, { readonly log: LocalLog; readonly store: SqliteStore }>();
  return {
    open(cluster: string): EventLog {
      checkClusterName(cluster);
      const known = opened.get(cluster);
      if (known !== undefined) return known.log;
      const store = new SqliteStore(join(folder, `${cluster}.sqlite`), checkpointer);
      const log = new LocalLog(cluster, store);
      opened.set(cluster, { log, store });
      return log;
    },
    clusters: async () => clustersIn(folder),
    // One process has the directory: its watchers and its resolver are all there are.
    heartbeats: new LocalHeartbeats(),
    async close() {
      for (const { log } of opened.values()) log.close();
      await checkpointer.close();
      for (const { store } of opened.values()) store.close();
      opened.clear();
      lock.release();
    },
  };
}

function clustersIn(folder: string): readonly string[] {
  const suffix = '.sqlite';
  const files = readdirSync(folder).filter((file) => file.endsWith(suffix));
  return files
    .map((file) => file.slice(0, -suffix.length))
    .filter(isLabel)
    .sort();
}

function makeFolder(directory: string, folder: string): void {
  try {
    // The log tells what every cluster runs: for the owner's eyes only.
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(
      `Cannot use the state directory "${directory}": ${why}; ` +
        'expected one that this user may write',
      { cause: error },
    );
  }
}
