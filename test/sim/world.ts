/**
 * A whole federation in one process, from one seed: clusters with their API servers, watchers, the
 * log, the store, resolvers, and the network between them.
 *
 *   step: what is due next happens ─► processes compute ─► every check
 */
import { setImmediate } from 'node:timers/promises';
import { decodeEntry } from '../../libs/event/codec.ts';
import type { ClusterObject } from '../../libs/event/object.ts';
import { federationConfig, MANY_DEFAULTS } from '../../libs/federation/federation-layers.ts';
import type { FederationConfig } from '../../libs/federation/layer.ts';
import { CONTROL_LOG } from '../../libs/log/check.ts';
import { inWords } from '../../services/watcher/given-logs.ts';
import { Checks } from './checks.ts';
import { lookAtLasting } from './lasting.ts';
import { type Kept, LogServer } from './log-server.ts';
import { Network, type Server } from './network.ts';
import { Inhabitants } from './objects.ts';
import { ResolverHost, type RunningResolver } from './resolver-host.ts';
import { Seeded } from './seeded.ts';
import { SimApi } from './sim-api.ts';
import { StoreServer } from './sim-store.ts';
import { HOME, QUALIFIED_ZONE, type Surroundings } from './surroundings.ts';
import { Timeline } from './timeline.ts';
import { Trace } from './trace.ts';
import { controlOf, differenceOf, type Objects, storeDifference, tableOf } from './truth.ts';
import { Violation } from './violation.ts';
import { WatcherHost } from './watcher-host.ts';

/** Turns of the event loop that processes have in one step, at most: not all they may want. */
const TURNS_MAX = 4;

export interface SimCluster {
  readonly name: string;
  readonly api: SimApi;
  readonly inhabitants: Inhabitants;
  readonly isLarge: boolean;
  /** What its API server can be restored with. */
  readonly backups: ReadonlyMap<string, ClusterObject>[];
  /** Its API server lists nothing, or not what it had. */
  isWiped: boolean;
  /** What stands there throughout may have been gone, for so long that it may be denied. */
  isInterrupted: boolean;
}

export interface WorldOptions {
  readonly seed: number;
  /** Keeps every line of the trace. */
  readonly isTraced?: boolean;
}

export class World {
  readonly timeline = new Timeline();
  readonly trace: Trace;
  readonly chance: Seeded;
  readonly network: Network;
  readonly logServer: LogServer;
  readonly storeServer: StoreServer | undefined;
  readonly clusters: readonly SimCluster[];
  readonly watchers: readonly WatcherHost[];
  readonly resolvers: readonly ResolverHost[];
  readonly config: FederationConfig;
  readonly checks: Checks;
  /** Resolvers follow the control log, and judge clusters. */
  readonly isJudged: boolean;
  steps = 0;
  #failure: string | undefined;
  #thrown: unknown;

  constructor({ seed, isTraced = false }: WorldOptions) {
    const chance = new Seeded(seed);
    this.chance = chance;
    this.trace = new Trace(isTraced);
    this.network = new Network(this.timeline, chance.fork());
    this.logServer = new LogServer(
      {
        added: (log, entry) => {
          this.trace.add(`  ${log.cluster}@${entry.position}: ${told(entry)}`);
          if (log.cluster !== CONTROL_LOG) this.checks.added(log, entry);
        },
        reset: (log) => this.checks.reset(log),
      },
      () => this.timeline.nowMs,
    );
    const store = new StoreServer({
      advanced: (cluster, from, to) =>
        this.#guard(() => this.checks.storeAdvanced(cluster, from, to)),
    });
    this.storeServer = chance.chance(0.85) ? store : undefined;
    this.checks = new Checks(this.logServer.logs, () => this.storeServer, QUALIFIED_ZONE);
    this.config = configBy(chance);
    this.isJudged = chance.chance(0.7);
    this.clusters = this.#makeClusters(1 + chance.below(3));
    const around = this.#surroundings();
    this.watchers = this.clusters.flatMap(({ name, api }) => {
      const count = 1 + chance.below(2);
      return Array.from(
        { length: count },
        (_, i) => new WatcherHost(`watcher-${name}-${i + 1}`, api, around),
      );
    });
    const resolver = this.#resolverOptions();
    this.resolvers = Array.from(
      { length: 1 + chance.below(2) },
      (_, i) => new ResolverHost(`resolver-${i + 1}`, resolver, around),
    );
  }

  get hosts(): readonly (WatcherHost | ResolverHost)[] {
    return [...this.watchers, ...this.resolvers];
  }

  get servers(): readonly Server[] {
    const apis = this.clusters.map(({ api }) => api);
    return this.storeServer === undefined
      ? [this.logServer, ...apis]
      : [this.logServer, this.storeServer, ...apis];
  }

