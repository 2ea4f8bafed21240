/** The directive → a plugin that answers from what the composition root opened for it. */
import { onlyOne } from '../../../../libs/corefile/arguments.ts';
import { absoluteName } from '../../../../libs/dns/name.ts';
import { runningPlugin } from '../../clusters/clusters-plugin.ts';
import type { ClustersRuntime } from '../../clusters/clusters-runtime.ts';
import type { Plugin, Setup, SetupContext } from '../../plugin.ts';
import { type FederationOptions, readFederationOptions } from './options.ts';

/** Makes the runtime of a directive. No I/O before its start. Throws ConfigurationError. */
export type OpenFederation = (options: FederationOptions, context: SetupContext) => ClustersRuntime;

export function federationSetup(open: OpenFederation): Setup {
  return (directives, context): Plugin => {
    const options = readFederationOptions(onlyOne(directives), context.zones.map(absoluteName));
    return runningPlugin('federation', open(options, context));
  };
}
