/**
 * The directive → a plugin that answers from the clusters of its server block: what it serves is
 * read by whoever opens those.
 */
import { inOne } from '../../../../libs/corefile/arguments.ts';
import { ConfigurationError } from '../../../../libs/corefile/configuration-error.ts';
import { absoluteName } from '../../../../libs/dns/name.ts';
import { clustersPlugin } from '../../clusters/clusters-plugin.ts';
import type { ClustersRuntime } from '../../clusters/clusters-runtime.ts';
import type { Setup, SetupContext } from '../../plugin.ts';
import { readK8sExternalOptions } from './options.ts';

const SOURCES = ['kubernetes', 'kubernetai', 'federation'];

/** The runtime of the server block, once its source is set up. */
export type RuntimeOf = (context: SetupContext) => ClustersRuntime;

export function k8sExternalSetup(runtimeOf: RuntimeOf): Setup {
  return (directives, context) => {
    const directive = inOne(directives);
    // The clusters read it again: what is wrong is told also where they are wrong themselves.
    readK8sExternalOptions(directive, context.zones.map(absoluteName));
    if (!context.block.directives.some(({ name }) => SOURCES.includes(name))) {
      throw new ConfigurationError(
        directive,
        'Cannot use k8s_external: its server block has no cluster; ' +
          `expected one of ${SOURCES.join(', ')} beside it`,
      );
    }
    return clustersPlugin('k8s_external', () => runtimeOf(context));
  };
}
