/** A server block of the file → its plugins, in the order of the chain. */
import { ConfigurationError } from '../../libs/corefile/configuration-error.ts';
import type { Directive, Scheme, ServerBlock } from '../../libs/corefile/corefile.ts';
import { sayingOf } from '../../libs/corefile/digest.ts';
import { nearWords } from '../../libs/corefile/near-words.ts';
import { Wrongs } from '../../libs/corefile/wrongs.ts';
import type { Log } from '../../libs/telemetry/log.ts';
import type { Metrics } from '../../libs/telemetry/metrics.ts';
import type { Block } from './block.ts';
import { compose } from './chain.ts';
import { chainNamesOf } from './chain-names.ts';
import { type CachedAnswersTable, NO_CACHED_ANSWERS } from './control/cached-answers.ts';
import { PageList } from './http-listeners.ts';
import { type Served, serverLabel } from './listener-table.ts';
import type { Plugin, ResolverState, Setup, SetupContext, View } from './plugin.ts';
import { PLUGIN_ORDER } from './plugin-order.ts';
import { withoutRepeats } from './repeats.ts';
import { originOf, sayingBelow } from './saying-below.ts';

export interface BlockDependencies {
  readonly log: Log;
  readonly metrics: Metrics;
  /** Setups by directive. A seat of the plugin order without one is refused by name. */
  readonly setups: Readonly<Record<string, Setup>>;
  /** Where plugins keep answers for readers; absent: nowhere. */
  readonly cachedAnswers?: CachedAnswersTable;
  /** How a plugin ends the process; absent: by throwing. */
  readonly fail?: SetupContext['fail'];
}

/** A server block that is set up, with all that belongs to it alone. */
export interface SetUpBlock extends Served {
  readonly source: ServerBlock;
  /** What it says: one that says the same is the same. */
  readonly saying: string;
  readonly pages: PageList;
  /** What its plugins follow ends with it. */
  readonly metrics: Metrics;
  /** What is wrong with it: then it is there for the rest to be checked, and for nothing else. */
  readonly wrongs: Wrongs;
  /** It is known where it is served, and to whom. */
  readonly isPlaced: boolean;
}

export interface BlockPlace {
  /** Of its first key. */
  readonly scheme: Scheme;
  readonly port: number;
  readonly resolver: ResolverState;
  /** The server block that it follows. */
  readonly former: SetUpBlock | undefined;
}

export function setUpBlock(
  source: ServerBlock,
  { scheme, port, resolver, former }: BlockPlace,
  { setups, log, ...dependencies }: BlockDependencies,
): SetUpBlock {
  const wrongs = new Wrongs();
  for (const directive of source.directives) wrongs.of(() => checkKnown(directive, setups));
  const failed = new Set<string>();
  const occurrences = Map.groupBy(source.directives, ({ name }) => name);
  const zones = [...new Set(source.keys.map(({ zone }) => zone))];
  const plugins: Plugin[] = [];
  let set: Block | undefined;
  const cachedAnswers = dependencies.cachedAnswers?.of(() => set) ?? NO_CACHED_ANSWERS;
  const tsigKeys: SetupContext['tsigKeys'] = new Map();
  const { fail = throwError } = dependencies;
  const pages = new PageList();
  const metrics = dependencies.metrics.part();
  const common = { log, metrics, http: pages, resolver, fail };
  const view = nameOfView(source);
  let origin: string | undefined;
  const context = {
    ...{ ...common, zones, view, cachedAnswers, block: source, tsigKeys },
    origin: () => (origin ??= originOf(source, plugins)),
  };
  let hosts: readonly string[] = [''];
  let root: string | undefined;
  for (const { name } of PLUGIN_ORDER) {
    const directives = occurrences.get(name);
    const setup = setups[name];
    if (directives === undefined || setup === undefined) continue;
    if (isFollowing(name, directives, failed)) {
      failed.add(name);
      continue;
    }
    const server = serverLabel(scheme, hosts[0] ?? '', port);
    const plugin = wrongs.of(() =>
      setup(withoutRepeats(directives), {
        ...{ ...context, server, root },
        former: former && formerOf(name, source, former),
      }),
    );
    if (plugin === undefined) {
      failed.add(name);
      continue;
    }
    plugins.push(plugin);
    // Who says where to listen comes before all that count under the listener's label.
    if (plugin.listenOn !== undefined) hosts = plugin.listenOn;
    if (plugin.root !== undefined) root = plugin.root;
  }
  const isWhole = !SOURCES.some((name) => failed.has(name));
  set = {
    plugins,
    // Who looks for a plugin at once may not find it where it is wrong.
    chain: (isWhole && wrongs.of(() => compose(plugins))) || compose([]),
    recursion: plugins.some(({ name }) => name === 'forward'),
    tableCapable: !plugins.some(({ seesEveryQuery }) => seesEveryQuery === true),
    tableDenies: !plugins.some(({ seesEveryDenial }) => seesEveryDenial === true),
    leavesFailures: plugins.some(({ seesEveryFailure }) => seesEveryFailure === true),
    chainNames: chainNamesOf(plugins),
    view: viewOf(plugins),
    udpOctetsMax: plugins.find((plugin) => plugin.udpOctetsMax !== undefined)?.udpOctetsMax,
  };
  dependencies.cachedAnswers?.followChainNames(set);
  const sockets = plugins.find((plugin) => plugin.sockets !== undefined)?.sockets;
  const { connectionLimits } = plugins.find((plugin) => plugin.connectionLimits) ?? {};
  const { security } = plugins.find((plugin) => plugin.security) ?? {};
  const { httpLimits } = plugins.find((plugin) => plugin.httpLimits) ?? {};
  const isPlaced = !['bind', 'tls', 'view'].some((name) => failed.has(name));
  const own = { source, saying: sayingOf(source), pages, metrics, wrongs, isPlaced };
  return { ...own, block: set, hosts, sockets, connectionLimits, security, httpLimits };
}

