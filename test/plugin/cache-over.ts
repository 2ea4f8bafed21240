import assert from 'node:assert/strict';
import { RCODE } from '../../libs/dns/iana.ts';
import type { Message } from '../../libs/dns/message.ts';
import { formatRecord, parseRecord } from '../../libs/dns/presentation.ts';
import type { AnswerStore } from '../../libs/store/store.ts';
import type { Plugin } from '../../services/resolver/plugin.ts';
import { createCacheSetup } from '../../services/resolver/plugins/cache/setup.ts';
import type { Query } from '../../services/resolver/query.ts';
import { emptyResponse, type Response } from '../../services/resolver/response.ts';
import { queryOf } from './ask-plugin.ts';
import { directives } from './directives.ts';
import { setupContext } from './setup-context.ts';

/** What upstream says: records as zone-file text. */
export function said(
  answer: readonly string[],
  rcode: number = RCODE.NOERROR,
  authority: readonly string[] = [],
  change: Partial<Response> = {},
): Response {
  return {
    ...emptyResponse(rcode),
    recursionAvailable: true,
    answer: answer.map(parseRecord),
    authority: authority.map(parseRecord),
    ...change,
  };
}

/** The clocks of a resolver: its own, and the one that all share. */
export interface Clock {
  ms: number;
  wallMs: number;
}

export function passTime(clock: Clock, ms: number): void {
  clock.ms += ms;
  clock.wallMs += ms;
}

export interface CacheOver {
  readonly store?: AnswerStore;
  readonly clock?: Clock;
  /** Whether a name is ours. */
  readonly owns?: (name: string) => boolean;
  /** The cache of the configuration before. */
  readonly former?: Plugin;
}

/** What upstream says: always the same, or what it makes of a query. */
export type Upstream = Response | ((query: Query) => Response | Promise<Response>);

/** A cache over an upstream, and a clock that the test moves. */
export function cacheOver(upstream: Upstream, lines = 'cache', given: CacheOver = {}) {
  const { store, clock = { ms: 1000, wallMs: 1_000_000 }, owns = () => false } = given;
  const { context } = setupContext(given.former === undefined ? {} : { former: given.former });
  const clocks = {
    nowMs: () => clock.ms,
    wallMs: () => clock.wallMs,
    every: () => () => {},
  };
  const plugin = createCacheSetup({ store, ...clocks })(directives(lines), context);
  let asked = 0;
  const next = async (query: Query) => {
    asked++;
    return typeof upstream === 'function' ? upstream(query) : upstream;
  };
  plugin.below?.({ ask: next, owns, plugins: [] });
  const ask = async (name = 'a.example.', type = 'A', change: Partial<Message> = {}) => {
    const got = await plugin.handle?.(queryOf(name, type, change), next);
    assert.ok(got);
    return [...got.answer, ...got.authority, ...got.additional].map(formatRecord);
  };
  return {
    plugin,
    ask,
    clock,
    metrics: context.metrics,
    asked: () => asked,
  };
}
