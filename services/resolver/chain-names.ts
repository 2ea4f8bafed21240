/**
 * Names that a plugin answers itself although others below it, or the cache above, might have the
 * name too: the table leaves them to the chain, and goes on with all others. They change while it
 * runs: a file is read again, say.
 */
import { isWithin } from '../../libs/dns/name.ts';

export interface ChainNames {
  /** Of a name in lower case. */
  has(name: string): boolean;
  /** Whether there may be some below it that `list` does not have: those of wildcards. */
  isOpen(name: string): boolean;
  /** Those that can be listed, and all that are open. */
  list(): Iterable<string>;
  /** Tells what changed, after it did. */
  follow(told: (change: ChainNamesChange) => void): void;
}

export interface ChainNamesChange {
  /** Of the list, those that came or went. */
  readonly names: readonly string[];
  /** Names that can't be listed came or went as well. */
  readonly hasOthers: boolean;
}

/** What of a plugin counts here. */
interface Answering {
  readonly name: string;
  readonly chainNames?: ChainNames;
}

/** Those of the plugins above the first of `sources`, which those below are not asked about. */
export function chainNamesAbove(
  plugins: readonly Answering[],
  sources: readonly string[],
): ChainNames | undefined {
  const first = plugins.findIndex(({ name }) => sources.includes(name));
  return chainNamesOf(first < 0 ? plugins : plugins.slice(0, first));
}

/** Those of all plugins of a server block; undefined where none has any. */
export function chainNamesOf(plugins: readonly Answering[]): ChainNames | undefined {
  const all = plugins.flatMap(({ chainNames }) => chainNames ?? []);
  if (all.length === 0) return undefined;
  return {
    has: (name) => all.some((one) => one.has(name)),
    isOpen: (name) => all.some((one) => one.isOpen(name)),
    *list() {
      for (const one of all) yield* one.list();
    },
    follow: (told) => {
      for (const one of all) one.follow(told);
    },
  };
}

/** All names of some zones. */
export function namesWithin(zones: readonly string[]): ChainNames {
  const has = (name: string) => zones.some((zone) => isWithin(name, zone));
  return { has, isOpen: has, list: () => zones, follow: () => {} };
}
