/**
 * Answers that resolvers share in Redis.
 *
 *   query ─► does a cache above look there itself? ─yes─► next plugin
 *              └─no─► in Redis? ─yes─► with the TTL that is left
 *                        └─no─► next plugin ─► into Redis, behind
 */
import { aged, isCacheable, type KeepOptions, keep } from '../../answers/keeping.ts';
import { OurZones } from '../../answers/our-zones.ts';
import type { Found, SharedAnswers } from '../../answers/shared-answers.ts';
import type { Below, Plugin } from '../../plugin.ts';
import type { Next, Query } from '../../query.ts';
import type { Response } from '../../response.ts';

export interface Redisc {
  readonly shared: SharedAnswers;
  readonly limits: KeepOptions;
  /** Of all server blocks. */
  readonly ourZones: () => readonly string[];
  start(): Promise<void>;
  stop(): Promise<void>;
}

export function createRedisc({ shared, limits, ourZones, start, stop }: Redisc): Plugin {
  let isTaken = (_query: Query) => false;
  let below: Pick<Below, 'owns' | 'plugins'> = { owns: () => false, plugins: [] };
  const zones = new OurZones(() => below, ourZones);
  return {
    name: 'redisc',
    handle: async (query, next) => {
      const isOther = isTaken(query) || !isCacheable(query) || !shared.isFor(query.name);
      return isOther || below.owns(query.name) ? next(query) : answer(query, next);
    },
    shareAnswers: (takes) => {
      isTaken = takes;
      return shared;
    },
    below: (given) => {
      below = given;
    },
    notes: () => (shared.isOpen ? ['Redis is left out for now: it fails, or is slow'] : []),
    start,
    stop,
  };

  async function answer(query: Query, next: Next): Promise<Response> {
    const known = await shared.read(query, (found) => usable(query, found));
    if (known !== undefined && !below.owns(query.name)) return known;
    const response = await next(query);
    const kept = isForOthers(query, response) ? keep(query, response, limits) : undefined;
    if (kept === undefined) return response;
    shared.write(query, response, kept.lifetimeSeconds, 0);
    return kept.response;
  }

  /** Flags that a plugin changed do not travel. */
  function isForOthers({ name }: Query, response: Response): boolean {
    return response.flags === undefined && !below.owns(name) && !zones.mayHide(name, response);
  }

  function usable(query: Query, { response, ageMs }: Found): Response | undefined {
    const kept = zones.mayHide(query.name, response) ? undefined : keep(query, response, limits);
    if (kept === undefined || ageMs >= kept.lifetimeSeconds * 1000) return undefined;
    return aged(kept.response, Math.floor(ageMs / 1000));
  }
}
