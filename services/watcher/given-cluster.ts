/** A cluster for tests: it says what a test lets happen in it, to all who observe it. */
import { type ClusterSource, type Observation, unwatchedBut } from '../../libs/cluster/source.ts';
import type {
  ClusterObject,
  NamespaceObject,
  PodObject,
  ServiceObject,
} from '../../libs/event/object.ts';
import { OBJECT_KINDS, type ObjectKind, type ObjectRef, refKey } from '../../libs/event/object.ts';

export class GivenCluster implements ClusterSource {
  readonly objects = new Map<string, ClusterObject>();
  /** Those that whoever comes from now on is told of. */
  kinds: readonly ObjectKind[] = OBJECT_KINDS;
  readonly #observers = new Set<Observer>();
  isSilent = false;

  async replies(): Promise<boolean> {
    return !this.isSilent;
  }

  /** Lists every kind to who comes, then what happens. */
  async *observe(signal: AbortSignal): AsyncIterable<Observation> {
    const observer = new Observer();
    this.#observers.add(observer);
    for (const said of unwatchedBut(this.kinds)) observer.say(said);
    for (const kind of this.kinds) for (const said of this.#list(kind)) observer.say(said);
    const end = () => observer.end();
    signal.addEventListener('abort', end);
    try {
      yield* observer.heard(() => signal.aborted);
    } finally {
      signal.removeEventListener('abort', end);
      this.#observers.delete(observer);
    }
  }

  /** Says it to all who observe, whether it is true or not. */
  say(...observations: readonly Observation[]): void {
    for (const observer of this.#observers) for (const said of observations) observer.say(said);
  }

  /** The objects come to be so. */
  apply(...objects: readonly ClusterObject[]): void {
    for (const object of objects) {
      this.applyUnseen(object);
      this.say({ kind: 'found', object });
    }
  }

  remove({ kind, namespace, name }: ObjectRef): void {
    if (!this.removeUnseen({ kind, namespace, name })) return;
    this.say({ kind: 'gone', ref: { kind, namespace, name } });
  }

  /** As if the watch had been cut: only a list will tell. */
  applyUnseen(object: ClusterObject): void {
    this.objects.set(refKey(object), object);
  }

  removeUnseen(ref: ObjectRef): boolean {
    return this.objects.delete(refKey(ref));
  }

  relist(kind: ObjectKind): void {
    this.say(...this.#list(kind));
  }

  /** A list that names only this much, and is cut off then. */
  cutList(kind: ObjectKind, length: number): void {
    this.say(
      ...this.#list(kind)
        .slice(0, -1)
        .slice(0, 1 + length),
    );
  }

  #list(kind: ObjectKind): readonly Observation[] {
    const objects = [...this.objects.values()].filter((object) => object.kind === kind);
    return [
      { kind: 'listing', of: kind },
      ...objects.map((object) => ({ kind: 'found', object }) as const),
      { kind: 'listed', of: kind, resourceVersion: '7' },
    ];
  }
}

class Observer {
  #said: Observation[] = [];
  #wake: () => void = () => {};

  say(observation: Observation): void {
    this.#said.push(observation);
    this.#wake();
  }

  end(): void {
    this.#wake();
  }

  async *heard(isOver: () => boolean): AsyncIterable<Observation> {
    while (!isOver()) {
      const said = this.#said;
      this.#said = [];
      yield* said;
      if (this.#said.length > 0 || isOver()) continue;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

export function namespace(name: string): NamespaceObject {
  return { kind: 'Namespace', namespace: '', name };
}

export function service(name: string, clusterIP: string): ServiceObject {
  return {
    kind: 'Service',
    namespace: 'shop',
    name,
    type: 'ClusterIP',
    clusterIPs: [clusterIP],
    headless: false,
    ports: [{ name: 'http', protocol: 'TCP', port: 80 }],
  };
}

export function pod(name: string, address: string): PodObject {
  return { kind: 'Pod', namespace: 'shop', name, addresses: [address] };
}
