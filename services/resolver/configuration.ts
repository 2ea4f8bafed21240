/**
 * A Corefile → server blocks with their plugins, and who listens where. Everything that is wrong
 * with the file is found here, before any socket opens: unlike CoreDNS, nothing starts with an
 * option that does nothing.
 */
import { ConfigurationError } from '../../libs/corefile/configuration-error.ts';
import type { Corefile, Directive, Key, ServerBlock } from '../../libs/corefile/corefile.ts';
import { DEFAULT_PORTS } from '../../libs/corefile/key.ts';
import { listenAddressText } from '../../libs/corefile/listen-address.ts';
import type { Log } from '../../libs/telemetry/log.ts';
import type { Metrics } from '../../libs/telemetry/metrics.ts';
import type { Block, Listener } from './block.ts';
import { compose } from './chain.ts';
import { type CachedAnswersTable, NO_CACHED_ANSWERS } from './control/cached-answers.ts';
import { HttpListeners } from './http-listeners.ts';
import type { Plugin, ResolverState, Setup, SetupContext } from './plugin.ts';
import { PLUGIN_ORDER } from './plugin-order.ts';

export interface ConfigurationDependencies {
  readonly log: Log;
  readonly metrics: Metrics;
  /** Setups by directive. A seat of the plugin order without one is refused by name. */
  readonly setups: Readonly<Record<string, Setup>>;
  /** The port of keys that name none: CoreDNS's flag -dns.port. */
  readonly dnsPort?: number;
  /** Where plugins keep answers for readers; absent: nowhere. */
  readonly cachedAnswers?: CachedAnswersTable;
  /** How a plugin ends the process; absent: by throwing. */
  readonly fail?: SetupContext['fail'];
}

export interface Configuration {
  /** In the order in which the file names them. */
  readonly listeners: readonly Listener[];
  /** Of all server blocks. */
  readonly plugins: readonly Plugin[];
  readonly http: HttpListeners;
  readonly resolver: ResolverState;
  /** A server block of the file as it was set up. */
  blockOf(block: ServerBlock): Block | undefined;
  /** Opens HTTP and starts the plugins. Throws when an address can't be had. */
  start(): Promise<void>;
  /** Once the listeners are open. */
  opened(): void;
  /** From now on not ready; returns when the listeners may close. */
  drain(): Promise<void>;
  /** After the listeners closed. */
  stop(): Promise<void>;
}

/** Sets up all server blocks. Throws ConfigurationError. */
export function configure(
  corefile: Corefile,
  dependencies: ConfigurationDependencies,
): Configuration {
  const plugins: Plugin[] = [];
  const http = new HttpListeners();
  let draining = false;
  const told = (of: (plugin: Plugin) => readonly string[] | undefined) =>
    plugins.flatMap((plugin) => (of(plugin) ?? []).map((what) => `${plugin.name}: ${what}`));
  const resolver: ResolverState = {
    waitingFor: () => told((plugin) => plugin.waitingFor?.()),
    // Server blocks may have a cluster in common.
    notes: () => [...new Set(told((plugin) => plugin.notes?.()))],
    isDraining: () => draining,
  };
  const listeners = new ListenerTable(dependencies.dnsPort ?? DEFAULT_PORTS.dns);
  const blocks = new Map<ServerBlock, Block>();
  for (const block of corefile.blocks) {
    const set = setUpBlock(block, listeners, { ...dependencies, http, resolver });
    blocks.set(block, set);
    plugins.push(...set.plugins);
  }
  dependencies.cachedAnswers?.serveOn(listeners.listeners());
  return {
    listeners: listeners.listeners(),
    plugins,
    http,
    resolver,
    blockOf: (block) => blocks.get(block),
    start: async () => {
      await http.open();
      for (const plugin of plugins) await plugin.start?.();
    },
    opened: () => {
      for (const plugin of plugins) plugin.opened?.();
    },
    drain: async () => {
      draining = true;
      await Promise.all(plugins.map((plugin) => plugin.drain?.()));
    },
    stop: async () => {
      await Promise.all(plugins.map((plugin) => plugin.stop?.()));
      await http.close();
    },
  };
}

interface BlockDependencies extends ConfigurationDependencies {
  readonly http: HttpListeners;
  readonly resolver: ResolverState;
}

