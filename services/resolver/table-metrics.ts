/**
 * What readers counted in shared memory, added at each scrape to the families of the chain: read
 * once, and told apart by group (query-groups.ts).
 *
 *   cells of all readers ─► growth since the last scrape ─► CoreDNS's families, isthmus_…
 */
import { rcodeName } from '../../libs/dns/iana.ts';
import {
  type CountedHistogram,
  type Counters,
  countersIn,
  type GroupCounters,
  growthOf,
  readCells,
  UDP_READERS,
} from '../../libs/table/counters.ts';
import { CONTROL_READER, ROOT_REFUSED } from '../../libs/table/layout.ts';
import type { TableWriter } from '../../libs/table/table-writer.ts';
import type { Metrics } from '../../libs/telemetry/metrics.ts';
import { type QueryFamilies, queryFamilies, VIEW } from './query-families.ts';
import type { QueryGroup, QueryGroups } from './query-groups.ts';

/** The control thread asks the table for TCP, reader threads for UDP. */
const PROTOS = [
  { proto: 'udp', readers: UDP_READERS },
  { proto: 'tcp', readers: [CONTROL_READER] },
] as const;

export function followTable(metrics: Metrics, table: TableWriter, groups: QueryGroups): void {
  const families = queryFamilies(metrics);
  const addReaders = readerFamilies(metrics);
  const followed = PROTOS.map((of) => ({ ...of, before: readCells(table.memory, []) }));
  metrics.beforeScrape(() => {
    for (const of of followed) {
      const now = readCells(table.memory, of.readers);
      const grown = countersIn(growthOf(now, of.before));
      of.before = now;
      for (const [number, group] of groups.all.entries()) {
        const counters = grown.groups[number];
        if (counters !== undefined) addGroup(families, of.proto, group, counters);
      }
      addReaders(of.proto, grown);
    }
  });
  followRoom(metrics, table);
}

function addGroup(
  families: QueryFamilies,
  proto: string,
  { server, zone, plugin }: QueryGroup,
  { queries, responses, ...histograms }: GroupCounters,
): void {
  const base = [server, zone, VIEW];
  for (const { family, dnssecOk, type, count } of queries) {
    families.requests.add([...base, proto, family === 'ipv4' ? '1' : '2', type], count);
    if (dnssecOk) families.doRequests.add(base, count);
  }
  for (const { rcode, count } of responses) {
    families.responses.add([...base, rcodeName(rcode), plugin], count);
  }
  if (isSome(histograms.seconds)) families.seconds.addAll(histograms.seconds, base);
  if (!isSome(histograms.requestOctets)) return;
  families.requestOctets.addAll(histograms.requestOctets, [...base, proto]);
  families.responseOctets.addAll(histograms.responseOctets, [...base, proto]);
}

/** A series appears when it has something to say, as CoreDNS's do. */
function isSome({ cells }: CountedHistogram): boolean {
  return cells.some((count) => count > 0);
}

/** What readers did besides answering, and what they could not do. */
function readerFamilies(metrics: Metrics): (proto: string, grown: Counters) => void {
  const counter = (name: string, help: string, ...labels: readonly string[]) =>
    metrics.counter({ name: `isthmus_${name}`, help, labels });
  const handedOver = counter(
    'table_handed_over_total',
    'Queries that readers did not find in the table, and handed over.',
    'proto',
  );
  const ringFull = counter(
    'table_ring_full_total',
    'Queries dropped since too many of their reader waited for the chain.',
  );
  const truncated = counter(
    'table_truncated_total',
    'Answers of the table that were longer than the client takes: it asks again over TCP.',
    'proto',
  );
  const dropped = counter(
    'dns_ignored_total',
    'Messages without an answer since they were no queries.',
    'proto',
  );
  const kernelDrops = counter(
    'udp_kernel_drops_total',
    'Datagrams that found no room in the receive buffer of their socket.',
  );
  const sendErrors = counter('udp_send_errors_total', 'Answers that the kernel did not take.');
  const batches = counter('udp_batches_total', 'Times that a reader received datagrams.');
  return (proto, grown) => {
    handedOver.add([proto], grown.handedOver);
    truncated.add([proto], grown.truncated);
    dropped.add([proto], grown.dropped);
    kernelDrops.add([], grown.kernelDrops);
    sendErrors.add([], grown.sendErrors);
    // Of the control thread: those are counted as slow_path_drops (listener-metrics).
    if (proto !== 'udp') return;
    ringFull.add([], grown.ringFull);
    batches.add([], grown.batches);
  };
}

function followRoom(metrics: Metrics, table: TableWriter): void {
  const words = new Int32Array(table.memory);
  metrics
    .counter({
      name: 'isthmus_table_refusals_total',
      help: 'Writes of a name that found no room in the table.',
    })
    .follow([], () => table.refusals);
  const gauge = (name: string, help: string, value: () => number) =>
    metrics.gauge({ name: `isthmus_table_${name}`, help }).follow([], value);
  gauge(
    'missing_names',
    'Names of our zones that have no room in the table: the chain answers for them.',
    () => Atomics.load(words, ROOT_REFUSED),
  );
  gauge('names', 'Names in the table.', () => table.names);
  gauge('bytes', 'Shared memory that names take.', () => table.octets);
}
