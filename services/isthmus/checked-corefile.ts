/** What is wrong with a Corefile beyond what its plugins find, without opening anything. */
import { ConfigurationError } from '../../libs/corefile/configuration-error.ts';
import type { Corefile, Directive, Place } from '../../libs/corefile/corefile.ts';
import { Wrongs } from '../../libs/corefile/wrongs.ts';
import type { FederationOptions } from '../resolver/plugins/federation/options.ts';
import { readFederationOptions } from '../resolver/plugins/federation/options.ts';
import { readKubernetesOptions } from '../resolver/stanza/kubernetes-options.ts';
import { type ClusterFrom, checkCluster } from './open-cluster.ts';
import { whyNoLog } from './open-logs.ts';
import { whyNoStore } from './open-store.ts';

/** Why a cluster that is named there can't be reached, whatever the network does. */
export type CheckCluster = (source: ClusterFrom, at: Place) => Promise<string | undefined>;

/** The federation of the Corefile, all of it checked that can be without opening anything. */
export async function federationOptionsOf(
  corefile: Corefile,
  check: CheckCluster = checkCluster,
): Promise<FederationOptions | undefined> {
  const wrongs = new Wrongs();
  let first: Place | undefined;
  let options: FederationOptions | undefined;
  for (const { directive, zones } of directivesOf(corefile, ['federation'])) {
    if (first === undefined) {
      first = directive;
      options = wrongs.of(() => readFederationOptions(directive, zones));
      continue;
    }
    const is = `line ${first.line} has it`;
    const text = `Cannot use federation again: ${is}; expected one in a Corefile`;
    wrongs.add(new ConfigurationError(directive, text));
  }
  if (options !== undefined) await checkAddresses(options, check, wrongs);
  wrongs.check();
  return options;
}

async function checkAddresses(
  { log, store, clusters }: FederationOptions,
  check: CheckCluster,
  wrongs: Wrongs,
): Promise<void> {
  const found = [
    log.kind === 'nats' ? whyNoLog(log) : undefined,
    store === undefined ? undefined : whyNoStore(store),
  ];
  for (const wrong of found) {
    if (wrong !== undefined) wrongs.add(new ConfigurationError(wrong.at, wrong.why));
  }
  for (const cluster of clusters) {
    const wrong = await check(cluster.source, cluster);
    if (wrong !== undefined) wrongs.add(new ConfigurationError(cluster, wrong));
  }
}

/** How the APIs of kubernetes and kubernetai are reached; the rest of the file may be wrong. */
export async function checkStanzas(
  corefile: Corefile,
  check: CheckCluster = checkCluster,
): Promise<void> {
  const wrongs = new Wrongs();
  for (const { directive, zones } of directivesOf(corefile, ['kubernetes', 'kubernetai'])) {
    const options = wrongs.of(() => readKubernetesOptions(directive, zones));
    const wrong = options && (await check(options.access, directive));
    if (wrong !== undefined) wrongs.add(new ConfigurationError(directive, wrong));
  }
  wrongs.check();
}

function directivesOf(
  { blocks }: Corefile,
  names: readonly string[],
): readonly { readonly directive: Directive; readonly zones: readonly string[] }[] {
  return blocks.flatMap(({ keys, directives }) => {
    const zones = keys.map(({ zone }) => zone);
    return directives
      .filter(({ name, isUnread }) => names.includes(name) && !isUnread)
      .map((directive) => ({ directive, zones }));
  });
}

/** `resolver` is the distributed shape: its log is a server, and its watchers are elsewhere. */
export function checkIsResolver(options: FederationOptions | undefined): void {
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
