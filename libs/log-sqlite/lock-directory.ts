/**
 * One process at a time uses a state directory.
 *
 * The lock is a transaction that is begun in a small database and never ended: the kernel drops it
 * with the process, however that ends, so a killed one leaves nothing behind. Its pid stands in
 * the database for whoever comes second. The journal must be the classic one: with it others can
 * still read while a writer holds the file.
 */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isBusy, sayWhy } from './sqlite-failure.ts';

/**
 * A database that nobody refers to any more is closed by the garbage collector, and its lock gone.
 */
const locks = new Set<DatabaseSync>();

export interface DirectoryLock {
  /** Does nothing when called again. */
  release(): void;
}

export function lockDirectory(directory: string): DirectoryLock {
  const file = join(directory, 'lock.sqlite');
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { timeout: 0 });
    database.exec('PRAGMA journal_mode = DELETE; PRAGMA synchronous = OFF; BEGIN IMMEDIATE');
    database.exec('CREATE TABLE IF NOT EXISTS holder (pid INTEGER)');
    database.exec(`DELETE FROM holder; INSERT INTO holder VALUES (${process.pid}); COMMIT`);
    database.exec('BEGIN IMMEDIATE');
  } catch (error) {
    const why = isBusy(error) ? inUse(directory, database) : sayWhy(`Cannot lock "${file}"`, error);
    database?.close();
    throw why;
  }
  const held = database;
  locks.add(held);
  return {
    release: () => {
      if (locks.delete(held)) held.close();
    },
  };
}

function inUse(directory: string, database: DatabaseSync | undefined): Error {
  const holder = database === undefined ? 'another process' : holderOf(database);
  return new Error(
    `Cannot use the state directory "${directory}": in use by ${holder}; ` +
      'expected a directory of this process alone (end the other, or name another with --state)',
  );
}

function holderOf(database: DatabaseSync): string {
  try {
    const pid = database.prepare('SELECT pid FROM holder').get()?.pid;
    return typeof pid === 'number' ? `process ${pid}` : 'another process';
  } catch {
    // It is just being written: who it is will be known in a moment, that it is in use is known
    // now.
    return 'another process';
  }
}
