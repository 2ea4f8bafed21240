/**
 * The API server of a cluster: its objects with a version that grows, watches from a version, and
 * what befalls such servers: restarted empty, restored from an older state, silent.
 */
import {
  type ClusterObject,
  type ObjectKind,
  type ObjectRef,
  refKey,
} from '../../libs/event/object.ts';
import { Server, type Stream } from './network.ts';

export type ApiChange =
  | { readonly kind: 'found'; readonly object: ClusterObject }
  | { readonly kind: 'gone'; readonly ref: ObjectRef };

export interface Versioned {
  readonly version: number;
  readonly change: ApiChange;
}

interface Watch {
  readonly of: ObjectKind;
  readonly stream: Stream<Versioned>;
}

/** Changes that a watch can be resumed over. */
const WINDOW_CHANGES = 20;

export class SimApi extends Server {
  readonly cluster: string;
  readonly #onSaid: (cluster: string, object: ClusterObject) => void;
  #objects = new Map<string, ClusterObject>();
  #version = 1;
  /** Grows when it is another server than before. */
  #life = 1;
  #recent: Versioned[] = [];
  readonly #watches = new Set<Watch>();

  constructor(cluster: string, onSaid: (cluster: string, object: ClusterObject) => void) {
    super(`api of ${cluster}`);
    this.cluster = cluster;
    this.#onSaid = onSaid;
  }

  get objects(): ReadonlyMap<string, ClusterObject> {
    return this.#objects;
  }

  apply(object: ClusterObject): void {
    this.#objects.set(refKey(object), object);
    this.#onSaid(this.cluster, object);
    this.#changed({ kind: 'found', object });
  }

  remove({ kind, namespace, name }: ObjectRef): void {
    const ref = { kind, namespace, name };
    if (this.#objects.delete(refKey(ref))) this.#changed({ kind: 'gone', ref });
  }

  /** What it is restarted with, now or later. */
  backup(): ReadonlyMap<string, ClusterObject> {
    return new Map(this.#objects);
  }

  /** As with another etcd: every watch ends, every version is of another life. */
  restart(objects: ReadonlyMap<string, ClusterObject>): void {
    this.#objects = new Map(objects);
    this.#life++;
    this.#recent = [];
    this.cutWatches();
  }

  cutWatches(): void {
    for (const { stream } of this.#watches) stream.end();
    this.#watches.clear();
  }

  list(kind: ObjectKind): ApiList {
    const objects = [...this.#objects.values()].filter((object) => object.kind === kind);
    return { objects, life: this.#life, version: this.#version };
  }

  /** False: it does not know that version any more. */
  watch(of: ObjectKind, from: Place, stream: Stream<Versioned>): boolean {
    const [oldest] = this.#recent;
    const isTooOld =
      from.version < this.#version && (oldest?.version ?? Infinity) > from.version + 1;
    if (from.life !== this.#life || isTooOld) return false;
    for (const one of this.#recent) {
      if (one.version > from.version && kindOf(one.change) === of) stream.send(one);
    }
    this.#watches.add({ of, stream });
    return true;
  }

  #changed(change: ApiChange): void {
    const versioned = { version: ++this.#version, change };
    this.#recent.push(versioned);
    if (this.#recent.length > WINDOW_CHANGES) this.#recent.shift();
    for (const watch of this.#watches) {
      if (!watch.stream.isOpen()) this.#watches.delete(watch);
      else if (watch.of === kindOf(change)) watch.stream.send(versioned);
    }
  }

  get version(): number {
    return this.#version;
  }
}

/** A version, and of which life of the server it is. */
export interface Place {
  readonly life: number;
  readonly version: number;
}

export interface ApiList extends Place {
  readonly objects: readonly ClusterObject[];
}

function kindOf(change: ApiChange): ObjectKind {
  return change.kind === 'found' ? change.object.kind : change.ref.kind;
}
