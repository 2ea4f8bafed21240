/** What CoreDNS counts of queries, under its names, for what goes through the chain. */
import { rcodeName } from '../../libs/dns/iana.ts';
import type { Counter, Histogram, Metrics } from '../../libs/telemetry/metrics.ts';
import type { Client } from './plugin.ts';

/**
 * CoreDNS's buckets: seconds doubling from 0.25 ms, and octets around the sizes of the protocol.
 */
const SECONDS = Array.from({ length: 16 }, (_, i) => 0.00025 * 2 ** i);
const OCTETS = [
  0, 100, 200, 300, 400, 511, 1023, 2047, 4095, 8291, 16000, 32000, 48000, 64000,
] as const;

/** Types with a label of their own; a client must not be able to make as many series as types. */
const TYPES = new Set(
  `A AAAA MX SOA CNAME PTR TXT NS SRV DS DNSKEY RRSIG NSEC NSEC3 HTTPS IXFR AXFR ANY SVCB`.split(
    ' ',
  ),
);
/** The zone of queries that no server block took. */
const DROPPED = 'dropped';
/** Server blocks have no views yet. */
const VIEW = '';

export interface Counted {
  /** Undefined when no server block took it. */
  readonly zone: string | undefined;
  readonly client: Client;
  readonly type: string;
  readonly dnssecOk: boolean;
  readonly rcode: number;
  readonly requestOctets: number;
  readonly responseOctets: number;
  readonly durationMs: number;
}

export class QueryMetrics {
  readonly #server: string;
  readonly #requests: Counter;
  readonly #doRequests: Counter;
  readonly #responses: Counter;
  readonly #duration: Histogram;
  readonly #requestOctets: Histogram;
  readonly #responseOctets: Histogram;
  readonly #panics: Counter;
  readonly #dropped: Counter;

  constructor(metrics: Metrics, server: string) {
    const base = ['server', 'zone', 'view'];
    const family = (name: string, help: string, ...labels: readonly string[]) => ({
      name: `coredns_dns_${name}`,
      help,
      labels: [...base, ...labels],
    });
    this.#server = server;
    this.#requests = metrics.counter(
      family('requests_total', 'Queries.', 'proto', 'family', 'type'),
    );
    this.#doRequests = metrics.counter(family('do_requests_total', 'Queries with the DO bit.'));
    this.#responses = metrics.counter(
      family('responses_total', 'Responses by their code.', 'rcode', 'plugin'),
    );
    this.#duration = metrics.histogram({
      ...family('request_duration_seconds', 'Time from query to response.'),
      buckets: SECONDS,
    });
    this.#requestOctets = metrics.histogram({
      ...family('request_size_bytes', 'Size of queries.', 'proto'),
      buckets: OCTETS,
    });
    this.#responseOctets = metrics.histogram({
      ...family('response_size_bytes', 'Size of responses.', 'proto'),
      buckets: OCTETS,
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

  count(counted: Counted): void {
    const { client, type, rcode, durationMs } = counted;
    const base = [this.#server, counted.zone ?? DROPPED, VIEW];
    const family = client.address.includes(':') ? '2' : '1';
    const known = TYPES.has(type) ? type : 'other';
    this.#requests.add([...base, client.transport, family, known]);
    if (counted.dnssecOk) this.#doRequests.add(base);
    this.#responses.add([...base, rcodeName(rcode), '']);
    this.#duration.observe(durationMs / 1000, base);
    this.#requestOctets.observe(counted.requestOctets, [...base, client.transport]);
    this.#responseOctets.observe(counted.responseOctets, [...base, client.transport]);
  }

  panic(): void {
    this.#panics.add();
  }

  overload(): void {
    this.#dropped.add([this.#server]);
  }
}
