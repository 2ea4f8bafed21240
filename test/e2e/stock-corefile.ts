/** The Corefile that kubeadm puts into a cluster, as its documentation shows it. */
export const STOCK = `.:53 {
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30 {
       disable success cluster.local
       disable denial cluster.local
    }
    loop
    reload
    loadbalance
}
`;

export interface StockPlace {
  readonly dns: number;
  readonly health: number;
  readonly ready: number;
  readonly metrics: number;
  readonly kubeconfig: string;
  /** `127.0.0.1:5300` */
  readonly upstream: string;
}

/** The same for a test: other ports, its cluster, its upstream. Each of them must be in there. */
export function stockAt(place: StockPlace, text = STOCK): string {
  const { dns, health, ready, metrics, kubeconfig, upstream } = place;
  const changes: readonly (readonly [from: string, to: string])[] = [
    ['.:53 {', `.:${dns} {\n    bind 127.0.0.1`],
    ['health {', `health 127.0.0.1:${health} {`],
    ['    ready\n', `    ready 127.0.0.1:${ready}\n`],
    ['prometheus :9153', `prometheus 127.0.0.1:${metrics}`],
    ['       pods ', `       kubeconfig "${kubeconfig}"\n       pods `],
    ['/etc/resolv.conf', upstream],
  ];
  return changes.reduce((changed, [from, to]) => {
    if (!changed.includes(from)) throw new Error(`Cannot change "${from}": it is not there`);
    return changed.replace(from, to);
  }, text);
}
