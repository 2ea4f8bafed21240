/**
 * What a folder of manifest files defines, as it changes. Good news counts at once, bad news when
 * it has settled:
 *
 *   a file changed ── re-read ─┬► objects new or changed: count now
 *                              └► objects missing, file broken or gone: count when the file has
 *                                 stayed so for SETTLE_MS
 *
 * Editors truncate before they write, or rename the old file away first: without the second rule a
 * save would remove every object for a moment. A broken file, or object, keeps its last good state.
 */
import type { Dirent } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type ClusterObject, type ObjectKind, refKey } from '../event/object.ts';
import { type Defined, type ManifestReading, readManifest } from './manifest.ts';

/**
 * How long bad news must last. An editor's save takes 1 to 10 ms between its first system call and
 * its last.
 */
export const SETTLE_MS = 50;
/** YAML takes about 0.6 µs an octet to read, in one go. */
const FILE_OCTETS_MAX = 8 * 1024 * 1024;
const FILES_MAX = 1000;

/** One file, as it counts. */
interface Counted {
  readonly objects: ReadonlyMap<string, Defined>;
  readonly reading: ManifestReading;
  /** What the file was when it was read. */
  readonly stamp: string;
}

/**
 * What was read of a file, and does not count yet. `reading` is undefined when the file is not
 * there.
 */
interface Unsettled {
  readonly reading: ManifestReading | undefined;
  readonly stamp: string;
  readonly since: number;
}

/** An object, and the file and line that define it. */
export interface Placed {
  readonly object: ClusterObject;
  readonly place: string;
}

export class ManifestFolder {
  readonly #directory: string;
  readonly #kinds: readonly ObjectKind[];
  readonly #now: () => number;
  /** By file name, sorted. */
  #counted = new Map<string, Counted>();
  /** Files beyond the limit, which are not read. */
  #excess = 0;
  readonly #unsettled = new Map<string, Unsettled>();

  /** Objects of other kinds are ignored. `now` is a clock in ms that never goes back. */
  constructor(directory: string, kinds: readonly ObjectKind[], now: () => number) {
    this.#directory = directory;
    this.#kinds = kinds;
    this.#now = now;
  }

