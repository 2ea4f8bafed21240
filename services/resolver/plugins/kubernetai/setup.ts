/** The directives → a plugin that answers from the clusters, a stanza each. */
import { absoluteName } from '../../../../libs/dns/name.ts';
import { runningPlugin } from '../../clusters/clusters-plugin.ts';
import type { ClustersRuntime } from '../../clusters/clusters-runtime.ts';
import type { Setup, SetupContext } from '../../plugin.ts';
import type { KubernetesOptions } from '../../stanza/kubernetes-options.ts';
import { readKubernetaiOptions } from './options.ts';

/** Makes the runtime of the stanzas. No I/O before its start. Throws ConfigurationError. */
export type OpenKubernetai = (
  stanzas: readonly KubernetesOptions[],
  context: SetupContext,
) => ClustersRuntime;

export function kubernetaiSetup(open: OpenKubernetai): Setup {
  return (directives, context) => {
    const zones = context.zones.map(absoluteName);
    return runningPlugin('kubernetai', open(readKubernetaiOptions(directives, zones), context));
  };
}
