import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const PUBLISHED = join(import.meta.dirname, 'golden', 'kubeadm.Corefile');

/** The Corefile that kubeadm puts into a cluster, as its documentation shows it. */
export const STOCK = readFileSync(PUBLISHED, 'utf8').replace(/^#.*\n/, '');

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
