/**
 * A Corefile → server blocks with their plugins, and who listens where. Everything that is wrong
 * with the file is found here, before any socket opens: unlike CoreDNS, nothing starts with an
 * option that does nothing.
 *
 * One configuration follows another while the process runs. Server blocks that say the same as
 * before are the same, with all that their plugins know; listeners whose server blocks are the same
 * keep their view of the table. The others begin beside those of before:
 *
 *   configure(file, before) ─► start ─┬─► take: from now on it counts ─► before.end(what is gone)
 *                                     └─► giveUp: as if it had never been
 */
import type { Corefile, Key, ServerBlock } from '../../libs/corefile/corefile.ts';
import { sayingOf } from '../../libs/corefile/digest.ts';
import { DEFAULT_PORTS } from '../../libs/corefile/key.ts';
import { Wrongs } from '../../libs/corefile/wrongs.ts';
import { VIEWS_MAX } from '../../libs/table/layout.ts';
import type { Block, Listener } from './block.ts';
import type { CachedAnswersTable } from './control/cached-answers.ts';
import { type HttpChange, HttpListeners } from './http-listeners.ts';
import { isSameListener, ListenerTable } from './listener-table.ts';
import { NumberPool } from './number-pool.ts';
import type { Plugin, ResolverState } from './plugin.ts';
import { type BlockDependencies, type SetUpBlock, setUpBlock } from './set-up-block.ts';

export interface ConfigurationDependencies extends BlockDependencies {
  /** The port of keys that name none: CoreDNS's flag -dns.port. */
  readonly dnsPort?: number;
}

/** What all configurations of a process have in common. */
interface Lasting {
  readonly http: HttpListeners;
  readonly views: NumberPool;
  /** The plugins that count now. */
  plugins: readonly Plugin[];
  isDraining: boolean;
}

export interface Follows {
  /** The configuration that counts now. */
  readonly before: Configuration | undefined;
  /** The same, where its server blocks may go on. */
  readonly same: Configuration | undefined;
}

/** Sets up all server blocks, but those that go on. Throws ConfigurationError. */
export function configure(
  corefile: Corefile,
  dependencies: ConfigurationDependencies,
  follows: Follows = { before: undefined, same: undefined },
): Configuration {
  return new Configuration(corefile, dependencies, follows);
}

export class Configuration {
  /** By their views of the table, in the order in which the file names them. */
  readonly views: ReadonlyMap<number, Listener>;
  readonly resolver: ResolverState;
  readonly #lasting: Lasting;
  readonly #blocks: readonly SetUpBlock[];
  /** Those that the configuration before has not. */
  readonly #fresh: readonly SetUpBlock[];
  #http: HttpChange | undefined;
  readonly #cachedAnswers: CachedAnswersTable | undefined;
  /** Until this one counts. */
  #before: Configuration | undefined;

  constructor(
    corefile: Corefile,
    dependencies: ConfigurationDependencies,
    { before, same: going }: Follows,
  ) {
    this.#lasting = before === undefined ? newLasting() : before.#lasting;
    this.resolver = before?.resolver ?? stateOf(this.#lasting);
    const listeners = new ListenerTable(dependencies.dnsPort ?? DEFAULT_PORTS.dns);
    const fresh: SetUpBlock[] = [];
    const wrongs = new Wrongs();
    try {
      this.#blocks = corefile.blocks.map((block) => {
        const same = going?.findSame(block);
        if (same !== undefined) return same;
        const [first = { scheme: 'dns', port: undefined }] = block.keys;
        const place = {
          scheme: first.scheme,
          port: listeners.portOf(first),
          resolver: this.resolver,
          former: before?.findFormer(block),
        };
        const one = setUpBlock(block, place, dependencies);
        fresh.push(one);
        wrongs.of(() => one.wrongs.check());
        return one;
      });
      for (const [i, { keys }] of corefile.blocks.entries()) {
        const served = this.#blocks[i];
        if (served?.isPlaced === true) wrongs.of(() => listeners.addAll(keys, served));
      }
      wrongs.check();
      this.views = withViews(listeners.listeners(), this.#lasting.views, before?.views);
    } catch (error) {
      for (const { metrics } of fresh) metrics.end();
      throw error;
    }
    this.#fresh = fresh;
    this.#before = before;
    this.#cachedAnswers = dependencies.cachedAnswers;
    if (before === undefined) this.#serve();
  }

  /** In the order in which the file names them. */
  get listeners(): readonly Listener[] {
    return [...this.views.values()];
  }

  /** Of all server blocks. */
  get plugins(): readonly Plugin[] {
    return this.#blocks.flatMap(({ block }) => block.plugins);
  }

  get http(): HttpListeners {
    return this.#lasting.http;
  }

  /** Server blocks as the file that was read first has them. */
  get sources(): readonly ServerBlock[] {
    return this.#blocks.map(({ source }) => source);
  }

  /** Plugins that begin with this configuration. */
  get freshPlugins(): readonly Plugin[] {
    return this.#fresh.flatMap(({ block }) => block.plugins);
  }

