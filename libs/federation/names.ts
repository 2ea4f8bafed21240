/** Names with their RRsets, and how a question is answered from them. */
import { isWithin, NAME_OCTETS_MAX, parentName } from '../dns/name.ts';
import type { RR, RRset } from '../dns/rrset.ts';
import { recordsOf } from '../dns/rrset.ts';

/** Owner, lower-case → its RRsets. A name with none exists all the same (NODATA). */
export interface Names extends ReadonlyMap<string, readonly NamedSet[]> {
  /** What these names have, and all below them, depends on who asks. */
  readonly perClient?: readonly string[];
}

/** What the chain alone can say of a set makes its name the chain's. */
export interface NamedSet extends RRset {
  /** All of it is of clusters that are lost. */
  readonly isStale?: true;
}

/** Whether the table can answer for the name. */
export function isForTable(names: Names, name: string): boolean {
  const isPerClient = names.perClient?.some((above) => isWithin(name, above)) === true;
  return !isPerClient && !names.get(name)?.some(({ isStale }) => isStale === true);
}

/** The same names, some of which depend on who asks. */
export function withPerClient(names: Names, perClient: readonly string[]): Names {
  return perClient.length === 0 ? names : Object.assign(new Map(names), { perClient });
}

/**
 * Whether names as Kubernetes has them make a domain name together: of absolute text, without
 * escapes, the wire needs one octet more.
 */
export function fitsName(name: string): boolean {
  return name.length < NAME_OCTETS_MAX;
}

/**
 * Collects names while they are computed: rdatas of one name and type become one set, without
 * duplicates. Names that are too long to be asked for are left out.
 */
export class NameBuilder {
  readonly #names = new Map<string, Map<string, Built>>();
  readonly #perClient = new Set<string>();

  /** `isLost`: the record is of a cluster that is lost. */
  add(name: string, type: string, ttl: number, rdata: string, isLost = false): void {
    if (!fitsName(name)) return;
    const types = this.#typesOf(name);
    const rrset = types.get(type);
    if (rrset === undefined) {
      types.set(type, { ttl, rdatas: new Set([rdata]), isStale: isLost });
      return;
    }
    rrset.rdatas.add(rdata);
    rrset.isStale &&= isLost;
  }

  /** The name exists, whether or not it has records. */
  exists(name: string): void {
    if (fitsName(name)) this.#typesOf(name);
  }

  /**
   * The name exists for all clients; which records it has, and what is below it, depends on who
   * asks.
   */
  perClient(name: string): void {
    this.exists(name);
    if (fitsName(name)) this.#perClient.add(name);
  }

  names(): Names {
    this.#addPerClientParents();
    const names = new Map<string, readonly NamedSet[]>();
    for (const [name, types] of this.#names) {
      const rrsets: NamedSet[] = [];
      for (const [type, { ttl, rdatas, isStale }] of types) {
        const rrset = { name, type, ttl, rdatas: [...rdatas] };
        rrsets.push(isStale ? { ...rrset, isStale } : rrset);
      }
      names.set(name, rrsets);
    }
    return withPerClient(names, [...this.#perClient]);
  }

  /** A name between that is there by what is below it alone would be taken as everybody's. */
  #addPerClientParents(): void {
    for (const above of this.#perClient) {
      for (const name of [...this.#names.keys()]) {
        if (!isWithin(name, above)) continue;
        for (let at = parentName(name); at !== undefined && at !== above; at = parentName(at)) {
          if (!isWithin(at, above)) break;
          this.exists(at);
        }
      }
    }
  }

  #typesOf(name: string): Map<string, Built> {
    let types = this.#names.get(name);
    if (types === undefined) {
      types = new Map();
      this.#names.set(name, types);
    }
    return types;
  }
}

interface Built {
  readonly ttl: number;
  readonly rdatas: Set<string>;
  isStale: boolean;
}

/** What answers one question: the sections of a positive response. */
export interface Answer {
  readonly answer: readonly RR[];
  readonly additional: readonly RR[];
  /** It is of clusters that are lost. */
  readonly isStale?: true;
}

/**
 * The answer that a set gives. SRV and NS bring the addresses of their targets along, where the
 * same names have them.
 */
export function answerOf(names: Names, rrset: NamedSet): Answer {
  const answer = recordsOf(rrset);
  const stale = rrset.isStale === true ? { isStale: true as const } : {};
  if (rrset.type !== 'SRV' && rrset.type !== 'NS') return { answer, additional: [], ...stale };
  const targets = new Set(rrset.rdatas.map((rdata) => rdata.slice(rdata.lastIndexOf(' ') + 1)));
  const additional: RR[] = [];
  for (const target of targets) {
    for (const of of names.get(target) ?? []) {
      if (of.type === 'A' || of.type === 'AAAA') additional.push(...recordsOf(of));
    }
  }
  return { answer, additional, ...stale };
}
