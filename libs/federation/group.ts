/**
 * A group is what one key of Kubernetes gives to DNS: all names of one Service in all zones, of one
 * namespace, of one address, of one pod. It is the unit in which answers are computed again. Groups
 * never share a name that has records.
 */

/**
 * `service/shop/web`, `namespace/shop`, `address/10.0.0.1`, `pod/shop/10.1.0.1`; and of the first
 * two what is below the label of one cluster: `service/shop/web/east`, `namespace/shop//east`.
 */
export type Group = string;

export type GroupKey =
  | {
      readonly kind: 'service';
      readonly namespace: string;
      readonly name: string;
      readonly cluster?: string | undefined;
    }
  | {
      readonly kind: 'namespace';
      readonly name: string;
      readonly cluster?: string | undefined;
    }
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

/** What of a group is below the label of one cluster; undefined where there is no such part. */
export function ownGroup(group: Group, cluster: string): Group | undefined {
  if (group.startsWith('service/')) return `${group}/${cluster}`;
  return group.startsWith('namespace/') ? `${group}//${cluster}` : undefined;
}

/** What a group stands for. */
export function parseGroup(group: Group): GroupKey {
  const [kind, first = '', second = '', cluster] = group.split('/');
  switch (kind) {
    case 'service':
      return { kind, namespace: first, name: second, cluster };
    case 'namespace':
      return { kind, name: first, cluster };
    case 'address':
      return { kind, address: first };
    case 'pod':
      return { kind, namespace: first, address: second };
    default:
      throw new RangeError(`Cannot use the group "${group}": it is of no known kind`);
  }
}
