/**
 * What stands behind the federation directive: this process's watchers, the log, the shared store
 * and the control that follows them into the table. Constructed from the options; opened at its
 * start, when it is known which listeners serve it.
 */
import { networkInterfaces } from 'node:os';
import { isWithin } from '../../libs/dns/name.ts';
import { zonesOf } from '../../libs/federation/apex.ts';
import type { FederationConfig } from '../../libs/federation/federation.ts';
import type { Outcome } from '../../libs/federation/lookup.ts';
import type { Logs } from '../../libs/log/log.ts';
import type { FactStore } from '../../libs/store/store.ts';
import type { TableWriter } from '../../libs/table/table-writer.ts';
import type { Log } from '../../libs/telemetry/log.ts';
import type { Metrics } from '../../libs/telemetry/metrics.ts';
import { type Listener, routeOf } from '../resolver/block.ts';
import type { CachedAnswersTable } from '../resolver/control/cached-answers.ts';
import { FederationControl } from '../resolver/control/federation-control.ts';
import { createTableSink } from '../resolver/control/table-sink.ts';
import type { FederationOptions } from '../resolver/plugins/federation/options.ts';
import type { FederationRuntime } from '../resolver/plugins/federation/setup.ts';
import type { QueryGroups } from '../resolver/query-groups.ts';
import { runWatcher, type Watcher } from '../watcher/watcher.ts';
import { openCluster } from './open-cluster.ts';
import { openLogs } from './open-logs.ts';

export interface FederationDependencies {
  readonly table: TableWriter;
  readonly store: FactStore | undefined;
  /** The directory of the embedded log. */
  readonly state: string;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly groups: QueryGroups;
  readonly cachedAnswers: CachedAnswersTable;
}

/** Numbers of the federation's zones in the table begin here; 0 is no zone. */
const FIRST_ZONE = 1;

export class ServedFederation implements FederationRuntime {
  readonly options: FederationOptions;
  readonly #dependencies: FederationDependencies;
  readonly #stopping = new AbortController();
  #listeners: readonly Listener[] = [];
  #logs: Logs | undefined;
  #control: FederationControl | undefined;
  readonly #watchers: Watcher[] = [];

  constructor(options: FederationOptions, dependencies: FederationDependencies) {
    this.options = options;
    this.#dependencies = dependencies;
  }

  /** Who serves it: the number of a listener is its view in the table. Before the start. */
  serveOn(listeners: readonly Listener[]): void {
    this.#listeners = listeners;
  }

  async start(): Promise<void> {
    const { name, log: logOptions, clusters } = this.options;
    const { state, log, metrics, store } = this.#dependencies;
    const logs = await openLogs(logOptions, name, state, log);
    this.#logs = logs;
    const { signal } = this.#stopping;
    for (const { name: cluster, source: from } of clusters) {
      const source = await openCluster(cluster, from, log);
      const watcher = runWatcher({ federation: name, cluster, source, logs, log, signal });
      watcher.ended.catch((error: unknown) => log.error(`watcher/${cluster}: ${toldOf(error)}`));
      this.#watchers.push(watcher);
    }
    const config = this.config();
    // Facts are shared by who shares the log: those of an embedded one are this process's own.
    const isShared = logOptions.kind === 'nats';
    this.#control = new FederationControl({
      config,
      sink: this.#sink(config),
      logs,
      store: isShared ? store : undefined,
      clusters: isShared ? undefined : clusters.map((cluster) => cluster.name),
      log,
      metrics,
      random: Math.random,
    });
    this.#control.start();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#control?.stop();
    await Promise.allSettled(this.#watchers.map(({ ended }) => ended));
    await this.#logs?.close();
  }

  lookup(name: string, type: string): Outcome {
    return this.#control?.lookup(name, type) ?? { kind: 'outside' };
  }

  waitingFor(): readonly string[] {
    return this.#control?.waitingFor() ?? ['its start'];
  }

  /** Undefined before the start. */
  get control(): FederationControl | undefined {
    return this.#control;
  }

  config(): FederationConfig {
    const { home, homeZone, clustersetZone, reverseZones, ttl } = this.options;
    return { home, homeZone, clustersetZone, reverseZones, ttl, nameServers: this.#nameServers() };
  }

  /** The addresses listened on; for all addresses those of this machine that others can reach. */
  #nameServers(): readonly string[] {
    const hosts = this.#listeners.map(({ host }) => host);
    if (!hosts.includes('') && hosts.length > 0) return [...new Set(hosts)];
    return Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ internal, scopeid }) => !internal && (scopeid ?? 0) === 0)
      .map(({ address }) => address);
  }

  /**
   * The table may answer on a listener where this directive's block gets all questions of its
   * zones.
   */
  #sink(config: FederationConfig) {
    const zones = zonesOf(config);
    const views: number[] = [];
    let recursionAvailable = false;
    let rotate = false;
    for (const [view, { blocks }] of this.#listeners.entries()) {
      const mine = zones.map((zone) => routeOf(blocks, zone, 'A')?.block);
      const [block] = mine;
      const deeper = [...blocks.keys()].some((key) =>
        zones.some((zone) => key !== zone && isWithin(key, zone)),
      );
      const isMine = block?.plugins.some((plugin) => plugin.name === 'federation') === true;
      if (!isMine || deeper || !block.tableCapable || mine.some((other) => other !== block))
        continue;
      views.push(view);
      recursionAvailable = block.recursion;
      rotate = block.plugins.some((plugin) => plugin.name === 'loadbalance');
    }
    const { table, groups, cachedAnswers, log } = this.#dependencies;
    cachedAnswers.giveWayTo({ zones, views });
    const groupOf = (view: number, zone: string) => {
      const listener = this.#listeners[view];
      const route = listener && routeOf(listener.blocks, zone, 'A');
      const labels = { server: listener?.server ?? '', zone: route?.zone ?? '' };
      return groups.numberOf({ ...labels, plugin: 'federation' });
    };
    const { fallthrough } = this.options;
    const falls = (zone: string) =>
      fallthrough.some((other) => isWithin(zone, other) || isWithin(other, zone));
    return createTableSink({
      table,
      views,
      zones,
      firstZone: FIRST_ZONE,
      groupOf,
      fallthrough: falls,
      rotate,
      recursionAvailable,
      onUnencodable: (name, why) => log.warning(`federation: ${name} has no answer: ${why}`),
    });
  }
}

/**
 * A defect ends one watcher, and nothing else: what is known goes on answering. Our own sentences
 * (a damaged log file) need no stack.
 */
function toldOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message.startsWith('Cannot ') ? error.message : (error.stack ?? error.message);
}
