/** Counts what goes through the chain of one listener. What readers answer is in table-metrics. */
import { rcodeName } from '../../libs/dns/iana.ts';
import { COUNTED_TYPES, OTHER_TYPE } from '../../libs/table/counters.ts';
import {
  type Counter,
  type Gauge,
  type LabelValues,
  type Metrics,
  once,
} from '../../libs/telemetry/metrics.ts';
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
  /** By zone and view. */
  readonly #blocks = new Map<string, BlockCounts>();
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
    const { zone = DROPPED, view } = counted;
    const make = () => new BlockCounts(this.#families, [this.#server, zone, view]);
    once(this.#blocks, `${zone} ${view}`, make).count(counted);
  }

  panic(): void {
    this.#panics.add();
  }

  overload(): void {
    this.#dropped.add([this.#server]);
  }
}

/** One server block's series, each looked up once: there are several for each query. */
class BlockCounts {
  readonly #families: QueryFamilies;
  readonly #base: LabelValues;
  readonly #requests = new Map<string, () => void>();
  readonly #responses = new Map<string, () => void>();
  readonly #sizes = new Map<string, Sizes>();
  readonly #addDo: () => void;
  readonly #seconds: (value: number) => void;

  constructor(families: QueryFamilies, base: LabelValues) {
    this.#families = families;
    this.#base = base;
    this.#addDo = families.doRequests.adder(base);
    this.#seconds = families.seconds.observer(base);
  }

  count({ client, type, dnssecOk, rcode, plugin, ...sizes }: Counted): void {
    const { requests, responses } = this.#families;
    const base = this.#base;
    const { transport } = client;
    const family = client.address.includes(':') ? '2' : '1';
    const known = TYPES.has(type) ? type : OTHER_TYPE;
    const labels = () => [...base, transport, family, known];
    once(this.#requests, `${transport} ${family} ${known}`, () => requests.adder(labels()))();
    if (dnssecOk) this.#addDo();
    const made = () => responses.adder([...base, rcodeName(rcode), plugin]);
    once(this.#responses, `${rcode} ${plugin}`, made)();
    this.#seconds(sizes.durationMs / 1000);
    const { request, response } = once(this.#sizes, transport, () => this.#sizesOf(transport));
    request(sizes.requestOctets);
    response(sizes.responseOctets);
  }

  #sizesOf(transport: string): Sizes {
    const { requestOctets, responseOctets } = this.#families;
    const labels = [...this.#base, transport];
    return { request: requestOctets.observer(labels), response: responseOctets.observer(labels) };
  }
}

/** What observes octets over UDP, or over TCP. */
interface Sizes {
  readonly request: (octets: number) => void;
  readonly response: (octets: number) => void;
}
