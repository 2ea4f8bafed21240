/** The thread of checkpointer.ts: gets names of database files, and checkpoints each. */
import { DatabaseSync } from 'node:sqlite';
import { parentPort } from 'node:worker_threads';

parentPort?.on('message', (files: readonly string[]) => {
  for (const file of files) {
    const database = new DatabaseSync(file);
    try {
      // PASSIVE: neither readers nor the writer wait for it.
      database.exec('PRAGMA wal_checkpoint(PASSIVE)');
    } finally {
      database.close();
    }
  }
});