  get running(): readonly RunningResolver[] {
    return this.resolvers.map(({ running }) => running).filter((one) => one !== undefined);
  }

  /** At a moment from now on, by chance. */
  later(least: number, most: number, what: string, act: () => void): void {
    this.timeline.after(this.chance.between(least, most), what, act);
  }

  /** False: nothing happens until then any more. */
  async step(untilMs: number): Promise<boolean> {
    const due = this.timeline.next(untilMs);
    if (due === undefined) return false;
    this.steps++;
    this.trace.add(`${(this.timeline.sinceMs / 1000).toFixed(4)} ${due.what}`);
    due.act();
    const turns = 1 + this.chance.below(TURNS_MAX);
    for (let i = 0; i < turns; i++) await setImmediate();
    if (this.#failure !== undefined) throw new Violation('nothing fails', this.#failure);
    if (this.#thrown !== undefined) throw this.#thrown;
    this.checks.look(this.running);
    const lasting = this.clusters.filter(({ isInterrupted }) => !isInterrupted);
    const { createdAtMs } = this.logServer;
    lookAtLasting(
      this.running,
      lasting.map(({ name }) => name),
      createdAtMs,
    );
    return true;
  }

  async run(forMs: number): Promise<void> {
    const untilMs = this.timeline.nowMs + forMs;
    while (await this.step(untilMs)) {}
    this.timeline.nowMs = untilMs;
  }

  /** What differs from what the APIs say; undefined: nothing does. */
  async difference(): Promise<string | undefined> {
    const control = controlOf(this.logServer.log(CONTROL_LOG));
    const [standing] = control.standings;
    if (standing !== undefined) return `${standing[0]} counts as ${standing[1]}`;
    const objects: Objects = new Map(
      this.clusters.map(({ name, api }) => [name, [...api.objects.values()]]),
    );
    const truth = await tableOf(this.config, objects, control);
    for (const { name, table } of this.running) {
      const difference = differenceOf(truth, table.shown());
      if (difference !== undefined) return `at ${name}, ${difference}`;
    }
    for (const { name } of this.storeServer === undefined ? [] : this.clusters) {
      const log = this.logServer.log(name);
      const difference = this.storeServer && storeDifference(this.storeServer, log);
      if (difference !== undefined) return difference;
    }
    return undefined;
  }

  #makeClusters(count: number): readonly SimCluster[] {
    const large = this.chance.chance(0.2) ? this.chance.below(count) : -1;
    return Array.from({ length: count }, (_, i) => {
      const name = `c${i + 1}`;
      const api = new SimApi(name, (cluster, object) => this.checks.said.note(cluster, object));
      const inhabitants = new Inhabitants(api, i + 1, this.chance.fork());
      inhabitants.settle(i === large);
      const backups = [api.backup()];
      return {
        name,
        api,
        inhabitants,
        backups,
        isLarge: i === large,
        isWiped: false,
        isInterrupted: false,
      };
    });
  }

  #resolverOptions() {
    return {
      config: this.config,
      hasDisk: this.chance.chance(0.6),
      limits: this.isJudged ? { staleMs: 20_000, lostMs: 45_000 } : undefined,
      onPut: (resolver: RunningResolver, put: Parameters<Checks['put']>[1]) =>
        this.#guard(() => this.checks.put(resolver, put)),
      onZone: (resolver: RunningResolver, zone: string, serial: number) =>
        this.#guard(() => this.checks.zone(resolver, zone, serial)),
    };
  }

  #surroundings(): Surroundings {
    const { timeline, network, trace, chance, logServer, storeServer } = this;
    return {
      timeline,
      network,
      trace,
      chance,
      logServer,
      storeServer,
      failed: (why) => {
        this.#failure ??= why;
      },
      onStored: (log, incarnation, position, id) =>
        this.checks.stored(log, incarnation, position, id),
    };
  }

  /** What a check throws amid a process would be the process's failure. */
  #guard(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.#thrown ??= error;
    }
  }
}

function told({ data, subject, id }: Kept): string {
  const decoded = decodeEntry(data);
  return `${decoded.kind === 'event' ? inWords(decoded.envelope) : subject} (${id})`;
}

function configBy(chance: Seeded): FederationConfig {
  const across = chance.pick(['local', 'failover', 'merge'] as const);
  const options = {
    home: HOME,
    homeZone: 'cluster.local.',
    clustersetZone: 'clusterset.local.',
    qualifiedZone: QUALIFIED_ZONE,
    reverseZones: ['in-addr.arpa.'],
    ttl: 5,
    many: { ...MANY_DEFAULTS, across },
  };
  return federationConfig(options, ['192.0.2.53']);
}
