/**
 * What readers counted in shared memory, under CoreDNS's names, read at each scrape. The rest is
 * counted in query-metrics.ts.
 */
import { rcodeName } from '../../libs/dns/iana.ts';
import { type Counters, readCounters } from '../../libs/table/counters.ts';
import type { TableWriter } from '../../libs/table/table-writer.ts';
import type { Metrics } from '../../libs/telemetry/metrics.ts';
import type { Listener } from './block.ts';

/** Response codes that the table gives. */
const RCODES = [0, 3];

export function followTable(
  metrics: Metrics,
  table: TableWriter,
  listeners: readonly Listener[],
): void {
  const [listener] = listeners;
  if (listener === undefined) return;
  // Readers do not count by zone: where there are several, theirs is the root's, as the widest.
  const zones = [...listener.blocks.keys()];
  const base = [listener.server, zones.length === 1 ? (zones[0] ?? '.') : '.', ''];
  const read = (): Counters => readCounters(table.memory);
  const labels = ['server', 'zone', 'view'];
  const requests = metrics.counter({
    name: 'coredns_dns_requests_total',
    help: 'Queries.',
    labels: [...labels, 'proto', 'family', 'type'],
  });
  for (const { family, type } of read().queries) {
    const total = () =>
      read().queries.find((one) => one.family === family && one.type === type)?.count ?? 0;
    requests.follow([...base, 'udp', family === 'ipv4' ? '1' : '2', type], total);
  }
  const responses = metrics.counter({
    name: 'coredns_dns_responses_total',
    help: 'Responses by their code.',
    labels: [...labels, 'rcode', 'plugin'],
  });
  for (const rcode of RCODES) {
    responses.follow([...base, rcodeName(rcode), 'federation'], () => read().rcodes[rcode] ?? 0);
  }
  const counter = (name: string, help: string, total: (counters: Counters) => number) =>
    metrics.counter({ name, help }).follow([], () => total(read()));
  counter(
    'isthmus_table_handed_over_total',
    'Queries that the chain answers.',
    (of) => of.handedOver,
  );
  counter(
    'isthmus_table_ring_full_total',
    'Queries dropped since the chain was behind.',
    (of) => of.ringFull,
  );
  counter(
    'isthmus_udp_dropped_total',
    'Datagrams without an answer: no queries.',
    (of) => of.dropped,
  );
  counter(
    'isthmus_udp_kernel_drops_total',
    'Datagrams that found no room in the socket.',
    (of) => of.kernelDrops,
  );
  metrics
    .counter({
      name: 'isthmus_table_refusals_total',
      help: 'Names that found no room in the table.',
    })
    .follow([], () => table.refusals);
  metrics
    .gauge({ name: 'isthmus_table_names', help: 'Names in the table.' })
    .follow([], () => table.names);
  metrics
    .gauge({ name: 'isthmus_table_bytes', help: 'Shared memory that names take.' })
    .follow([], () => table.octets);
}
