/** What is wrong with a Corefile beyond what its plugins find, without opening anything. */
import { ConfigurationError } from '../../libs/corefile/configuration-error.ts';
import type { Corefile, Place } from '../../libs/corefile/corefile.ts';
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
  if (found !== undefined) await checkAddresses(found, check);
  return found;
}

async function checkAddresses(
  { log, store, clusters }: FederationOptions,
  check: CheckCluster,
): Promise<void> {
  const wrongs = [
    log.kind === 'nats' ? whyNoLog(log) : undefined,
    store === undefined ? undefined : whyNoStore(store),
  ];
  for (const wrong of wrongs) {
    if (wrong !== undefined) throw new ConfigurationError(wrong.at, wrong.why);
  }
  for (const cluster of clusters) {
    const wrong = await check(cluster.source, cluster);
    if (wrong !== undefined) throw new ConfigurationError(cluster, wrong);
  }
}

/** How the APIs of kubernetes and kubernetai are reached; the rest of the file is right. */
export async function checkStanzas(
  corefile: Corefile,
  check: CheckCluster = checkCluster,
): Promise<void> {
  for (const block of corefile.blocks) {
    const zones = block.keys.map(({ zone }) => zone);
    for (const directive of block.directives) {
      if (directive.name !== 'kubernetes' && directive.name !== 'kubernetai') continue;
      const wrong = await check(readKubernetesOptions(directive, zones).access, directive);
      if (wrong !== undefined) throw new ConfigurationError(directive, wrong);
    }
  }
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
