/**
 * Moves what was appended from SQLite's write-ahead logs into the database files, on a thread of
 * its own: it waits for the disk (fsync), and an append, or an answer, must not.
 *
 *   append ─► due(file) ─► (a second later) ─► checkpoint-worker.ts
 *
 * The thread begins with the first file that is due. Where it is too slow, or fails, appends do the
 * work themselves once a write-ahead log has WAL_PAGES_MAX.
 */
import { Worker } from 'node:worker_threads';

/** Appends of this long are moved at once. */
const CHECKPOINT_AFTER_MS = 1000;
/** 64 MiB of pages of 4 KiB: with more than that, an append stops and moves them itself. */
export const WAL_PAGES_MAX = 16_384;

export class Checkpointer {
  readonly #due = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #worker: Worker | undefined;
  #hasFailed = false;

  /** Something was appended to this file. */
  due(file: string): void {
    this.#due.add(file);
    this.#timer ??= setTimeout(() => this.#checkpoint(), CHECKPOINT_AFTER_MS).unref();
  }

  /** Waits for what is being moved; the files can be closed after. */
  async close(): Promise<void> {
    this.#hasFailed = true;
    clearTimeout(this.#timer);
    await this.#worker?.terminate();
  }

  #checkpoint(): void {
    this.#timer = undefined;
    if (!this.#hasFailed) this.#running().postMessage([...this.#due]);
    this.#due.clear();
  }

  #running(): Worker {
    if (this.#worker === undefined) {
      this.#worker = new Worker(new URL('./checkpoint-worker.ts', import.meta.url));
      this.#worker.unref();
      this.#worker.on('error', () => {
        this.#hasFailed = true;
      });
    }
    return this.#worker;
  }
}