  /**
   * Reads what changed; the files named are read whatever their stamp says. Throws when the folder
   * can't be read.
   */
  async look(named: ReadonlySet<string>): Promise<void> {
    const entries = await readdir(this.#directory, { withFileTypes: true });
    const manifests = entries.filter(isManifest).map((entry) => entry.name);
    this.#excess = Math.max(0, manifests.length - FILES_MAX);
    const names = manifests.sort().slice(0, FILES_MAX);
    for (const name of names) await this.#lookAt(name, named.has(name));
    const present = new Set(names);
    for (const name of this.#counted.keys()) {
      if (!present.has(name)) this.#take(name, undefined, '');
    }
    for (const name of this.#unsettled.keys()) {
      if (!present.has(name) && !this.#counted.has(name)) this.#unsettled.delete(name);
    }
    this.#counted = new Map([...this.#counted].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Whether there is bad news that may not be true in a moment. */
  get isSettled(): boolean {
    return this.#unsettled.size === 0;
  }

  /** Every object, by key; of two definitions the first counts, by file name and line. */
  objects(): ReadonlyMap<string, Placed> {
    const objects = new Map<string, Placed>();
    for (const [name, { objects: defined }] of this.#counted) {
      for (const [key, { object, line }] of defined) {
        if (!objects.has(key)) objects.set(key, { object, place: this.#place(name, line) });
      }
    }
    return objects;
  }

  /**
   * Sentences for people, each beginning with its place, and the kinds that it is about, if that is
   * known.
   */
  faults(): readonly { readonly text: string; readonly of: readonly ObjectKind[] }[] {
    const faults: { text: string; of: readonly ObjectKind[] }[] = [];
    const first = new Map<string, string>();
    if (this.#excess > 0) {
      const is = `it has ${FILES_MAX + this.#excess} files; expected at most ${FILES_MAX}`;
      faults.push({ text: `Cannot read all of the manifests "${this.#directory}": ${is}`, of: [] });
    }
    for (const [name, { reading, objects }] of this.#counted) {
      if (reading.kind === 'broken') {
        const text = `${this.#place(name, reading.line)} ${reading.why}`;
        faults.push({
          text,
          of: [...new Set([...objects.values()].map((one) => one.object.kind))],
        });
        continue;
      }
      for (const { line, why, of } of reading.manifest.refused) {
        faults.push({
          text: `${this.#place(name, line)} ${why}`,
          of: of === undefined ? [] : [of],
        });
      }
      for (const { object, line } of reading.manifest.defined) {
        const key = refKey(object);
        const place = this.#place(name, line);
        const before = first.get(key);
        if (before === undefined) {
          first.set(key, place);
          continue;
        }
        const what = `Cannot use the ${object.kind} "${object.namespace}/${object.name}"`;
        const text = `${place} ${what}: ${before} defines it already; expected it once`;
        faults.push({ text, of: [object.kind] });
      }
    }
    return faults;
  }

  /** Kinds of which there may be an object that was never read: their list is not complete. */
  incomplete(): ReadonlySet<ObjectKind> {
    const incomplete = new Set<ObjectKind>();
    for (const { reading, objects } of this.#counted.values()) {
      if (reading.kind === 'broken') {
        if (objects.size === 0) return new Set(this.#kinds);
        continue;
      }
      for (const { ref } of reading.manifest.refused) {
        if (ref !== undefined && !objects.has(refKey(ref))) incomplete.add(ref.kind);
      }
    }
    return this.isSettled && this.#excess === 0 ? incomplete : new Set(this.#kinds);
  }

  /** How many objects there are of kinds that DNS does not need. */
  ignored(): ReadonlyMap<string, number> {
    const ignored = new Map<string, number>();
    for (const { reading } of this.#counted.values()) {
      if (reading.kind === 'broken') continue;
      for (const [kind, count] of reading.manifest.ignored) {
        ignored.set(kind, (ignored.get(kind) ?? 0) + count);
      }
    }
    return ignored;
  }

  async #lookAt(name: string, isNamed: boolean): Promise<void> {
    const path = join(this.#directory, name);
    try {
      const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
      const stamp = `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`;
      const last = this.#unsettled.get(name) ?? this.#counted.get(name);
      if (!isNamed && last?.stamp === stamp) {
        if (this.#unsettled.has(name)) this.#take(name, this.#unsettled.get(name)?.reading, stamp);
        return;
      }
      this.#take(name, await this.#read(path, size), stamp);
    } catch (error) {
      const gone = isCode(error, 'ENOENT');
      this.#take(name, gone ? undefined : unreadable(error), gone ? '' : String(error));
    }
  }

  /** Lets what was read count: all of it if it is good news or has settled, else the good part. */
  #take(name: string, reading: ManifestReading | undefined, stamp: string): void {
    const before = this.#counted.get(name);
    const objects = objectsOf(reading, before?.objects ?? new Map());
    const isBad =
      reading === undefined || reading.kind === 'broken' || isLess(objects, before?.objects);
    const waiting = this.#unsettled.get(name);
    const since = waiting?.stamp === stamp ? waiting.since : this.#now();
    if (isBad && this.#now() - since < SETTLE_MS) {
      this.#unsettled.set(name, { reading, stamp, since });
      const kept = new Map([...(before?.objects ?? []), ...objects]);
      if (before !== undefined) this.#counted.set(name, { ...before, objects: kept });
      return;
    }
    this.#unsettled.delete(name);
    if (reading === undefined) this.#counted.delete(name);
    else this.#counted.set(name, { objects, reading, stamp });
  }

  async #read(path: string, size: bigint): Promise<ManifestReading> {
    if (size > FILE_OCTETS_MAX) {
      const is = `it has ${size} octets; expected at most ${FILE_OCTETS_MAX}`;
      const why = `Cannot read the manifest: ${is}`;
      return { kind: 'broken', line: 1, why };
    }
    return readManifest(await readFile(path, 'utf8'), this.#kinds);
  }

  #place(name: string, line: number): string {
    return `${join(this.#directory, name)}:${line}:`;
  }
}

/**
 * Hidden files are editors' and ConfigMap mounts' own; folders within are left out, as by `kubectl
 * apply -f`.
 */
function isManifest(entry: Dirent): boolean {
  return /^[^.].*\.(ya?ml|json)$/.test(entry.name) && !entry.isDirectory();
}

/** The objects that count by this reading alone: an object refused now is still what it was. */
function objectsOf(
  reading: ManifestReading | undefined,
  before: ReadonlyMap<string, Defined>,
): ReadonlyMap<string, Defined> {
  if (reading === undefined) return new Map();
  if (reading.kind === 'broken') return before;
  const objects = new Map<string, Defined>();
  for (const defined of reading.manifest.defined) {
    const key = refKey(defined.object);
    if (!objects.has(key)) objects.set(key, defined);
  }
  for (const { ref } of reading.manifest.refused) {
    const kept = ref && before.get(refKey(ref));
    if (ref && kept && !objects.has(refKey(ref))) objects.set(refKey(ref), kept);
  }
  return objects;
}

function isLess(
  objects: ReadonlyMap<string, Defined>,
  before: ReadonlyMap<string, Defined> | undefined,
): boolean {
  return before !== undefined && [...before.keys()].some((key) => !objects.has(key));
}

function unreadable(error: unknown): ManifestReading {
  const is = error instanceof Error ? error.message : String(error);
  return {
    kind: 'broken',
    line: 1,
    why: `Cannot read the manifest: ${is}; expected a readable file`,
  };
}

export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
