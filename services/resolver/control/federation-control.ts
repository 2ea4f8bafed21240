/**
 * Runs one federation in a resolver: finds its clusters, follows each log into the view, keeps the
 * shared store up to them.
 *
 *   logs.clusters() ─► for each: store ─► log ─► view ─► table
 *                                          └──► store projector
 */
import { type Clock, SYSTEM_CLOCK } from '../../../libs/clock/clock.ts';
import type { ClusterStates } from '../../../libs/federation/indexed-states.ts';
import type { FederationConfig, Layer } from '../../../libs/federation/layer.ts';
import type { Outcome } from '../../../libs/federation/lookup.ts';
import type { Logs } from '../../../libs/log/log.ts';
import type { FactStore } from '../../../libs/store/store.ts';
import type { Log } from '../../../libs/telemetry/log.ts';
import type { Metrics } from '../../../libs/telemetry/metrics.ts';
import {
  followClusterMetrics,
  followControlMetrics,
  followStandingMetrics,
} from './cluster-metrics.ts';
import type { DiskSnapshots } from './disk-snapshots.ts';
import { type ClusterView, FederationView } from './federation-view.ts';
import { followCluster } from './follow-cluster.ts';
import type { LivenessLimits } from './liveness.ts';
import type { NameSink } from './name-sink.ts';
import { ProgrammingLatency } from './programming-latency.ts';
import { Standings } from './standings.ts';
import { StoreProjector } from './store-projector.ts';
import { Turns } from './turns.ts';

/** How soon a cluster that joins the federation is found, in ms: one small request each time. */
const DISCOVERY_MS = 2000;
/** Logs that have not said by then which clusters there are, in ms, are away: it takes a few. */
const LOGS_LATE_MS = 200;
/** Reasons for skipping that are remembered, and told; what objects say may be among them. */
const SKIPS_MAX = 100;

/**
 * Clusters that are loaded from the disk or the store at once, the home cluster before all: 2,000
 * services are 2 MB of facts and take 0.1 s. A store that hangs is given up by each after 5 s.
 */
const LOADS = { atOnce: 8, atMostMs: 500 };
/** Clusters with which the store is filled at once: each is read from its log a second time. */
const FILLS = { atOnce: 4, atMostMs: 10_000 };

export interface ControlOptions {
  readonly config: FederationConfig;
  readonly sink: NameSink;
  readonly logs: Logs;
  readonly store: FactStore | undefined;
  /** What this machine keeps of the logs; undefined where they are on it. */
  readonly snapshots?: DiskSnapshots | undefined;
  /** The clusters, where they are known; undefined: whatever has a log. */
  readonly clusters: readonly string[] | undefined;
  readonly log: Log;
  readonly metrics: Metrics;
  /** 0 to 1. */
  readonly random: () => number;
  readonly clock?: Clock;
  /** Unique for ever: names an entry of the control log. */
  readonly uuid?: () => string;
  /** Clusters are judged by what is heard of them; undefined: all are as good as live. */
  readonly judged?: { readonly federation: string; readonly limits: LivenessLimits } | undefined;
  /** Why a cluster can't be reached, where this process watches it itself. */
  readonly whyAway?: (cluster: string) => string | undefined;
}

export class FederationControl {
  readonly #options: ControlOptions;
  readonly #view: FederationView;
  readonly #clock: Clock;
  readonly #stopping = new AbortController();
  readonly #following = new Map<string, Promise<void>>();
  readonly #loads: Turns;
  readonly #fills: Turns;
  readonly #standings: Standings | undefined;
  #judging: Promise<void> | undefined;
  #discovering: Promise<void> | undefined;
  #discovered = false;
  #lastTrouble = '';
  readonly #skips = new Set<string>();

