/** The plugins that this program has, by directive. */
import type { AnswerStore } from '../../libs/store/store.ts';
import type { Setup } from '../resolver/plugin.ts';
import { setup as autopath } from '../resolver/plugins/autopath/setup.ts';
import { setup as bind } from '../resolver/plugins/bind/setup.ts';
import { createCacheSetup } from '../resolver/plugins/cache/setup.ts';
import { setup as errors } from '../resolver/plugins/errors/setup.ts';
import { setup as forward } from '../resolver/plugins/forward/setup.ts';
import { setup as health } from '../resolver/plugins/health/setup.ts';
import { setup as loadbalance } from '../resolver/plugins/loadbalance/setup.ts';
import { setup as log } from '../resolver/plugins/log/setup.ts';
import { setup as metadata } from '../resolver/plugins/metadata/setup.ts';
import { setup as multisocket } from '../resolver/plugins/multisocket/setup.ts';
import { setup as prometheus } from '../resolver/plugins/prometheus/setup.ts';
import { setup as ready } from '../resolver/plugins/ready/setup.ts';

/** `answers`: the cache that resolvers share, where there is one. */
export function setups(
  answers: AnswerStore | undefined,
  federation: Setup,
): Readonly<Record<string, Setup>> {
  const cache = createCacheSetup({
    store: answers,
    nowMs: () => performance.now(),
    wallMs: () => Date.now(),
    every,
  });
  return {
    autopath,
    bind,
    cache,
    errors,
    federation,
    forward,
    health,
    loadbalance,
    log,
    metadata,
    multisocket,
    prometheus,
    ready,
  };
}

/** Keeps nothing alive. */
function every(ms: number, work: () => void): () => void {
  const timer = setInterval(work, ms);
  timer.unref();
  return () => clearInterval(timer);
}
