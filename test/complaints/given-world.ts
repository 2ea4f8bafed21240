/**
 * Clusters with their watchers, a log, and resolvers, in this process and by a given clock: what
 * the complaints are about.
 *
 *   cluster(name) ─► watcher(name) ─► logs ─► resolver() ─► ask(name)
 */
import type { TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { GivenClock } from '../../libs/clock/given-clock.ts';
import type { ClusterObject, Endpoint, EndpointSliceObject } from '../../libs/event/object.ts';
import { federationConfig } from '../../libs/federation/federation-layers.ts';
import type { FactStore } from '../../libs/store/store.ts';
import { createLog } from '../../libs/telemetry/log.ts';
import { Metrics } from '../../libs/telemetry/metrics.ts';
import { FederationControl } from '../../services/resolver/control/federation-control.ts';
import { GivenCluster } from '../../services/watcher/given-cluster.ts';
import { GivenLogs } from '../../services/watcher/given-logs.ts';
import { runWatcher, type Watcher } from '../../services/watcher/watcher.ts';

const FEDERATION = 'demo';
export const LIMITS = { staleMs: 30_000, lostMs: 300_000 };
const CONFIG = federationConfig(
  {
    home: 'east',
    homeZone: 'cluster.local.',
    clustersetZone: 'clusterset.local.',
    reverseZones: [],
    ttl: 5,
  },
  [],
);

export interface Running {
  readonly watcher: Watcher;
  /** As kill -9: it says nothing any more. */
  kill(): Promise<void>;
}

export interface Resolver {
  /** Addresses with spaces between, `(stale)` behind them; or why there are none. */
  ask(name: string): string;
  /** What readiness waits for. */
  waitingFor(): readonly string[];
  /** Names that the table was told since the last call. */
  told(): readonly string[];
  stop(): Promise<void>;
}

export class World {
  readonly clock = new GivenClock();
  readonly logs = new GivenLogs();
  readonly lines: string[] = [];
  readonly #clusters = new Map<string, GivenCluster>();
  readonly #t: TestContext;
  #runs = 0;

  constructor(t: TestContext) {
    this.#t = t;
  }

  cluster(name: string): GivenCluster {
    const known = this.#clusters.get(name) ?? new GivenCluster();
    this.#clusters.set(name, known);
    return known;
  }

  async watcher(name: string): Promise<Running> {
    const killed = new AbortController();
    const run = `watcher-${++this.#runs}`;
    const watcher = runWatcher({
      federation: FEDERATION,
      cluster: name,
      source: this.cluster(name),
      logs: this.logs,
      clock: this.clock,
      random: () => 0.5,
      uuid: () => run,
      log: createLog((line) => this.lines.push(line)),
      signal: killed.signal,
    });
    const kill = async () => {
      killed.abort();
      await watcher.ended;
    };
    this.#t.after(kill);
    await settled();
    return { watcher, kill };
  }

  async resolver(clusters: readonly string[], store?: FactStore): Promise<Resolver> {
    const told: string[] = [];
    const control = new FederationControl({
      config: CONFIG,
      sink: {
        setZone: () => {},
        put: (_zone, name) => told.push(name),
        remove: (_zone, name) => told.push(name),
      },
      logs: this.logs,
      store,
      clusters,
      log: createLog((line) => this.lines.push(line)),
      metrics: new Metrics(),
      random: () => 0.5,
      clock: this.clock,
      judged: { federation: FEDERATION, limits: LIMITS },
    });
    this.#t.after(() => control.stop());
    control.start();
    await settled();
    return {
      ask: (name) => {
        const outcome = control.lookup(name, 'A');
        if (outcome.kind !== 'answer') return outcome.kind;
        const addresses = outcome.answer.map(({ rdata }) => rdata).sort();
        return `${addresses.join(' ')}${outcome.isStale === true ? ' (stale)' : ''}`;
      },
      waitingFor: () => control.waitingFor(),
      told: () => told.splice(0),
      stop: () => control.stop(),
    };
  }

  /** Second by second. */
  async pass(seconds: number): Promise<void> {
    for (let i = 0; i < seconds; i++) {
      this.clock.advance(1000);
      await settled();
    }
  }
}

/** Lets everything happen that needs no time to pass. */
export async function settled(): Promise<void> {
  for (let turns = 0; turns < 30; turns++) await setImmediate();
}

const PORTS = [{ name: 'http', protocol: 'TCP', port: 80 }];
export const SHOP: ClusterObject = { kind: 'Namespace', namespace: '', name: 'shop' };

export function slice(name: string, endpoints: readonly (string | Endpoint)[]) {
  const all = endpoints.map((one) =>
    typeof one === 'string' ? { addresses: [one], ready: true } : one,
  );
  const of = { kind: 'EndpointSlice', namespace: 'shop', name: `${name}-1` } as const;
  return { ...of, service: name, endpoints: all, ports: PORTS } satisfies EndpointSliceObject;
}

/** `shop/NAME`, headless and exported, with these endpoints. */
export function exported(
  name: string,
  ...endpoints: readonly (string | Endpoint)[]
): readonly [ClusterObject, ClusterObject, ClusterObject] {
  const of = { namespace: 'shop', name };
  const service = { kind: 'Service', ...of, type: 'ClusterIP', clusterIPs: [] } as const;
  return [
    { ...service, headless: true, ports: PORTS },
    slice(name, endpoints),
    { kind: 'ServiceExport', ...of, createdAt: '2026-01-01T00:00:00Z' },
  ];
}

export function inSet(name: string): string {
  return `${name}.shop.svc.clusterset.local.`;
}
