/** Which Service of which cluster has had which address: nobody else may be answered with it. */
import type { ClusterObject } from '../../libs/event/object.ts';
import type { PutName } from './map-sink.ts';
import { Violation } from './violation.ts';

interface Owner {
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
}

export class Said {
  readonly #owners = new Map<string, Owner>();
  readonly #qualifiedZone: string;

  constructor(qualifiedZone: string) {
    this.#qualifiedZone = qualifiedZone;
  }

  note(cluster: string, object: ClusterObject): void {
    const { namespace, name } = object;
    if (object.kind === 'Service') {
      for (const address of object.clusterIPs) {
        this.#owners.set(address, { cluster, namespace, name });
      }
    }
    if (object.kind !== 'EndpointSlice') return;
    for (const { addresses } of object.endpoints) {
      for (const address of addresses) {
        this.#owners.set(address, { cluster, namespace, name: object.service });
      }
    }
  }

  check(resolver: string, { zone, name, rrsets }: PutName): void {
    const addresses = rrsets.filter(({ type }) => type === 'A').flatMap(({ rdatas }) => rdatas);
    for (const address of addresses) {
      if (name.startsWith('ns.dns.')) continue;
      const owner = this.#owners.get(address);
      const isQualified = zone === this.#qualifiedZone;
      const svc = isQualified ? `svc.${owner?.cluster}.${zone}` : `svc.${zone}`;
      const own = `${owner?.name}.${owner?.namespace}.${svc}`;
      if (owner !== undefined && (name === own || name.endsWith(`.${own}`))) continue;
      const whose = owner === undefined ? 'nobody' : `${owner.cluster}'s ${owner.name}`;
      throw new Violation(
        'nothing answered that no cluster said',
        `${resolver} answers ${name} with ${address}, which is ${whose}'s`,
      );
    }
  }
}
