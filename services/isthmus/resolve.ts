/**
 * `isthmus up` and `isthmus resolver`: from a Corefile to answers, in this order.
 *
 *   read all of the configuration (exit code 2 if it is wrong, nothing is open yet)
 *   ─► HTTP, plugins, logs, watchers ─► DNS listeners ─► banner
 *   … signal … ─► drain ─► close in reverse
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError } from '../../libs/corefile/configuration-error.ts';
import type { Corefile } from '../../libs/corefile/corefile.ts';
import { THREADS_MAX } from '../../libs/table/layout.ts';
import { createTable } from '../../libs/table/table-writer.ts';
import { Metrics } from '../../libs/telemetry/metrics.ts';
import { type Configuration, configure } from '../resolver/configuration.ts';
import { CachedAnswersTable } from '../resolver/control/cached-answers.ts';
import { followListeners } from '../resolver/listener-metrics.ts';
import type { FederationOptions } from '../resolver/plugins/federation/options.ts';
import { readFederationOptions } from '../resolver/plugins/federation/options.ts';
import { QueryGroups } from '../resolver/query-groups.ts';
import { openListeners } from '../resolver/readers/open-listeners.ts';
import { Server } from '../resolver/server.ts';
import { readKubernetesOptions } from '../resolver/stanza/kubernetes-options.ts';
import { followTable } from '../resolver/table-metrics.ts';
import { printBanner } from './banner.ts';
import { BlockClusters } from './block-clusters.ts';
import { corefileOf, LAPTOP_PORT } from './corefile-of.ts';
import { checkCluster } from './open-cluster.ts';
import { whyNoLog } from './open-logs.ts';
import { openStore, whyNoStore } from './open-store.ts';
import { answerFrom, type OwnLogs } from './operator/own-logs.ts';
import { serveWords, type WordServer } from './operator/serve-words.ts';
import { ServedSince } from './served-since.ts';
import { setups } from './setups.ts';
import { STATE_DIRECTORY } from './state-directory.ts';
import type { Run } from './watch.ts';

/**
 * Shared memory reserved for the table: room for some five million names. Pages not used cost
 * nothing.
 */
const TABLE_OCTETS = 1024 * 1024 * 1024;

/** Ends when the signal aborts. Throws UsageError, ConfigurationError. */
export async function resolve({
  flags,
  log,
  signal,
  verb,
}: Run & { readonly verb: 'up' | 'resolver' }) {
  const corefile = await corefileOf(flags, log);
  const options = await federationOptionsOf(corefile);
  if (verb === 'resolver') checkIsResolver(options);
  const metrics = new Metrics();
  const store = await openStore(options, log);
  const table = createTable({ octets: TABLE_OCTETS });
  const groups = new QueryGroups(log);
  const cachedAnswers = new CachedAnswersTable(table, groups);
  const state = flags.text('state') ?? STATE_DIRECTORY;
  const servedSince = new ServedSince(join(state, 'zones'), log);
  const clusters = new BlockClusters(
    { table, store, log, metrics, groups, cachedAnswers, servedSince },
    { state, log, metrics },
  );
  const dnsPort = flags.port('dns.port') ?? (flags.has('kubeconfig') ? LAPTOP_PORT : undefined);
  const failing = new AbortController();
  const ending = AbortSignal.any([signal, failing.signal]);
  const configuration = configure(corefile, {
    log,
    fail: (error) => failing.abort(error),
    metrics,
    setups: setups(store, clusters),
    cachedAnswers,
    ...(dnsPort === undefined ? {} : { dnsPort }),
  });
  await checkStanzas(corefile);
  clusters.serveOn(configuration);
  followTable(metrics, table, groups);
  let words: WordServer | undefined;
  try {
    await configuration.start();
    words = await hearOperators(clusters.ownLogs, { state, log, signal: ending });
    const listeners = await listen(configuration, table.memory, { log, metrics });
    followListeners(metrics, listeners);
    try {
      configuration.opened();
      if (!flags.has('quiet')) {
        const { addresses } = listeners;
        await printBanner({ listeners: addresses, clusters: clusters.all, signal: ending });
      }
      await aborted(ending);
      failing.signal.throwIfAborted();
      log.info('stopping');
      await configuration.drain();
    } finally {
      await listeners.close();
    }
  } finally {
    await words?.close();
    await configuration.stop();
    await store?.close();
  }
}

