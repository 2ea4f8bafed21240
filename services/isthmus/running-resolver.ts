/**
 * A resolver that runs: one configuration counts, and another may follow it while queries come.
 *
 *   change(file) ─► set up beside ─► bind what is new ─► start ─► ready ─► views: the next query is
 *                        │                                                  the new one's
 *                        └─ whatever fails: as if it had never been
 *   … then ─► queries of the old are answered ─► its plugins stop ─► its names leave the table
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Corefile } from '../../libs/corefile/corefile.ts';
import { serverCookiesOf, setCookieSecrets } from '../../libs/table/cookie-secrets.ts';
import { THREADS_MAX } from '../../libs/table/layout.ts';
import { batchesOfNow } from '../../libs/table/quiescence.ts';
import { createTable } from '../../libs/table/table-writer.ts';
import type { Log } from '../../libs/telemetry/log.ts';
import type { Metrics } from '../../libs/telemetry/metrics.ts';
import { type Configuration, configure } from '../resolver/configuration.ts';
import { CachedAnswersTable } from '../resolver/control/cached-answers.ts';
import { Cookies } from '../resolver/cookies.ts';
import { followListeners } from '../resolver/listener-metrics.ts';
import { serverLabel } from '../resolver/listener-table.ts';
import { QueryGroups } from '../resolver/query-groups.ts';
import type { Listeners, ListenersChange } from '../resolver/readers/listeners.ts';
import { openListeners } from '../resolver/readers/open-listeners.ts';
import type { Listen } from '../resolver/readers/udp-readers.ts';
import { Server } from '../resolver/server.ts';
import { followTable } from '../resolver/table-metrics.ts';
import { BlockClusters } from './block-clusters.ts';
import { checkIsResolver, checkStanzas, federationOptionsOf } from './checked-corefile.ts';
import { type NamedStore, storeOf } from './open-store.ts';
import type { OwnLogs } from './operator/own-logs.ts';
import { ServedSince } from './served-since.ts';
import { setups } from './setups.ts';

/**
 * Shared memory reserved for the table: room for some five million names. Pages not used cost
 * nothing.
 */
const TABLE_OCTETS = 1024 * 1024 * 1024;
/**
 * How long what runs goes on answering while the one after it reads its logs, in ms. A cluster that
 * can't be reached would be waited for for ever.
 */
const READY_MS_MAX = 30_000;
const LOOK_EVERY_MS = 20;
/** What the old one is still asking upstream is over by then, in ms. */
const IDLE_MS_MAX = 10_000;

export interface RunningResolverOptions {
  readonly verb: 'up' | 'resolver';
  readonly state: string;
  readonly dnsPort: number | undefined;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Of DNS Cookies, the one that they are made with first. */
  readonly cookieSecrets: readonly Uint8Array[];
  readonly signal: AbortSignal;
  /** What the error says must be mended before it can serve. */
  readonly fail: (error: Error) => void;
  /** Looks whether the Corefile says something else. */
  readonly checkCorefile: () => void;
}

interface Counting {
  readonly configuration: Configuration;
  readonly named: NamedStore;
}

interface Asked {
  readonly server: Server;
  readonly metrics: Metrics;
}

export class RunningResolver {
  readonly #options: RunningResolverOptions;
  readonly #table = createTable({ octets: TABLE_OCTETS });
  readonly #cookies: Cookies;
  readonly #cachedAnswers: CachedAnswersTable;
  readonly #clusters: BlockClusters;
  /** By their views. */
  readonly #servers = new Map<number, Asked>();
  #now: Counting | undefined;
  #opening: Promise<Listeners> | undefined;
  #listeners: Listeners | undefined;
  /** Of what does not count any more. */
  #ending: Promise<void> = Promise.resolve();

