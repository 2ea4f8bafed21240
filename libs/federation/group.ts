/**
 * A group is what one key of Kubernetes gives to DNS: all names of one Service in all zones, of one
 * namespace, of one address, of one pod. It is the unit in which answers are computed again. Groups
 * never share a name that has records.
 */

/** `service/shop/web`, `namespace/shop`, `address/10.0.0.1`, `pod/shop/10.1.0.1`. */
export type Group = string;

export type GroupKey =
  | { readonly kind: 'service'; readonly namespace: string; readonly name: string }
  | { readonly kind: 'namespace'; readonly name: string }
  | { readonly kind: 'address'; readonly address: string }
  | { readonly kind: 'pod'; readonly namespace: string; readonly address: string };

export function serviceGroup(namespace: string, name: string): Group {
  return `service/${namespace}/${name}`;
}

export function namespaceGroup(name: string): Group {
  return `namespace/${name}`;
}

export function addressGroup(address: string): Group {
  return `address/${address}`;
}

/** The pods of a namespace that have this address: mostly one. */
export function podGroup(namespace: string, address: string): Group {
  return `pod/${namespace}/${address}`;
}

/** What a group stands for. */
export function parseGroup(group: Group): GroupKey {
  const [kind, first = '', second = ''] = group.split('/');
  switch (kind) {
    case 'service':
      return { kind, namespace: first, name: second };
    case 'namespace':
      return { kind, name: first };
    case 'address':
      return { kind, address: first };
    case 'pod':
      return { kind, namespace: first, address: second };
    default:
      throw new RangeError(`Cannot use the group "${group}": it is of no known kind`);
  }
}
