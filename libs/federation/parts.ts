/**
 * Groups in the parts in which they are published. Where each cluster has a label of its own
 * (`qualified`), what is below that label is the cluster's alone: a change of one of a hundred
 * clusters that have a Service must not compute the names of the other ninety-nine.
 *
 *   service/shop/web of east changed ─► service/shop/web        of all clusters together
 *                                    └► service/shop/web/east   below the label of east
 *
 * Where a zone lies in the qualified zone, a name may be of several layers, which only the whole
 * group can tell apart: then there are no parts.
 */
import { namesOfGroup, overlaps } from './federation.ts';
import { type Group, ownGroup, parseGroup } from './group.ts';
import type { ClusterStates } from './indexed-states.ts';
import { hasAddresses } from './kept-facts.ts';
import type { FederationConfig } from './layer.ts';
import type { Names } from './names.ts';

export class Parts {
  readonly #together: FederationConfig;
  /** Undefined: groups have no parts. */
  readonly #own: FederationConfig | undefined;
  /** Clusters whose addresses and pods have names. */
  readonly #withAddresses: ReadonlySet<string>;

  constructor(config: FederationConfig) {
    const own = config.layers.filter(({ kind }) => kind === 'qualified');
    const others = config.layers.filter(({ kind }) => kind !== 'qualified');
    const isParted = own.length > 0 && others.length > 0 && !overlaps(config);
    this.#together = isParted ? { ...config, layers: others } : config;
    this.#own = isParted ? { ...config, layers: own } : undefined;
    this.#withAddresses = new Set(config.layers.filter(hasAddresses).map(({ cluster }) => cluster));
  }

  /** Of a group of which this cluster has changed what it says; none: nobody serves it. */
  of(group: Group, cluster: string): readonly Group[] {
    if (isOfAddress(group)) return this.#withAddresses.has(cluster) ? [group] : [];
    if (this.#own === undefined) return [group];
    const own = ownGroup(group, cluster);
    return own === undefined ? [group] : [own, group];
  }

  /** The layers that a part has names of. */
  configOf(part: Group): FederationConfig {
    const key = parseGroup(part);
    const isOwn = 'cluster' in key && key.cluster !== undefined;
    return isOwn && this.#own !== undefined ? this.#own : this.#together;
  }

  names(states: ClusterStates, part: Group): Names {
    return namesOfGroup(this.configOf(part), states, part);
  }
}

/** As parseGroup, for each group of each event. */
function isOfAddress(group: Group): boolean {
  return group.startsWith('address/') || group.startsWith('pod/');
}
