/**
 * The setups of the plugins that are here, by directive. `federation` is given by who composes the
 * resolver, since it brings logs and clusters; so is the store that caches share.
 */
import type { AnswerStore } from '../../libs/store/store.ts';
import type { Setup } from './plugin.ts';
import { setup as bind } from './plugins/bind/setup.ts';
import { createCacheSetup } from './plugins/cache/setup.ts';
import { setup as errors } from './plugins/errors/setup.ts';
import { setup as forward } from './plugins/forward/setup.ts';
import { setup as health } from './plugins/health/setup.ts';
import { setup as loadbalance } from './plugins/loadbalance/setup.ts';
import { setup as log } from './plugins/log/setup.ts';
import { setup as prometheus } from './plugins/prometheus/setup.ts';
import { setup as ready } from './plugins/ready/setup.ts';

/** For `configure`, with `more` beside or instead. `store` is the caches' second level. */
export function pluginSetups(
  store: AnswerStore | undefined,
  more: Readonly<Record<string, Setup>> = {},
): Readonly<Record<string, Setup>> {
  const clocks = { nowMs: () => performance.now(), wallMs: () => Date.now() };
  const cache = createCacheSetup({ store, ...clocks });
  return {
    bind,
    cache,
    errors,
    forward,
    health,
    loadbalance,
    log,
    prometheus,
    ready,
    ...more,
  };
}
