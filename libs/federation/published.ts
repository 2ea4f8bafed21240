/**
 * Which names each group gave when it was last computed: what to take back when it gives others,
 * and which names exist only because something is below them (RFC 8020) where that something
 * belongs to many groups.
 */
import { reverseName } from '../dns/address.ts';
import { isWithin, parentName } from '../dns/name.ts';
import { zonesOf } from './apex.ts';
import type { Group } from './group.ts';
import { type GroupKey, parseGroup } from './group.ts';
import type { FederationConfig, Layer } from './layer.ts';
import type { Names } from './names.ts';
import { podName } from './pods.ts';
import { serviceZone } from './qualified.ts';

export class PublishedNames {
  readonly #config: FederationConfig;
  readonly #zones: readonly string[];
  /** The names in one text: 100,000 Services have 800,000, all ends of which their groups say. */
  readonly #namesOf = new Map<Group, string>();
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
    const known = this.#namesOf.get(group);
    if (known === undefined && names.size === 0) return [];
    const key = parseGroup(group);
    const ends = this.#endsOf(key);
    const now = [...names.keys()];
    const text = shorten(now, ends);
    if (text === known) return [];
    const before = expand(known, ends);
    if (now.length === 0) this.#namesOf.delete(group);
    else this.#namesOf.set(group, text);
    for (const above of this.#namesAbove(key, before)) this.#count(above, -1);
    for (const above of this.#namesAbove(key, now)) this.#count(above, 1);
    return before.filter((name) => !names.has(name));
  }

  /**
   * Whether some group has a name below this one. Names inside of one group are not counted:
   * `lookup` sees those.
   */
  hasBelow(name: string): boolean {
    return this.#above.has(name);
  }

  /** What names of the group can end with. */
  #endsOf(key: GroupKey): readonly string[] {
    if (key.kind === 'address') return [reverseName(key.address)];
    return this.#layersOf(key).flatMap((layer) =>
      layer.zones.map((zone) => endOf(key, layer, zone)),
    );
  }

  #count(name: string, step: number): void {
    const count = (this.#above.get(name) ?? 0) + step;
    if (count === 0) this.#above.delete(name);
    else this.#above.set(name, count);
  }

  /**
   * For a Service its namespace, in each zone where it has names, for a pod likewise; for an
   * address the rest of its reverse name.
   */
  #namesAbove(key: GroupKey, names: readonly string[]): readonly string[] {
    if (key.kind === 'namespace' || names.length === 0) return [];
    if (key.kind === 'address') return names.flatMap((name) => this.#parentsInZone(name));
    const above = this.#layersOf(key)
      .flatMap((layer) =>
        zonesAbove(layer, key, names).map((zone) => namespaceOf(key, layer, zone)),
      )
      .filter((namespace) => names.some((name) => name.endsWith(`.${namespace}`)));
    return above.length > 1 ? [...new Set(above)] : above;
  }

  /** Of one cluster's part, those in which it has a label. */
  #layersOf(key: NamedKey): readonly Layer[] {
    const { layers } = this.#config;
    return clusterOf(key) === undefined
      ? layers
      : layers.filter(({ kind }) => kind === 'qualified');
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

/** The layer's zones; of a qualified one, those of the clusters that have some of the names. */
function zonesAbove(layer: Layer, key: NamedKey, names: readonly string[]): readonly string[] {
  if (layer.kind !== 'qualified') return layer.zones;
  const cluster = clusterOf(key);
  if (cluster !== undefined) return layer.zones.map((zone) => `${cluster}.${zone}`);
  const zones = layer.zones.flatMap((zone) => names.map((name) => serviceZone(layer, name, zone)));
  return [...new Set(zones)];
}

type NamedKey = Exclude<GroupKey, { kind: 'address' }>;

function clusterOf(key: NamedKey): string | undefined {
  return key.kind === 'pod' ? undefined : key.cluster;
}

function endOf(key: NamedKey, layer: Layer, layerZone: string): string {
  const cluster = clusterOf(key);
  if (layer.kind === 'qualified' && cluster === undefined) return `.${layerZone}`;
  const zone = cluster === undefined ? layerZone : `${cluster}.${layerZone}`;
  if (key.kind === 'pod') return podName(key, zone);
  const svc = layer.kind === 'external' ? '' : 'svc.';
  const namespace = key.kind === 'service' ? `.${key.namespace}` : '';
  return `${key.name}${namespace}.${svc}${zone}`;
}

function namespaceOf(
  key: Extract<GroupKey, { readonly namespace: string }>,
  layer: Layer,
  zone: string,
): string {
  if (key.kind === 'pod') return `${key.namespace}.pod.${zone}`;
  return `${key.namespace}.${layer.kind === 'external' ? '' : 'svc.'}${zone}`;
}

/** Names that have none of the first ten ends are kept whole. */
const WHOLE = '-';

/** Each name is a line: the number of its end, and what is before that. */
function shorten(names: readonly string[], ends: readonly string[]): string {
  const lines = names.map((name) => {
    const end = ends.findIndex((one) => name.endsWith(one));
    return end < 0 || end > 9
      ? WHOLE + name
      : `${end}${name.slice(0, name.length - (ends[end] ?? '').length)}`;
  });
  return lines.join('\n');
}

function expand(text: string | undefined, ends: readonly string[]): readonly string[] {
  if (text === undefined) return [];
  return text.split('\n').map((line) => line.slice(1) + (ends[Number(line[0])] ?? ''));
}
