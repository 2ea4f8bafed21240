/**
 * `isthmus up` and `isthmus resolver`: from a Corefile to answers, in this order.
 *
 *   read all of the configuration (exit code 2 if it is wrong, nothing is open yet)
 *   ─► HTTP, plugins, logs, watchers ─► DNS listeners ─► banner
 *   … the Corefile changes … ─► the same, beside what runs ─► what is gone ends
 *   … signal … ─► drain ─► close in reverse
 */
import { Metrics } from '../../libs/telemetry/metrics.ts';
import { printBanner } from './banner.ts';
import { cookieSecrets } from './cookie-secrets.ts';
import { LAPTOP_PORT } from './corefile-of.ts';
import { corefileReader, KUBE_DNS_EVERY_MS } from './corefile-reader.ts';
import { isJson } from './log-of.ts';
import { answerFrom } from './operator/own-logs.ts';
import { serveWords, type WordServer } from './operator/serve-words.ts';
import { countProcess } from './process-metrics.ts';
import { Reloads } from './reloads.ts';
import { RunningResolver } from './running-resolver.ts';
import { STATE_DIRECTORY } from './state-directory.ts';
import type { Run } from './watch.ts';

/** CoreDNS's. */
const RELOAD_SIGNAL = 'SIGUSR1';
const IGNORED_SIGNAL = 'SIGHUP';
const ignore = () => {};

/** Ends when the signal aborts. Throws UsageError, ConfigurationError. */
export async function resolve({
  flags,
  log,
  signal,
  verb,
  print,
}: Run & { readonly verb: 'up' | 'resolver'; readonly print: (text: string) => void }) {
  const read = corefileReader(flags);
  const corefile = await read(log);
  const state = flags.text('state') ?? STATE_DIRECTORY;
  const dnsPort = flags.port('dns.port') ?? (flags.has('kubeconfig') ? LAPTOP_PORT : undefined);
  const secrets = cookieSecrets(flags);
  const failing = new AbortController();
  const ending = AbortSignal.any([signal, failing.signal]);
  const metrics = new Metrics();
  countProcess(metrics);
  const reloads: Reloads = new Reloads({
    read,
    change: (next) => resolver.change(next),
    log,
    metrics,
  });
  const resolver = new RunningResolver({
    ...{ verb, state, dnsPort, log, metrics, signal: ending },
    cookieSecrets: secrets,
    fail: (error) => failing.abort(error),
    checkCorefile: () => void reloads.check(),
  });
  await resolver.configure(corefile);
  const reload = () => void reloads.checkNow();
  process.on(RELOAD_SIGNAL, reload);
  process.on(IGNORED_SIGNAL, ignore);
  // With or without `reload` in the Corefile.
  const looking = flags.has('kube-dns-config')
    ? setInterval(() => void reloads.check(), KUBE_DNS_EVERY_MS)
    : undefined;
  let words: WordServer | undefined;
  try {
    await resolver.start();
    words = await hearOperators(resolver, { state, log, signal: ending });
    await resolver.listen();
    reloads.runs(corefile);
    const status = words?.isHeard === true ? statusCommand(state) : undefined;
    if (!flags.has('quiet') && !isJson(flags))
      await printBanner({ ...resolver.served, status, signal: ending, print });
    await aborted(ending);
    failing.signal.throwIfAborted();
    log.info('stopping');
    await reloads.stop();
    await resolver.drain();
  } finally {
    clearInterval(looking);
    process.off(RELOAD_SIGNAL, reload);
    process.off(IGNORED_SIGNAL, ignore);
    await reloads.stop();
    await resolver.close();
    await words?.close();
    await resolver.stop();
  }
}

/** Where nobody else can open the logs; undefined: they are a server's. */
async function hearOperators(
  resolver: RunningResolver,
  { state, log, signal }: { readonly state: string } & Pick<Run, 'log' | 'signal'>,
): Promise<WordServer | undefined> {
  if (resolver.ownLogs.length === 0) return undefined;
  const rest = { nowMs: () => Date.now(), signal };
  return serveWords({
    state,
    log,
    answer: (request) => answerFrom(resolver.ownLogs, request, rest),
  });
}

function statusCommand(state: string): string {
  return state === STATE_DIRECTORY ? 'isthmus status' : `isthmus status --state ${state}`;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener('abort', () => done(), { once: true });
  });
}
