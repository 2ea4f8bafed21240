/** The directive → a plugin that answers from the cluster. */
import { onlyOne } from '../../../../libs/corefile/arguments.ts';
import { absoluteName } from '../../../../libs/dns/name.ts';
import { runningPlugin } from '../../clusters/clusters-plugin.ts';
import type { ClustersRuntime } from '../../clusters/clusters-runtime.ts';
import type { Setup, SetupContext } from '../../plugin.ts';
import { type KubernetesOptions, readKubernetesOptions } from '../../stanza/kubernetes-options.ts';

/** Makes the runtime of the stanzas. No I/O before its start. Throws ConfigurationError. */
export type OpenKubernetes = (
  stanzas: readonly KubernetesOptions[],
  context: SetupContext,
) => ClustersRuntime;

export function kubernetesSetup(open: OpenKubernetes): Setup {
  return (directives, context) => {
    const zones = context.zones.map(absoluteName);
    return runningPlugin(
      'kubernetes',
      open([readKubernetesOptions(onlyOne(directives), zones)], context),
    );
  };
}
