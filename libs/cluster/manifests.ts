/**
 * A cluster that is a folder of manifest files: the ClusterSource of the demo, of tests, and of
 * whoever wants DNS from a Git checkout.
 *
 *   fs.watch ─► FolderHints ─► ManifestFolder ─► difference to what was told ─► found · gone · …
 *
 * A namespace that objects only mention exists as well, so that a folder of Services is enough; a
 * Namespace of that name in a file counts in its place. Kinds that DNS does not need are ignored,
 * and counted in one line.
 */
import {
  type ClusterObject,
  DEFAULT_KINDS,
  type NamespaceObject,
  OBJECT_KINDS,
  type ObjectKind,
  type ObjectRef,
  refKey,
} from '../event/object.ts';
import { FolderHints, folderAt, RESCAN_MS } from './folder-hints.ts';
import { ManifestFolder, SETTLE_MS } from './manifest-folder.ts';
import { type ClusterSource, type Observation, unwatchedBut } from './source.ts';

export interface ManifestOptions {
  readonly directory: string;
  /** All but pods by default. */
  readonly kinds?: readonly ObjectKind[];
  /**
   * Hears a sentence for people, once when it begins to be true: `east/web.yaml:7: Cannot read …`.
   */
  readonly onTrouble: (text: string) => void;
  /** Milliseconds of a clock that never goes back; the process's own by default. */
  readonly nowMs?: () => number;
}

export function openManifests(options: ManifestOptions): ClusterSource {
  return {
    observe: (signal) => observe(options, signal),
    replies: async () => folderAt(options.directory).kind === 'folder',
  };
}

/** Why the folder can't be a cluster, in the house sentence; undefined when it can. */
export function checkManifests(directory: string): string | undefined {
  const found = folderAt(directory);
  if (found.kind === 'folder') return undefined;
  const is = found.kind === 'file' ? 'it is a file' : found.why;
  const expected = 'a directory of .yaml or .json files';
  return `Cannot read the manifests "${directory}": ${is}; expected ${expected}`;
}

async function* observe(
  { directory, kinds = DEFAULT_KINDS, onTrouble, nowMs = () => performance.now() }: ManifestOptions,
  signal: AbortSignal,
): AsyncGenerator<Observation> {
  const folder = new ManifestFolder(directory, kinds, nowMs);
  const hints = new FolderHints(directory);
  const teller = new Teller(kinds, onTrouble);
  try {
    if (!signal.aborted) yield* unwatchedBut(kinds);
    while (!signal.aborted) {
      const missing = await lookAt(directory, folder, hints.take());
      yield* missing === undefined ? teller.tell(folder) : teller.tellMissing(missing);
      await hints.wait(folder.isSettled ? RESCAN_MS : SETTLE_MS + 1, signal);
    }
  } finally {
    hints.close();
  }
}

async function lookAt(
  directory: string,
  folder: ManifestFolder,
  named: ReadonlySet<string>,
): Promise<string | undefined> {
  try {
    await folder.look(named);
    return undefined;
  } catch (error) {
    const is = error instanceof Error ? error.message : String(error);
    return (
      checkManifests(directory) ??
      `Cannot read the manifests "${directory}": ${is}; expected a readable directory`
    );
  }
}

/** Turns what is so into what is new. */
class Teller {
  /** In the order in which they are told of. */
  readonly #kinds: readonly ObjectKind[];
  readonly #onTrouble: (text: string) => void;
  /** What was told of each object, serialised. */
  readonly #told = new Map<string, { readonly ref: ObjectRef; readonly text: string }>();
  /** Kinds of which a list was begun, and completed. */
  readonly #listing = new Set<ObjectKind>();
  readonly #listed = new Set<ObjectKind>();
  #troubles: ReadonlySet<string> = new Set();

  constructor(kinds: readonly ObjectKind[], onTrouble: (text: string) => void) {
    this.#kinds = OBJECT_KINDS.filter((kind) => kinds.includes(kind));
    this.#onTrouble = onTrouble;
  }

  *tell(folder: ManifestFolder): Generator<Observation> {
    const objects = withNamespaces(folder);
    const incomplete = folder.incomplete();
    for (const kind of this.#kinds) {
      if (!this.#listing.has(kind)) yield { kind: 'listing', of: kind };
      this.#listing.add(kind);
      yield* this.#tellFound(kind, objects);
      if (this.#listed.has(kind) || incomplete.has(kind)) continue;
      yield { kind: 'listed', of: kind, resourceVersion: '' };
      this.#listed.add(kind);
    }
    for (const [key, { ref }] of this.#told) {
      if (objects.has(key)) continue;
      this.#told.delete(key);
      yield { kind: 'gone', ref };
    }
    if (!folder.isSettled) return;
    const faults = folder.faults();
    yield* this.#tellTroubles([
      ...faults.map(({ text, of }) => ({ text, of: of.length > 0 ? of : this.#kinds })),
      ...ignoredLine(folder.ignored()).map((text) => ({ text, of: [] })),
    ]);
  }

  tellMissing(text: string): Iterable<Observation> {
    return this.#tellTroubles([{ text, of: this.#kinds }]);
  }

  *#tellFound(
    kind: ObjectKind,
    objects: ReadonlyMap<string, ClusterObject>,
  ): Generator<Observation> {
    for (const [key, object] of objects) {
      if (object.kind !== kind) continue;
      const text = JSON.stringify(object);
      if (this.#told.get(key)?.text === text) continue;
      const { namespace, name } = object;
      this.#told.set(key, { ref: { kind, namespace, name }, text });
      yield { kind: 'found', object };
    }
  }

  *#tellTroubles(
    troubles: readonly { readonly text: string; readonly of: readonly ObjectKind[] }[],
  ): Generator<Observation> {
    for (const { text, of } of troubles) {
      if (this.#troubles.has(text)) continue;
      this.#onTrouble(text);
      for (const kind of of) yield { kind: 'trouble', of: kind, why: text };
    }
    this.#troubles = new Set(troubles.map(({ text }) => text));
  }
}

function withNamespaces(folder: ManifestFolder): ReadonlyMap<string, ClusterObject> {
  const objects = new Map<string, ClusterObject>();
  for (const [key, { object }] of folder.objects()) objects.set(key, object);
  for (const { namespace } of [...objects.values()]) {
    const inferred: NamespaceObject = { kind: 'Namespace', namespace: '', name: namespace };
    const key = refKey(inferred);
    if (namespace !== '' && !objects.has(key)) objects.set(key, inferred);
  }
  return objects;
}

function ignoredLine(ignored: ReadonlyMap<string, number>): readonly string[] {
  if (ignored.size === 0) return [];
  const kinds = [...ignored].sort(([a], [b]) => (a < b ? -1 : 1));
  const counted = kinds.map(([kind, count]) => `${count} ${kind}`).join(', ');
  return [`Ignoring what DNS does not need: ${counted}`];
}