function setUpBlock(
  block: ServerBlock,
  listeners: ListenerTable,
  { setups, log, metrics, http, resolver, ...dependencies }: BlockDependencies,
): Block {
  for (const directive of block.directives) checkKnown(directive, setups);
  const occurrences = Map.groupBy(block.directives, ({ name }) => name);
  const zones = [...new Set(block.keys.map(({ zone }) => zone))];
  const port = listeners.portOf(block.keys[0]);
  const plugins: Plugin[] = [];
  let set: Block | undefined;
  const cachedAnswers = dependencies.cachedAnswers?.of(() => set) ?? NO_CACHED_ANSWERS;
  const tsigKeys: SetupContext['tsigKeys'] = new Map();
  const { fail = throwError } = dependencies;
  const common = { log, metrics, http, resolver, fail };
  const context = { ...common, zones, cachedAnswers, block, tsigKeys };
  let hosts: readonly string[] = [''];
  let root: string | undefined;
  for (const { name } of PLUGIN_ORDER) {
    const directives = occurrences.get(name);
    const setup = setups[name];
    if (directives === undefined || setup === undefined) continue;
    const server = serverLabel(hosts[0] ?? '', port);
    const plugin = setup(directives, { ...context, server, root });
    plugins.push(plugin);
    // Who says where to listen comes before all that count under the listener's label.
    if (plugin.listenOn !== undefined) hosts = plugin.listenOn;
    if (plugin.root !== undefined) root = plugin.root;
  }
  set = {
    plugins,
    chain: compose(plugins),
    recursion: plugins.some(({ name }) => name === 'forward'),
    tableCapable: !plugins.some(({ seesEveryQuery }) => seesEveryQuery === true),
    tableDenies: !plugins.some(({ seesEveryDenial }) => seesEveryDenial === true),
    udpOctetsMax: plugins.find((plugin) => plugin.udpOctetsMax !== undefined)?.udpOctetsMax,
  };
  const sockets = plugins.find((plugin) => plugin.sockets !== undefined)?.sockets;
  const { connectionLimits } = plugins.find((plugin) => plugin.connectionLimits) ?? {};
  const served = { block: set, sockets, connectionLimits };
  for (const key of block.keys) listeners.add(key, hosts, served);
  return set;
}

function throwError(error: Error): never {
  throw error;
}

function checkKnown(directive: Directive, setups: Readonly<Record<string, Setup>>): void {
  if (Object.hasOwn(setups, directive.name)) return;
  const seats = PLUGIN_ORDER.map(({ name }) => name);
  const is = seats.includes(directive.name) ? 'CoreDNS has it, we do not yet' : 'it is unknown';
  const here = seats.filter((name) => Object.hasOwn(setups, name)).join(', ');
  throw new ConfigurationError(
    directive,
    `Cannot use the directive "${directive.name}": ${is}; expected one of ${here}`,
  );
}

interface ListenerRow {
  readonly host: string;
  readonly port: number;
  sockets: number | undefined;
  connectionLimits: Served['connectionLimits'];
  readonly blocks: Map<string, Block>;
}

interface Served {
  readonly block: Block;
  readonly sockets: number | undefined;
  readonly connectionLimits: Plugin['connectionLimits'] | undefined;
}

/** Who serves what where. A zone of an address and port has one server block. */
class ListenerTable {
  readonly #dnsPort: number;
  readonly #listeners = new Map<string, ListenerRow>();
  readonly #defined = new Map<string, Key>();

  constructor(dnsPort: number) {
    this.#dnsPort = dnsPort;
  }

  portOf(key: Key | undefined): number {
    return key?.port ?? this.#dnsPort;
  }

  add(key: Key, hosts: readonly string[], served: Served): void {
    const { block, sockets, connectionLimits } = served;
    if (key.scheme !== 'dns') {
      throw new ConfigurationError(
        key,
        `Cannot serve "${key.text}": ${key.scheme} is not here yet; expected dns, or no scheme`,
      );
    }
    const port = this.portOf(key);
    for (const host of hosts) {
      const server = serverLabel(host, port);
      const place = `${key.zone} at ${server}`;
      const other = this.#defined.get(place);
      if (other !== undefined) {
        throw new ConfigurationError(
          key,
          `Cannot serve "${key.text}": line ${other.line} serves ${place} already; ` +
            'expected one server block for a zone and port',
        );
      }
      this.#defined.set(place, key);
      const fresh = { host, port, sockets, connectionLimits, blocks: new Map<string, Block>() };
      const listener: ListenerRow = this.#listeners.get(server) ?? fresh;
      this.#listeners.set(server, listener);
      // The first block that says it decides.
      listener.sockets ??= sockets;
      listener.connectionLimits ??= connectionLimits;
      listener.blocks.set(key.zone, block);
    }
  }

  listeners(): readonly Listener[] {
    return [...this.#listeners].map(([server, listener]) => ({ ...listener, server }));
  }
}

function serverLabel(host: string, port: number): string {
  return `dns://${listenAddressText({ host, port })}`;
}
