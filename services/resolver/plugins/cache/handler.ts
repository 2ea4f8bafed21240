/** The cache as a plugin of its server block. */
import { isWithin } from '../../../../libs/dns/name.ts';
import { isCacheable } from '../../answers/keeping.ts';
import type { SharedAnswers } from '../../answers/shared-answers.ts';
import type { Plugin } from '../../plugin.ts';
import type { Query } from '../../query.ts';
import { Cache, type CacheDependencies, TICK_MS } from './cache.ts';
import type { CacheOptions } from './cache-options.ts';

export interface PluginDependencies extends CacheDependencies {
  /** Calls `work` every so many milliseconds; gives what ends that. */
  readonly every: (ms: number, work: () => void) => () => void;
  /** The second level where no plugin below has one; undefined: none. */
  readonly shared: SharedAnswers | undefined;
  /** The cache that this one follows. */
  readonly former?: Plugin | undefined;
}

const caches = new WeakMap<Plugin, Cache>();

export function createCache(options: CacheOptions, dependencies: PluginDependencies): Plugin {
  const { former } = dependencies;
  const cache = new Cache(options, dependencies, former && caches.get(former));
  const stopping = new AbortController();
  const stops: (() => void)[] = [];
  const isFor = (query: Query) =>
    isCacheable(query) && options.zones.some((zone) => isWithin(query.name, zone));
  const plugin: Plugin = {
    name: 'cache',
    handle: (query, next) => (isFor(query) ? cache.answer(query, next) : next(query)),
    below: (below) => {
      cache.below = below;
      const sharing = below.plugins.find(({ shareAnswers }) => shareAnswers !== undefined);
      cache.shared = sharing?.shareAnswers?.(isFor) ?? dependencies.shared;
    },
    async start() {
      stops.push(dependencies.every(TICK_MS, () => cache.tick()));
      stops.push(dependencies.cachedAnswers.follow((name) => cache.changed(name)));
    },
    opened() {
      void cache.inherit(stopping.signal);
    },
    async stop() {
      stopping.abort();
      for (const stop of stops) stop();
    },
  };
  caches.set(plugin, cache);
  return plugin;
}
