/**
 * A file that may change while we run:
 *
 *   look ─► time and size as before? ─┬─ yes ─► nothing
 *                                     └─ no ──► read it ─┬─ fine ──► taken
 *                                                        └─ wrong ─► told once; the last stays
 */
import { readFileSync, type Stats, statSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';

export interface FollowedFileOptions {
  readonly path: string;
  /** Between two looks, in ms; 0: it is not looked at again. */
  readonly reloadMs: number;
  /** A larger file is not read. */
  readonly octetsMax: number;
  /** What can't be done if it is larger, to go before why; for messages that stand alone. */
  readonly cannot?: string;
}

export interface FollowedFileDependencies {
  /** Calls again and again, until what it gives is called. */
  readonly every: (ms: number, work: () => Promise<void>) => () => void;
  /** Throws what is wrong with the text, and keeps what it had. */
  readonly take: (text: string, changedMs: number) => Promise<void>;
  /** Not again for the same reason, until it was taken. */
  readonly onFailure: (why: string) => void;
}

export class FollowedFile {
  readonly #options: FollowedFileOptions;
  readonly #dependencies: FollowedFileDependencies;
  /** Time and size of what was taken, or why nothing was. */
  #seen = '';
  #isLooking = false;
  #stop = () => {};

  constructor(options: FollowedFileOptions, dependencies: FollowedFileDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
  }

  /**
   * For the start: its text, which the caller takes. Throws when it can't be read; undefined when
   * it is not there, but is looked for again.
   */
  readNow(): string | undefined {
    const { path, reloadMs } = this.#options;
    const stats = statSync(path, { throwIfNoEntry: reloadMs === 0 });
    if (stats === undefined) return undefined;
    this.#checkSize(stats);
    const text = readFileSync(path, 'utf8');
    this.#seen = stampOf(stats);
    return text;
  }

  /** Looks at it again and again, until it is stopped. */
  follow(): void {
    const { reloadMs } = this.#options;
    if (reloadMs > 0) this.#stop = this.#dependencies.every(reloadMs, () => this.look());
  }

  stop(): void {
    this.#stop();
  }

  /** Never rejects. Does nothing while another look is under way. */
  async look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const { path } = this.#options;
    const { take, onFailure } = this.#dependencies;
    try {
      const stats = await stat(path);
      const stamp = stampOf(stats);
      if (stamp === this.#seen) return;
      this.#checkSize(stats);
      await take(await readFile(path, 'utf8'), stats.mtimeMs);
      this.#seen = stamp;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (why === this.#seen) return;
      this.#seen = why;
      onFailure(why);
    } finally {
      this.#isLooking = false;
    }
  }

  #checkSize({ size }: Stats): void {
    const { octetsMax, cannot = '' } = this.#options;
    if (size <= octetsMax) return;
    throw new Error(`${cannot}it has ${size} octets; expected ${octetsMax} at most`);
  }
}

function stampOf({ mtimeMs, size }: Stats): string {
  return `${mtimeMs} ${size}`;
}
