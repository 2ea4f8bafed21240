/** What the listeners of a resolver refused or lost, and how much they hold now. */
import type { Metrics } from '../../libs/telemetry/metrics.ts';
import type { Listeners } from './readers/open-listeners.ts';

export type CountedListeners = Pick<Listeners, 'restarts' | 'tcp' | 'slowInFlight' | 'slowDropped'>;

export function followListeners(metrics: Metrics, listeners: CountedListeners): void {
  const counter = (name: string, help: string, total: () => number) =>
    metrics.counter({ name: `isthmus_${name}`, help }).follow([], total);
  const gauge = (name: string, help: string, value: () => number) =>
    metrics.gauge({ name: `isthmus_${name}`, help }).follow([], value);
  counter(
    'reader_restarts_total',
    'Reader threads that died and were started again.',
    () => listeners.restarts,
  );
  gauge('tcp_connections', 'TCP connections that are open.', () => listeners.tcp.open);
  counter(
    'tcp_refused_total',
    'TCP connections closed at once since there were too many, of one client or in all.',
    () => listeners.tcp.refused,
  );
  const timeouts = metrics.counter({
    name: 'isthmus_tcp_timeouts_total',
    help: 'TCP connections closed since their client was silent, or slow to write or to read.',
    labels: ['timeout'],
  });
  for (const timeout of ['idle', 'read', 'write'] as const) {
    timeouts.follow([timeout], () => listeners.tcp.timedOut[timeout]);
  }
  gauge(
    'slow_path_queries',
    'Queries that the chain is answering now.',
    () => listeners.slowInFlight,
  );
  counter(
    'slow_path_drops_total',
    'Queries dropped since the chain was answering too many.',
    () => listeners.slowDropped,
  );
}
