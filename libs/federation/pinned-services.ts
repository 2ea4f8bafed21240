/**
 * The Services of one cluster that are held as they were: what a state shows of them is what their
 * pins say, and what the cluster's log says is kept aside until they are unpinned.
 *
 *   event ─► of a pinned Service? ─┬─ no ──► shown
 *                                  └─ yes ─► aside ─► shown, once it is unpinned
 *
 * What is shown comes of what the log said and of what is pinned, in whatever order they were read.
 */
import type { Pinned } from '../event/control.ts';
import { type ClusterObject, type ObjectRef, refKey } from '../event/object.ts';

export class PinnedServices {
  /** By `namespace/name`. */
  readonly #pins = new Map<string, Pinned>();
  /** What the log says of them now, by refKey. */
  readonly #aside = new Map<string, ClusterObject>();

  get size(): number {
    return this.#pins.size;
  }

  keys(): readonly string[] {
    return [...this.#pins.keys()];
  }

  get(key: string): Pinned | undefined {
    return this.#pins.get(key);
  }

  set(key: string, pinned: Pinned): void {
    this.#pins.set(key, pinned);
  }

  /** What the log says of the Service by now. */
  release(key: string): readonly ClusterObject[] {
    this.#pins.delete(key);
    const known = [...this.#aside.values()].filter((object) => serviceKeyOf(object) === key);
    for (const object of known) this.#aside.delete(refKey(object));
    return known;
  }

  /** Whether the object is part of a Service that is pinned. */
  holds(object: ObjectRef): boolean {
    const key = serviceKeyOf(object);
    return key !== undefined && this.#pins.has(key);
  }

  keep(object: ClusterObject): void {
    this.#aside.set(refKey(object), object);
  }

  /** Whether it was kept aside. */
  forget(ref: ObjectRef): boolean {
    return this.#aside.delete(refKey(ref));
  }

  aside(ref: ObjectRef): ClusterObject | undefined {
    return this.#aside.get(refKey(ref));
  }
}

/** Of which Service an object is a part; undefined: of none, or a reference does not tell. */
export function serviceKeyOf(object: ObjectRef | ClusterObject): string | undefined {
  switch (object.kind) {
    case 'Service':
    case 'ServiceExport':
    case 'ServiceImport':
      return `${object.namespace}/${object.name}`;
    case 'EndpointSlice':
      return 'service' in object ? `${object.namespace}/${object.service}` : undefined;
    case 'Namespace':
    case 'Node':
    case 'Pod':
      return undefined;
  }
}