/** Where nobody else can open the logs; undefined: they are a server's. */
async function hearOperators(
  own: readonly OwnLogs[],
  { state, log, signal }: { readonly state: string } & Pick<Run, 'log' | 'signal'>,
): Promise<WordServer | undefined> {
  if (own.length === 0) return undefined;
  const rest = { nowMs: () => Date.now(), signal };
  return serveWords({ state, log, answer: (request) => answerFrom(own, request, rest) });
}

/** The federation of the Corefile, all of it checked that can be without opening anything. */
async function federationOptionsOf(corefile: Corefile): Promise<FederationOptions | undefined> {
  let found: FederationOptions | undefined;
  for (const block of corefile.blocks) {
    for (const directive of block.directives) {
      if (directive.name !== 'federation') continue;
      if (found !== undefined) {
        throw new ConfigurationError(
          directive,
          `Cannot use federation again: line ${found.line} has it; expected one in a Corefile`,
        );
      }
      found = readFederationOptions(
        directive,
        block.keys.map(({ zone }) => zone),
      );
    }
  }
  if (found !== undefined) await checkAddresses(found);
  return found;
}

async function checkAddresses({ log, store, clusters }: FederationOptions): Promise<void> {
  const wrongs = [
    log.kind === 'nats' ? whyNoLog(log) : undefined,
    store === undefined ? undefined : whyNoStore(store),
  ];
  for (const wrong of wrongs) {
    if (wrong !== undefined) throw new ConfigurationError(wrong.at, wrong.why);
  }
  for (const cluster of clusters) {
    const wrong = await checkCluster(cluster.source);
    if (wrong !== undefined) throw new ConfigurationError(cluster, wrong);
  }
}

/** How the APIs of kubernetes and kubernetai are reached; the rest of the file is right. */
async function checkStanzas(corefile: Corefile): Promise<void> {
  for (const block of corefile.blocks) {
    const zones = block.keys.map(({ zone }) => zone);
    for (const directive of block.directives) {
      if (directive.name !== 'kubernetes' && directive.name !== 'kubernetai') continue;
      const wrong = await checkCluster(readKubernetesOptions(directive, zones).access);
      if (wrong !== undefined) throw new ConfigurationError(directive, wrong);
    }
  }
}

/** `resolver` is the distributed shape: its log is a server, and its watchers are elsewhere. */
function checkIsResolver(options: FederationOptions | undefined): void {
  if (options === undefined) return;
  const [cluster] = options.clusters;
  if (options.log.kind !== 'nats' || cluster !== undefined) {
    throw new ConfigurationError(
      cluster ?? options,
      `Cannot run as resolver: ${cluster ? 'it would watch a cluster' : 'the log is embedded'}; ` +
        'expected "log nats://HOST:PORT" and no cluster, or isthmus up',
    );
  }
}

async function listen(
  { listeners }: Configuration,
  table: SharedArrayBuffer,
  dependencies: { readonly log: Run['log']; readonly metrics: Metrics },
) {
  const nowMs = () => performance.now();
  const servers = listeners.map((listener) => new Server(listener, { ...dependencies, nowMs }));
  return openListeners({
    table,
    listen: listeners.map(({ host, port, sockets, connectionLimits }, view) => ({
      address: host,
      port,
      view,
      sockets,
      connectionLimits,
    })),
    threads: Math.min(availableParallelism(), THREADS_MAX),
    answerSlow: async (packet, client) => servers[client.view]?.answer(packet, client),
    log: dependencies.log,
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener('abort', () => done(), { once: true });
  });
}
