/** Counts what goes through the chain of one listener. What readers answer is in table-metrics. */
import { rcodeName } from '../../libs/dns/iana.ts';
import { COUNTED_TYPES, OTHER_TYPE } from '../../libs/table/counters.ts';
import type { Counter, Gauge, Metrics } from '../../libs/telemetry/metrics.ts';
import type { Client } from './query.ts';
import { type QueryFamilies, queryFamilies } from './query-families.ts';

/** A client must not be able to make as many series as there are types. */
const TYPES = new Set(COUNTED_TYPES);
/** The zone of queries that no server block took. */
const DROPPED = 'dropped';

export interface Counted {
  /** Undefined when no server block took it. */
  readonly zone: string | undefined;
  /** Empty for a server block without one. */
  readonly view: string;
  readonly client: Client;
  readonly type: string;
  readonly dnssecOk: boolean;
  readonly rcode: number;
  /** Who made the answer; empty when no plugin did. */
  readonly plugin: string;
  readonly requestOctets: number;
  readonly responseOctets: number;
  readonly durationMs: number;
}

export class QueryMetrics {
  readonly #server: string;
  readonly #families: QueryFamilies;
  readonly #enabled: Gauge;
  readonly #panics: Counter;
  readonly #dropped: Counter;

  constructor(metrics: Metrics, server: string) {
    this.#server = server;
    this.#families = queryFamilies(metrics);
    this.#enabled = metrics.gauge({
      name: 'coredns_plugin_enabled',
      help: '1 for each plugin of a server block.',
      labels: ['server', 'zone', 'view', 'name'],
    });
    this.#panics = metrics.counter({
      name: 'coredns_panics_total',
      help: 'Exceptions of plugins that are defects.',
    });
    this.#dropped = metrics.counter({
      name: 'isthmus_dns_overload_drops_total',
      help: 'Queries left without a response since too many were in flight.',
      labels: ['server'],
    });
  }

  /** What a server block has, from its start on. */
  enabled(zone: string, view: string, plugins: readonly string[]): void {
    for (const plugin of plugins) {
      this.#enabled.follow([this.#server, zone, view, plugin], () => 1);
    }
  }

  count(counted: Counted): void {
    const { client, type, rcode, plugin } = counted;
    const families = this.#families;
    const base = [this.#server, counted.zone ?? DROPPED, counted.view];
    const family = client.address.includes(':') ? '2' : '1';
    const known = TYPES.has(type) ? type : OTHER_TYPE;
    families.requests.add([...base, client.transport, family, known]);
    if (counted.dnssecOk) families.doRequests.add(base);
    families.responses.add([...base, rcodeName(rcode), plugin]);
    families.seconds.observe(counted.durationMs / 1000, base);
    families.requestOctets.observe(counted.requestOctets, [...base, client.transport]);
    families.responseOctets.observe(counted.responseOctets, [...base, client.transport]);
  }

  panic(): void {
    this.#panics.add();
  }

  overload(): void {
    this.#dropped.add([this.#server]);
  }
}