  constructor(options: RunningResolverOptions) {
    const { log, metrics, state } = options;
    this.#options = options;
    const table = this.#table;
    setCookieSecrets(table.memory, options.cookieSecrets);
    const nowSeconds = () => Math.floor(Date.now() / 1000);
    this.#cookies = new Cookies(serverCookiesOf(table.memory), nowSeconds);
    const groups = new QueryGroups(log);
    const cachedAnswers = new CachedAnswersTable(table, groups);
    const servedSince = new ServedSince(join(state, 'zones'), log);
    this.#cachedAnswers = cachedAnswers;
    this.#clusters = new BlockClusters({
      ...{ table, log, metrics, groups, cachedAnswers, servedSince, state },
    });
    followTable(metrics, table, groups);
  }

  /** What this process alone can open. */
  get ownLogs(): readonly OwnLogs[] {
    return this.#clusters.ownLogs;
  }

  /** Where, and of which clusters. */
  get served() {
    return {
      listeners: this.#listeners?.addresses ?? [],
      clusters: this.#clusters.of(this.#counting.configuration),
    };
  }

  /** Opens nothing. Throws ConfigurationError. */
  async configure(corefile: Corefile): Promise<void> {
    this.#now = await this.#setUp(corefile, undefined);
  }

  /**
   * Readers start beside the plugins: threads take as long as these. What they can't answer before
   * all plugins have started waits for that. Throws when an address of HTTP can't be had, or a log.
   */
  async start(): Promise<void> {
    const { configuration } = this.#counting;
    this.#serve(configuration);
    const started = Promise.withResolvers<void>();
    this.#opening = this.#open(configuration, started.promise);
    this.#opening.catch(() => {}); // who listens is told
    await configuration.start();
    started.resolve();
  }

  /** After the start. Throws when an address can't be had. */
  async listen(): Promise<void> {
    this.#listeners = await this.#opening;
    if (this.#listeners !== undefined) followListeners(this.#options.metrics, this.#listeners);
    this.#counting.configuration.opened();
  }

  #open(configuration: Configuration, started: Promise<void>): Promise<Listeners> {
    const httpResponses = this.#options.metrics.counter({
      name: 'coredns_https_responses_total',
      help: 'Responses over HTTPS by their HTTP status.',
      labels: ['server', 'status'],
    });
    let isStarted = false;
    void started.then(() => {
      isStarted = true;
    });
    return openListeners({
      table: this.#table.memory,
      listen: listenOf(configuration),
      threads: Math.min(availableParallelism(), THREADS_MAX),
      answerSlow: async (packet, client) => {
        if (!isStarted) await started;
        return this.#servers.get(client.view)?.server.answer(packet, client);
      },
      onHttpResponse: ({ address, port }, status) => {
        httpResponses.add([serverLabel('https', address, port), `${status}`]);
      },
      log: this.#options.log,
    });
  }

  /** Throws when it can't follow; then nothing is different. One at a time. */
  async change(corefile: Corefile): Promise<void> {
    await this.#ending;
    const before = this.#counting;
    const next = await this.#setUp(corefile, before);
    const { configuration } = next;
    let listening: ListenersChange | undefined;
    try {
      this.#serve(configuration);
      listening = await this.#listeners?.prepare(listenOf(configuration));
      await configuration.start();
      await this.#ready(configuration);
      await listening?.take();
    } catch (error) {
      await listening?.giveUp();
      await this.#giveUp(next, before);
      throw error;
    }
    configuration.take();
    this.#now = next;
    configuration.opened();
    this.#ending = this.#end(before, next, listening);
    this.#ending.catch((error: unknown) => this.#options.log.error(`reload: ${String(error)}`));
  }

  async drain(): Promise<void> {
    await this.#counting.configuration.drain();
  }

  /** Listens no more. */
  async close(): Promise<void> {
    const listeners = await this.#opening?.catch(() => undefined);
    await listeners?.close();
  }

  async stop(): Promise<void> {
    await this.#ending;
    await this.#counting.configuration.stop();
    await this.#counting.named.store?.close();
  }

  get #counting(): Counting {
    if (this.#now === undefined) throw new Error('Cannot run: nothing is configured');
    return this.#now;
  }

  async #setUp(corefile: Corefile, before: Counting | undefined): Promise<Counting> {
    const { verb, dnsPort, log, metrics, fail, checkCorefile } = this.#options;
    const federation = await federationOptionsOf(corefile);
    if (verb === 'resolver') checkIsResolver(federation);
    const named = await storeOf(federation, before?.named, log);
    const { store } = named;
    // Plugins have the store in their hands: with another one all of them are others.
    const same = named === before?.named ? before?.configuration : undefined;
    this.#clusters.store = store;
    let configuration: Configuration | undefined;
    try {
      configuration = configure(
        corefile,
        {
          ...{ log, fail, metrics, cachedAnswers: this.#cachedAnswers },
          setups: setups(store, this.#clusters, checkCorefile),
          ...(dnsPort === undefined ? {} : { dnsPort }),
        },
        { before: before?.configuration, same },
      );
      await checkStanzas(corefile);
      this.#clusters.serveOn(configuration);
      return { configuration, named };
    } catch (error) {
      await configuration?.giveUp();
      if (configuration !== undefined && before !== undefined) {
        configuration.giveViews(configuration.viewsGone(before.configuration));
      }
      if (named !== before?.named) await store?.close();
      throw error;
    }
  }

  #serve({ views }: Configuration): void {
    for (const [view, listener] of views) {
      if (this.#servers.has(view)) continue;
      const metrics = this.#options.metrics.part();
      const nowMs = () => performance.now();
      const { log } = this.#options;
      const server = new Server(listener, { log, metrics, nowMs, cookies: this.#cookies });
      this.#servers.set(view, { server, metrics });
    }
  }

  /** Until it answers what is answered now, as far as can be waited for. */
  async #ready(configuration: Configuration): Promise<void> {
    const { signal, log } = this.#options;
    const late = AbortSignal.any([signal, AbortSignal.timeout(READY_MS_MAX)]);
    const waitingFor = () =>
      configuration.freshPlugins.flatMap((plugin) => plugin.waitingFor?.() ?? []);
    const clusters = this.#clusters.of(configuration);
    const isReady = () => waitingFor().length === 0 && clusters.every(({ isFilled }) => isFilled);
    while (!isReady() && !late.aborted) await delay(LOOK_EVERY_MS);
    signal.throwIfAborted();
    const left = waitingFor();
    if (left.length > 0) log.warning(`reload: still waiting for ${left.join('; ')}`);
  }

  async #giveUp(next: Counting, before: Counting): Promise<void> {
    const { configuration } = next;
    const views = configuration.viewsGone(before.configuration);
    const free = this.#clusters.leave([configuration], views);
    await configuration.giveUp();
    await this.#empty(views);
    free();
    configuration.giveViews(views);
    if (next.named !== before.named) await next.named.store?.close();
  }

  /** What counts no more, and is asked no more by new queries. */
  async #end(
    before: Counting,
    next: Counting,
    listening: ListenersChange | undefined,
  ): Promise<void> {
    const { configuration } = before;
    // What is no longer listened on sees its view until it is closed.
    await listening?.ended();
    const views = configuration.viewsGone(next.configuration);
    const idle = views.map((view) => this.#servers.get(view)?.server.idle());
    await Promise.race([Promise.all(idle), delay(IDLE_MS_MAX, undefined, { ref: false })]);
    configuration.leaveViews(views);
    const free = this.#clusters.leave([configuration, next.configuration], views);
    await configuration.end(next.configuration);
    await this.#empty(views);
    free();
    configuration.giveViews(views);
    if (next.named !== before.named) await before.named.store?.close();
  }

  /** Once no reader is in them. */
  async #empty(views: readonly number[]): Promise<void> {
    const areOver = batchesOfNow(this.#table);
    while (!areOver()) await delay(LOOK_EVERY_MS);
    for (const view of views) {
      for (const _piece of this.#table.dropView(view)) await delay(0);
      this.#servers.get(view)?.metrics.end();
      this.#servers.delete(view);
    }
    this.#table.collect();
  }
}

function listenOf({ views }: Configuration): readonly Listen[] {
  return [...views].map(([view, listener]) => {
    const { scheme = 'dns', host, port, sockets, security } = listener;
    const { connectionLimits: limits, httpLimits: http } = listener;
    return { scheme, address: host, port, view, sockets, security, limits, http };
  });
}
