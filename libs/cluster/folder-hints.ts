/**
 * When to look at a folder again: fs.watch names what changed within a millisecond, where it works.
 * Network file systems, bind mounts and a folder that is replaced as a whole are seen by looking
 * every RESCAN_MS all the same.
 */
import { type FSWatcher, statSync, watch } from 'node:fs';

/** Longest time without a look. Costs a stat a file. */
export const RESCAN_MS = 1000;
/** Names kept between two looks; beyond, the look itself finds out. */
const NAMES_MAX = 10_000;

export class FolderHints {
  readonly #directory: string;
  #watcher: FSWatcher | undefined;
  #watched = '';
  #names = new Set<string>();
  #wake: (() => void) | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * The names that changed since the last call. Begins to watch, also again when the folder is
   * another one by now.
   */
  take(): ReadonlySet<string> {
    this.#watchIt();
    const names = this.#names;
    this.#names = new Set();
    return names;
  }

  /** Waits for a change, the time, or the signal. */
  async wait(timeMs: number, signal: AbortSignal): Promise<void> {
    if (this.#names.size > 0 || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(done, timeMs);
      signal.addEventListener('abort', done);
      this.#wake = done;
    });
  }

  close(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  #watchIt(): void {
    const found = folderAt(this.#directory);
    const identity = found.kind === 'folder' ? found.identity : '';
    if (this.#watcher !== undefined && identity === this.#watched) return;
    this.close();
    if (identity === '') return;
    try {
      this.#watcher = watch(this.#directory, (_change, name) => this.#hint(name ?? ''));
      this.#watcher.on('error', () => this.close());
      this.#watched = identity;
    } catch {
      // No watches left (ENOSPC), or the folder went just now: the rescan has to do.
    }
  }

  #hint(name: string): void {
    if (this.#names.size < NAMES_MAX) this.#names.add(name);
    this.#wake?.();
  }
}

/** What stands at a path. */
export function folderAt(
  path: string,
):
  | { readonly kind: 'folder'; readonly identity: string }
  | { readonly kind: 'file' }
  | { readonly kind: 'unreachable'; readonly why: string } {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return { kind: 'unreachable', why: 'there is no such directory' };
    if (!stats.isDirectory()) return { kind: 'file' };
    return { kind: 'folder', identity: `${stats.dev}:${stats.ino}` };
  } catch (error) {
    return { kind: 'unreachable', why: error instanceof Error ? error.message : String(error) };
  }
}
