/** What the listeners of a resolver refused or lost, and how much they hold now. */
import type { Metrics } from '../../libs/telemetry/metrics.ts';
import type { Listeners } from './readers/listeners.ts';

export type CountedListeners = Pick<
  Listeners,
  'restarts' | 'tcp' | 'tls' | 'slowInFlight' | 'slowDropped'
>;

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
  const connections = (of: 'tcp' | 'tls', what: string) => {
    gauge(`${of}_connections`, `${what} connections that are open.`, () => listeners[of].open);
    counter(
      `${of}_refused_total`,
      `${what} connections closed at once since there were too many, of one client or in all.`,
      () => listeners[of].refused,
    );
    const timeouts = metrics.counter({
      name: `isthmus_${of}_timeouts_total`,
      help: `${what} connections closed since a client was silent, or slow to write or read.`,
      labels: ['timeout'],
    });
    for (const timeout of ['idle', 'read', 'write'] as const) {
      timeouts.follow([timeout], () => listeners[of].timedOut[timeout]);
    }
  };
  connections('tcp', 'TCP');
  connections('tls', 'TLS and HTTPS');
  counter(
    'tls_handshake_failures_total',
    'Connections closed since they spoke no TLS, were slow, or had not the right certificate.',
    () => listeners.tls.handshakesFailed,
  );
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
