/**
 * The objects of a simulated cluster: some that are there from the first moment to the last, whose
 * names must never be denied, and some that come, change and go.
 *
 * Every address is given to one Service of one cluster only, so an answer tells who said it.
 */
import type {
  ClusterObject,
  Endpoint,
  EndpointSliceObject,
  ObjectRef,
  ServiceExportObject,
  ServiceObject,
} from '../../libs/event/object.ts';
import { refKey } from '../../libs/event/object.ts';
import type { ClusterState } from '../../libs/federation/cluster-state.ts';
import type { Seeded } from './seeded.ts';
import type { SimApi } from './sim-api.ts';

/** In namespace `shop` of every cluster, throughout: one behind a cluster IP, one headless. */
export const LASTING = ['web', 'db'] as const;
const NAMESPACES = ['shop', 'ops'] as const;
const PASSING = ['pay', 'cart', 'mail'] as const;
/** So many that a list without them is held: see holds.ts. */
const BULK = 32;

export class Inhabitants {
  readonly #api: SimApi;
  readonly #chance: Seeded;
  readonly #number: number;
  #addresses = 0;

  /** `number`: of the cluster, from 1. */
  constructor(api: SimApi, number: number, chance: Seeded) {
    this.#api = api;
    this.#number = number;
    this.#chance = chance;
  }

  /** What is there before anybody looks. */
  settle(isLarge: boolean): void {
    this.#api.apply({ kind: 'Namespace', namespace: '', name: 'shop' });
    for (const name of LASTING) {
      this.#api.apply(this.#service('shop', name, name === 'db'));
      this.#api.apply(this.#slice('shop', name, 'a', true));
      this.#api.apply(this.#exported('shop', name));
    }
    if (!isLarge) return;
    for (let i = 0; i < BULK; i++) {
      this.#api.apply(this.#service('shop', `bulk-${i}`, false));
      this.#api.apply(this.#slice('shop', `bulk-${i}`, 'a', true));
      this.#api.apply(this.#exported('shop', `bulk-${i}`));
    }
  }

  /** Something happens in the cluster. */
  change(): void {
    const turn = this.#chance.below(12);
    if (turn < 1) this.#removeNamespace();
    else if (turn < 3) this.#removeOne();
    else this.#apply(this.#anyObject());
  }

  #anyObject(): ClusterObject {
    const namespace = this.#chance.pick(NAMESPACES);
    const name = this.#chance.pick(PASSING);
    const isChosen = this.#chance.chance(0.7);
    switch (this.#chance.below(9)) {
      case 0:
        return { kind: 'Namespace', namespace: '', name: 'ops' };
      case 1:
        return this.#exported(namespace, name);
      case 2:
      case 3:
        // Other endpoints; there is always one that is ready.
        return this.#slice('shop', this.#chance.pick(LASTING), 'a', true);
      case 4:
      case 5:
        return this.#service(namespace, name, !isChosen);
      default:
        return this.#slice(namespace, name, this.#chance.pick(['a', 'b']), isChosen);
    }
  }

  /** With all that is in it. */
  #removeNamespace(): void {
    for (const object of [...this.#api.objects.values()]) {
      if (object.namespace === 'ops') this.#api.remove(object);
    }
    this.#api.remove({ kind: 'Namespace', namespace: '', name: 'ops' });
  }

  #removeOne(): void {
    const passing = [...this.#api.objects.values()].filter((object) => !isLasting(object));
    if (passing.length > 0) this.#api.remove(this.#chance.pick(passing));
  }

  #apply(object: ClusterObject): void {
    // There is nothing in a namespace that is not there.
    const of = { kind: 'Namespace', namespace: '', name: object.namespace } as const;
    if (object.namespace === '' || this.#api.objects.has(refKey(of))) this.#api.apply(object);
  }

  #service(namespace: string, name: string, headless: boolean): ServiceObject {
    return {
      kind: 'Service',
      namespace,
      name,
      type: 'ClusterIP',
      clusterIPs: headless ? [] : [this.#address()],
      headless,
      ports: [{ name: 'http', protocol: 'TCP', port: 80 + this.#chance.below(3) }],
    };
  }

  #slice(
    namespace: string,
    service: string,
    suffix: string,
    isReady: boolean,
  ): EndpointSliceObject {
    const endpoints: Endpoint[] = [];
    const count = 1 + this.#chance.below(3);
    for (let i = 0; i < count; i++) {
      const ready = i === 0 ? isReady : this.#chance.chance(0.8);
      endpoints.push({
        addresses: [this.#address()],
        ready,
        hostname: `${service}-${suffix}-${i}`,
      });
    }
    return {
      kind: 'EndpointSlice',
      namespace,
      name: `${service}-${suffix}`,
      service,
      endpoints,
      ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
    };
  }

  #exported(namespace: string, name: string): ServiceExportObject {
    const createdAt = new Date(Date.UTC(2026, 0, 1, 0, 0, this.#chance.below(60))).toISOString();
    return { kind: 'ServiceExport', namespace, name, createdAt };
  }

  #address(): string {
    const number = ++this.#addresses;
    return `10.${this.#number}.${number >> 8}.${number & 255}`;
  }
}

/** Whether the state has all that is there throughout. */
export function hasLasting({ namespaces, services, slices, exports }: ClusterState): boolean {
  if (!namespaces.has('shop')) return false;
  return LASTING.every(
    (name) =>
      services.has(`shop/${name}`) && slices.has(`shop/${name}-a`) && exports.has(`shop/${name}`),
  );
}

/** It is there from the first moment to the last. */
function isLasting({ kind, namespace, name }: ObjectRef): boolean {
  if (kind === 'Namespace') return name === 'shop';
  if (namespace !== 'shop') return false;
  return LASTING.some((lasting) => name === lasting || name === `${lasting}-a`);
}