  constructor(options: ControlOptions) {
    this.#options = options;
    const { config, sink, log, metrics, clock = SYSTEM_CLOCK } = options;
    this.#clock = clock;
    this.#loads = new Turns({ ...LOADS, clock });
    this.#fills = new Turns({ ...FILLS, clock });
    const onSkipped = (cluster: string, why: string) => {
      // Once a reason: a reader that is too old would say so for every entry.
      if (this.#skips.size >= SKIPS_MAX || this.#skips.has(why)) return;
      this.#skips.add(why);
      log.warning(`cluster ${cluster}: ${why}`);
    };
    const latency = new ProgrammingLatency(metrics, () => clock.nowMs());
    this.#view = new FederationView(config, sink, onSkipped, latency, clock);
    this.#standings = this.#newStandings();
  }

  /** Returns at once; everything outside of this process is waited for in the background. */
  start(): void {
    const { clusters, log, metrics } = this.#options;
    if (this.#standings !== undefined) followControlMetrics(metrics, this.#standings);
    this.#judging = this.#standings?.run();
    this.#judging?.catch((error: unknown) => log.error(`control log: ${textOf(error)}`));
    for (const cluster of clusters ?? this.#served()) this.#follow(cluster);
    if (clusters === undefined) this.#discovering = this.#discover();
    else this.#allJoined();
  }

  /** Whether names wait to be published that are known already. */
  get isBehind(): boolean {
    return this.#view.isBehind;
  }

  /** Tells one more sink all names; resolves when it knows as much as the others. */
  add(sink: NameSink): Promise<void> {
    return this.#view.addSink(sink);
  }

  delete(sink: NameSink): void {
    this.#view.deleteSink(sink);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#view.stop();
    await Promise.allSettled([...this.#following.values(), this.#discovering, this.#judging]);
  }

  /** `layers`: those that are asked; all by default. `client`: the address of who asks. */
  lookup(name: string, type: string, layers?: readonly Layer[], client?: string): Outcome {
    return this.#view.lookup(name, type, layers, client);
  }

  /** For reading only. */
  get states(): ClusterStates {
    return this.#view.states;
  }

  clusters(): readonly ClusterView[] {
    return this.#view.clusters();
  }

  /**
   * The clusters whose own zones are served decide, and the finding of the others. One that is away
   * must not keep this resolver from answering for the rest: it is waited for only when there is no
   * rest.
   */
  waitingFor(): readonly string[] {
    const waiting: string[] = [];
    const away: string[] = [];
    const served = this.#served();
    for (const name of served) {
      const view = this.#view.cluster(name);
      const what = view?.caughtUp === true ? `${name} to be synced` : `the log of ${name}`;
      if (view?.caughtUp === true && view.synced) continue;
      const why = this.#options.whyAway?.(name);
      if (why === undefined) waiting.push(what);
      else away.push(`${name}, which can't be reached: ${why}`);
    }
    if (away.length === served.length) waiting.push(...away);
    if (!this.#discovered) waiting.push('the list of clusters');
    if (this.#standings?.wasRead === false) waiting.push('the control log');
    return waiting;
  }

  /** Of the control log; 0: it has said nothing, or there is none. */
  get controlPosition(): number {
    return this.#standings?.state.position ?? 0;
  }

  #newStandings(): Standings | undefined {
    const { judged, logs, snapshots, log, uuid = () => crypto.randomUUID() } = this.#options;
    return (
      judged &&
      new Standings({
        ...judged,
        logs,
        snapshots,
        clusters: () => [...this.#following.keys()],
        changed: (state) => this.#view.controlled(state),
        clock: this.#clock,
        uuid,
        log,
        signal: this.#stopping.signal,
      })
    );
  }

  /** Clusters with layers of their own. */
  #served(): readonly string[] {
    return [...new Set(this.#options.config.layers.map(({ cluster }) => cluster))];
  }

  #follow(cluster: string): void {
    if (this.#following.has(cluster)) return;
    const { log, metrics } = this.#options;
    const view = () => this.#view.cluster(cluster);
    followClusterMetrics(metrics, cluster, view, () => this.states.get(cluster));
    if (this.#standings !== undefined) {
      followStandingMetrics(metrics, cluster, this.#standings, view);
    }
    // It belongs to the federation also where its log can't be opened: its names are not denied.
    this.#view.join(cluster);
    this.#standings?.joined(cluster);
    const following = this.#read(cluster);
    // What fails here stops one cluster from changing, and nothing else: what is known goes on
    // answering.
    following.catch((error: unknown) => log.error(`cluster ${cluster}: ${textOf(error)}`));
    this.#following.set(cluster, following);
  }

  async #read(cluster: string): Promise<void> {
    const { logs, store, snapshots, log, random } = this.#options;
    const { signal } = this.#stopping;
    const eventLog = logs.open(cluster);
    const clock = this.#clock;
    const given = { eventLog, log, random, clock, signal };
    const projector = store && new StoreProjector({ ...given, store, turns: this.#fills });
    const reading = { eventLog, store, projector, snapshots, loads: this.#loads, log, signal };
    const following = { ...reading, view: this.#view };
    await Promise.all([
      followCluster(following),
      projector?.keepFilled(),
      snapshots?.keep(eventLog, signal),
    ]);
  }

  #allJoined(): void {
    if (this.#discovered) return;
    this.#discovered = true;
    this.#view.allJoined();
  }

  async #discover(): Promise<void> {
    const { logs, snapshots, log } = this.#options;
    const { signal } = this.#stopping;
    const late = this.#clock.after(LOGS_LATE_MS, () => void this.#followKept());
    while (!signal.aborted) {
      try {
        const clusters = await logs.clusters();
        late.cancel();
        for (const cluster of clusters) this.#follow(cluster);
        if (!this.#discovered) await snapshots?.forgetOthers(clusters);
        this.#allJoined();
      } catch (error) {
        const text = textOf(error);
        if (text !== this.#lastTrouble) log.warning(text);
        this.#lastTrouble = text;
      }
      await this.#clock.sleep(DISCOVERY_MS, signal);
    }
    late.cancel();
  }

  /** While nobody can say which clusters there are: those that this machine has facts of. */
  async #followKept(): Promise<void> {
    const clusters = (await this.#options.snapshots?.clusters()) ?? [];
    for (const cluster of clusters) if (!this.#stopping.signal.aborted) this.#follow(cluster);
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
