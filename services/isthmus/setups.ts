/** The plugins that this program has, by directive. */
import { hostname } from 'node:os';
import type { AnswerStore } from '../../libs/store/store.ts';
import type { ClustersRuntime } from '../resolver/clusters/clusters-runtime.ts';
import type { Setup, SetupContext } from '../resolver/plugin.ts';
import { setup as acl } from '../resolver/plugins/acl/setup.ts';
import { setup as any } from '../resolver/plugins/any/setup.ts';
import { createAutoSetup } from '../resolver/plugins/auto/setup.ts';
import { setup as autopath } from '../resolver/plugins/autopath/setup.ts';
import { setup as bind } from '../resolver/plugins/bind/setup.ts';
import { setup as bufsize } from '../resolver/plugins/bufsize/setup.ts';
import { createCacheSetup } from '../resolver/plugins/cache/setup.ts';
import { setup as cancel } from '../resolver/plugins/cancel/setup.ts';
import { createChaosSetup } from '../resolver/plugins/chaos/setup.ts';
import { setup as debug } from '../resolver/plugins/debug/setup.ts';
import { setup as dns64 } from '../resolver/plugins/dns64/setup.ts';
import { setup as errors } from '../resolver/plugins/errors/setup.ts';
import { federationSetup, type OpenFederation } from '../resolver/plugins/federation/setup.ts';
import { createFileSetup } from '../resolver/plugins/file/setup.ts';
import { setup as forward } from '../resolver/plugins/forward/setup.ts';
import { setup as header } from '../resolver/plugins/header/setup.ts';
import { setup as health } from '../resolver/plugins/health/setup.ts';
import { createHostsSetup } from '../resolver/plugins/hosts/setup.ts';
import { setup as https } from '../resolver/plugins/https/setup.ts';
import { k8sExternalSetup, type RuntimeOf } from '../resolver/plugins/k8s_external/setup.ts';
import { kubernetaiSetup } from '../resolver/plugins/kubernetai/setup.ts';
import { kubernetesSetup } from '../resolver/plugins/kubernetes/setup.ts';
import { setup as loadbalance } from '../resolver/plugins/loadbalance/setup.ts';
import { setup as local } from '../resolver/plugins/local/setup.ts';
import { setup as log } from '../resolver/plugins/log/setup.ts';
import { setup as loop } from '../resolver/plugins/loop/setup.ts';
import { setup as metadata } from '../resolver/plugins/metadata/setup.ts';
import { setup as minimal } from '../resolver/plugins/minimal/setup.ts';
import { setup as multisocket } from '../resolver/plugins/multisocket/setup.ts';
import { setup as nsid } from '../resolver/plugins/nsid/setup.ts';
import { setup as prometheus } from '../resolver/plugins/prometheus/setup.ts';
import { setup as ready } from '../resolver/plugins/ready/setup.ts';
import { createRediscSetup } from '../resolver/plugins/redisc/setup.ts';
import { createReloadSetup } from '../resolver/plugins/reload/setup.ts';
import { setup as rewrite } from '../resolver/plugins/rewrite/setup.ts';
import { setup as root } from '../resolver/plugins/root/setup.ts';
import { setup as template } from '../resolver/plugins/template/setup.ts';
import { setup as timeouts } from '../resolver/plugins/timeouts/setup.ts';
import { createTlsSetup } from '../resolver/plugins/tls/setup.ts';
import { setup as transfer } from '../resolver/plugins/transfer/setup.ts';
import { setup as tsig } from '../resolver/plugins/tsig/setup.ts';
import { setup as view } from '../resolver/plugins/view/setup.ts';
import { setup as whoami } from '../resolver/plugins/whoami/setup.ts';
import type { KubernetesOptions } from '../resolver/stanza/kubernetes-options.ts';
import { openAnswers } from './open-store.ts';
import { version } from './version.ts';

/** What stands behind the plugins that answer from clusters. */
export interface OpenClusters {
  openFederation: OpenFederation;
  openStanzas(
    plugin: string,
    stanzas: readonly KubernetesOptions[],
    context: SetupContext,
  ): ClustersRuntime;
  runtimeOf: RuntimeOf;
}

/**
 * `answers`: the cache that resolvers share, where there is one. `checkCorefile` looks whether the
 * Corefile says something else.
 */
export function setups(
  answers: AnswerStore | undefined,
  clusters: OpenClusters,
  checkCorefile: () => void = () => {},
): Readonly<Record<string, Setup>> {
  const cache = createCacheSetup({
    store: answers,
    nowMs: () => performance.now(),
    wallMs: () => Date.now(),
    every,
  });
  return {
    acl,
    any,
    auto: createAutoSetup({ every, wallMs: () => Date.now() }),
    autopath,
    bind,
    bufsize,
    cache,
    cancel,
    debug,
    chaos: createChaosSetup({ version: `Isthmus-${version()}`, hostname: hostname() }),
    dns64,
    errors,
    federation: federationSetup((options, context) => clusters.openFederation(options, context)),
    file: createFileSetup({ every, wallMs: () => Date.now() }),
    forward,
    header,
    health,
    hosts: createHostsSetup({ every }),
    https,
    k8s_external: k8sExternalSetup((context) => clusters.runtimeOf(context)),
    kubernetai: kubernetaiSetup((stanzas, context) =>
      clusters.openStanzas('kubernetai', stanzas, context),
    ),
    kubernetes: kubernetesSetup((stanzas, context) =>
      clusters.openStanzas('kubernetes', stanzas, context),
    ),
    loadbalance,
    local,
    log,
    loop,
    metadata,
    minimal,
    multisocket,
    nsid,
    prometheus,
    ready,
    redisc: createRediscSetup({ open: openAnswers, nowMs: () => performance.now() }),
    reload: createReloadSetup({ check: checkCorefile, random: Math.random, every }),
    rewrite,
    root,
    template,
    timeouts,
    tls: createTlsSetup({ every }),
    transfer,
    tsig,
    view,
    whoami,
  };
}

/** Keeps nothing alive. */
function every(ms: number, work: () => void): () => void {
  const timer = setInterval(work, ms);
  timer.unref();
  return () => clearInterval(timer);
}