  /** A server block of the file as it was set up. */
  blockOf(source: ServerBlock): Block | undefined {
    return this.#blocks.find((one) => one.source === source)?.block;
  }

  findSame(source: ServerBlock): SetUpBlock | undefined {
    const saying = sayingOf(source);
    return this.#blocks.find((one) => one.saying === saying);
  }

  /** A server block that serves a zone of this one now, at the same port. */
  findFormer({ keys }: ServerBlock): SetUpBlock | undefined {
    const served = (other: Key) =>
      keys.some(({ scheme, zone, port }) => {
        return scheme === other.scheme && zone === other.zone && port === other.port;
      });
    return this.#blocks.find(({ source }) => source.keys.some(served));
  }

  /** Opens HTTP and starts the plugins that are new. Throws when an address can't be had. */
  async start(): Promise<void> {
    this.#http = await this.#lasting.http.prepare(this.#blocks.map(({ pages }) => pages));
    if (this.#before === undefined) this.#http.take();
    for (const plugin of this.freshPlugins) await plugin.start?.();
  }

  /**
   * From now on it is this one that says whether the resolver is ready, that has pages and that is
   * counted.
   */
  take(): void {
    this.#http?.take();
    this.#serve();
    if (this.#before === undefined) return;
    for (const { metrics } of this.#before.#gone(this)) metrics.end();
    this.#before = undefined;
  }

  /** Instead of `take`: leaves nothing of what is new, but its views, which `giveViews` frees. */
  async giveUp(): Promise<void> {
    await this.#http?.giveUp();
    await Promise.all(this.freshPlugins.map((plugin) => plugin.stop?.()));
    for (const { metrics } of this.#fresh) metrics.end();
  }

  /** Ends what the one that was taken instead has not, once nobody asks it any more. */
  async end(next: Configuration): Promise<void> {
    const plugins = this.#gone(next).flatMap(({ block }) => block.plugins);
    await Promise.all(plugins.map((plugin) => plugin.stop?.()));
  }

  /** Views that the one that was taken instead has not. */
  viewsGone(next: Configuration): readonly number[] {
    return [...this.views.keys()].filter((view) => !next.views.has(view));
  }

  /** Nobody asks in them any more. */
  leaveViews(views: readonly number[]): void {
    for (const view of views) this.#cachedAnswers?.leave(view);
  }

  /** Nothing is in them any more: others may have them. */
  giveViews(views: readonly number[]): void {
    this.#lasting.views.give(views);
  }

  /** Once the listeners are open: for plugins that are new. */
  opened(): void {
    for (const plugin of this.freshPlugins) plugin.opened?.();
  }

  /** From now on not ready; returns when the listeners may close. */
  async drain(): Promise<void> {
    this.#lasting.isDraining = true;
    await Promise.all(this.plugins.map((plugin) => plugin.drain?.()));
  }

  /** After the listeners closed. */
  async stop(): Promise<void> {
    await Promise.all(this.plugins.map((plugin) => plugin.stop?.()));
    await this.#lasting.http.close();
  }

  #serve(): void {
    this.#lasting.plugins = this.plugins;
    this.#cachedAnswers?.serveOn(this.views);
  }

  #gone(next: Configuration): readonly SetUpBlock[] {
    return this.#blocks.filter((one) => !next.#blocks.includes(one));
  }
}

function newLasting(): Lasting {
  const http = new HttpListeners();
  return { http, views: new NumberPool(0, VIEWS_MAX), plugins: [], isDraining: false };
}

/** What plugins see of the process: of the configuration that counts. */
function stateOf(lasting: Lasting): ResolverState {
  const told = (of: (plugin: Plugin) => readonly string[] | undefined) =>
    lasting.plugins.flatMap((plugin) =>
      (of(plugin) ?? []).map((what) => `${plugin.name}: ${what}`),
    );
  return {
    waitingFor: () => told((plugin) => plugin.waitingFor?.()),
    // Server blocks may have a cluster in common.
    notes: () => [...new Set(told((plugin) => plugin.notes?.()))],
    isDraining: () => lasting.isDraining,
  };
}

/** A listener whose clients get the same as before keeps its view, the others get their own. */
function withViews(
  listeners: readonly Listener[],
  numbers: NumberPool,
  before: ReadonlyMap<number, Listener> = new Map(),
): ReadonlyMap<number, Listener> {
  const known = [...before];
  const views = listeners.map((listener) => {
    const [view] = known.find(([, one]) => isSameListener(one, listener)) ?? [];
    return view;
  });
  const fresh = numbers.take(views.filter((view) => view === undefined).length);
  if (fresh === undefined) {
    const expected = `at most ${numbers.left} that are new`;
    throw new RangeError(`Cannot serve on ${listeners.length} listeners; expected ${expected}`);
  }
  const left = [...fresh];
  return new Map(
    listeners.map((listener, i) => [views[i] ?? left.shift() ?? 0, listener] as const),
  );
}
