/**
 * Which names each group gave when it was last computed: what to take back when it gives others,
 * and which names exist only because something is below them (RFC 8020) where that something
 * belongs to many groups.
 */
import { isWithin, parentName } from '../dns/name.ts';
import { zonesOf } from './apex.ts';
import type { FederationConfig } from './federation.ts';
import type { Group } from './group.ts';
import { parseGroup } from './group.ts';
import type { Names } from './names.ts';

export class PublishedNames {
  readonly #config: FederationConfig;
  readonly #zones: readonly string[];
  readonly #namesOf = new Map<Group, readonly string[]>();
  /** Name above → how many groups have something below it. */
  readonly #above = new Map<string, number>();

  constructor(config: FederationConfig) {
    this.#config = config;
    this.#zones = zonesOf(config);
  }

  /**
   * Takes note of what the group gives now, and returns the names that it gave before and gives no
   * more.
   */
  replace(group: Group, names: Names): readonly string[] {
    const before = this.#namesOf.get(group) ?? [];
    const now = [...names.keys()];
    if (now.length === 0) this.#namesOf.delete(group);
    else this.#namesOf.set(group, now);
    for (const above of this.#namesAbove(group, before)) this.#count(above, -1);
    for (const above of this.#namesAbove(group, now)) this.#count(above, 1);
    return before.filter((name) => !names.has(name));
  }

  /**
   * Whether some group has a name below this one. Names inside of one group are not counted:
   * `lookup` sees those.
   */
  hasBelow(name: string): boolean {
    return this.#above.has(name);
  }

  #count(name: string, step: number): void {
    const count = (this.#above.get(name) ?? 0) + step;
    if (count === 0) this.#above.delete(name);
    else this.#above.set(name, count);
  }

  /**
   * For a Service its namespace, in each zone where it has names; for an address the rest of its
   * reverse name.
   */
  #namesAbove(group: Group, names: readonly string[]): readonly string[] {
    const key = parseGroup(group);
    const { homeZone, clustersetZone } = this.#config;
    if (key.kind === 'service') {
      return [homeZone, clustersetZone]
        .filter((zone) => zone !== undefined)
        .filter((zone) => names.some((name) => isWithin(name, zone)))
        .map((zone) => `${key.namespace}.svc.${zone}`);
    }
    if (key.kind === 'namespace') return [];
    return names.flatMap((name) => this.#parentsInZone(name));
  }

  #parentsInZone(name: string): readonly string[] {
    const parents: string[] = [];
    const zones = this.#zones.filter((zone) => isWithin(name, zone));
    for (let above = parentName(name); above !== undefined; above = parentName(above)) {
      const parent = above;
      if (!zones.some((zone) => parent !== zone && isWithin(parent, zone))) break;
      parents.push(parent);
    }
    return parents;
  }
}