/** Plugins that others look for by name. */
const SOURCES = ['kubernetes', 'kubernetai', 'federation'];

/** Whether what would be wrong with it is likely what was told already. */
function isFollowing(
  name: string,
  directives: readonly Directive[],
  failed: ReadonlySet<string>,
): boolean {
  // The keys that it names are tsig's.
  const lacksKeys = name === 'transfer' && failed.has('tsig');
  return lacksKeys || directives.some(({ isUnread }) => isUnread);
}

/** Before the plugin is set up, which comes last: others count under it. */
function nameOfView({ directives }: ServerBlock): string {
  return directives.find(({ name }) => name === 'view')?.args[0]?.text ?? '';
}

/** A view may ask for the facts that the chain of its server block would know. */
function viewOf(plugins: readonly Plugin[]): View | undefined {
  const view = plugins.find((plugin) => plugin.view !== undefined)?.view;
  const collector = plugins.find((plugin) => plugin.collected !== undefined);
  if (view === undefined || collector === undefined) return view;
  return {
    name: view.name,
    takes(query) {
      const metadata = collector.collected?.(query);
      return view.takes(metadata === undefined ? query : { ...query, metadata });
    },
  };
}

/**
 * The plugin of this name before, if it says the same, and so does what is below it in the chain.
 * Those who own names may differ: nobody remembers what they say.
 */
function formerOf(name: string, source: ServerBlock, former: SetUpBlock): Plugin | undefined {
  if (sayingBelow(source, name) !== sayingBelow(former.source, name)) return undefined;
  return former.block.plugins.find((plugin) => plugin.name === name);
}

function throwError(error: Error): never {
  throw error;
}

function checkKnown(directive: Directive, setups: Readonly<Record<string, Setup>>): void {
  const { name } = directive;
  if (Object.hasOwn(setups, name)) return;
  const isOfCoredns = PLUGIN_ORDER.some((seat) => seat.name === name);
  const is = isOfCoredns
    ? 'CoreDNS has it, we do not yet; expected a server block without it'
    : `it is unknown; expected ${directivesLike(name, Object.keys(setups))}`;
  throw new ConfigurationError(directive, `Cannot use the directive "${name}": ${is}`);
}

/** Those that may be meant; else all, of which there are some forty. */
function directivesLike(name: string, here: readonly string[]): string {
  const near = nearWords(name, here);
  return near.length > 0 ? near.join(' or ') : `one of ${here.toSorted().join(', ')}`;
}
