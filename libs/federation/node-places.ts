/** Where a cluster's nodes are: by address, and what their zones and regions say of each other. */
import type { NodeObject } from '../event/object.ts';
import { MultiMap } from './multi-map.ts';

interface CommonPlace {
  readonly topologyZone: string | undefined;
  readonly topologyRegion: string | undefined;
}

export class NodePlaces {
  readonly #namesOfAddress = new MultiMap();
  /** Topology zone → its regions, of each how many nodes say so. */
  readonly #zones = new Map<string | undefined, Map<string | undefined, number>>();

  add(node: NodeObject): void {
    for (const address of node.addresses ?? []) this.#namesOfAddress.add(address, node.name);
    this.#count(node, 1);
  }

  delete(node: NodeObject): void {
    for (const address of node.addresses ?? []) this.#namesOfAddress.delete(address, node.name);
    this.#count(node, -1);
  }

  /** Names of the nodes that have it. */
  at(address: string): readonly string[] {
    return this.#namesOfAddress.sorted(address);
  }

  /** Undefined also where nodes of the zone do not agree. */
  regionOfZone(topologyZone: string): string | undefined {
    return onlyOf(this.#zones.get(topologyZone)?.keys() ?? []);
  }

  /** Where all nodes are; undefined where they are not in one, or do not say. */
  get onlyZone(): string | undefined {
    return onlyOf(this.#zones.keys());
  }

  get onlyRegion(): string | undefined {
    return onlyOf(new Set([...this.#zones.values()].flatMap((regions) => [...regions.keys()])));
  }

  /** Where most nodes are that say a region; the first by name of several that have as many. */
  get commonest(): CommonPlace | undefined {
    const places = [...this.#zones].flatMap(([topologyZone, regions]) =>
      [...regions].map(([topologyRegion, count]) => ({ topologyZone, topologyRegion, count })),
    );
    const text = ({ topologyZone = '', topologyRegion = '' }: CommonPlace) =>
      `${topologyZone}/${topologyRegion}`;
    const [first] = places
      .filter(({ topologyRegion }) => topologyRegion !== undefined)
      .sort((a, b) => b.count - a.count || (text(a) < text(b) ? -1 : 1));
    return first;
  }

  #count({ topologyZone, topologyRegion }: NodeObject, step: number): void {
    const regions = this.#zones.get(topologyZone) ?? new Map<string | undefined, number>();
    this.#zones.set(topologyZone, regions);
    const count = (regions.get(topologyRegion) ?? 0) + step;
    if (count > 0) regions.set(topologyRegion, count);
    else regions.delete(topologyRegion);
    if (regions.size === 0) this.#zones.delete(topologyZone);
  }
}

function onlyOf(texts: Iterable<string | undefined>): string | undefined {
  const [only, ...others] = texts;
  return others.length === 0 ? only : undefined;
}
