/**
 * How long a change of endpoints took from its cause to the answers: from the annotation that says
 * when it was triggered until its names are in the table (the DNS programming latency SLI of
 * Kubernetes' scalability SIG).
 *
 *   slice, triggered at t ─► noted for its Service's group ─► the group is published ─► now − t
 */
import type { Event } from '../../../libs/event/event.ts';
import type { ServiceObject } from '../../../libs/event/object.ts';
import type { ClusterState } from '../../../libs/federation/cluster-state.ts';
import { type Group, serviceGroup } from '../../../libs/federation/group.ts';
import type { Histogram, Metrics } from '../../../libs/telemetry/metrics.ts';

/** Upper ends in seconds, CoreDNS's: 1 ms, doubled up to 9 minutes. */
const BUCKETS = Array.from({ length: 20 }, (_, k) => 0.001 * 2 ** k);
/** Changes that wait for their group; those beyond are not measured. */
const NOTED_MAX = 10_000;

export class ProgrammingLatency {
  readonly #histogram: Histogram;
  readonly #wallMs: () => number;
  readonly #noted = new Map<Group, { readonly kind: string; readonly sinceMs: number }>();

  constructor(metrics: Metrics, wallMs: () => number) {
    this.#histogram = metrics.histogram({
      name: 'coredns_kubernetes_dns_programming_duration_seconds',
      help: 'Time from the change of an endpoint to its answers.',
      labels: ['service_kind'],
      buckets: BUCKETS,
    });
    this.#wallMs = wallMs;
  }

  /** Before the event is folded into the state. */
  note(state: ClusterState, event: Event): void {
    if (event.kind !== 'observed' || event.object.kind !== 'EndpointSlice') return;
    const slice = event.object;
    const { namespace, name, triggeredAt } = slice;
    // What is pinned does not change by it.
    if (state.pins.holds(slice)) return;
    if (triggeredAt === undefined || this.#noted.size >= NOTED_MAX) return;
    if (state.slices.get(`${namespace}/${name}`)?.triggeredAt === triggeredAt) return;
    const service = state.services.get(`${namespace}/${slice.service}`);
    const sinceMs = Date.parse(triggeredAt);
    if (service === undefined || Number.isNaN(sinceMs)) return;
    this.#noted.set(serviceGroup(namespace, slice.service), { kind: kindOf(service), sinceMs });
  }

  /** The names of the group are in the table. */
  published(group: Group): void {
    const noted = this.#noted.get(group);
    if (noted === undefined) return;
    this.#noted.delete(group);
    this.#histogram.observe(Math.max(0, this.#wallMs() - noted.sinceMs) / 1000, [noted.kind]);
  }
}

function kindOf({ headless, selectorless }: ServiceObject): string {
  if (!headless) return 'cluster_ip';
  return selectorless === true ? 'headless_without_selector' : 'headless_with_selector';
}
