/** The directive → a plugin that answers from what the composition root opened for it. */
import { onlyOne } from '../../../../libs/corefile/arguments.ts';
import { absoluteName } from '../../../../libs/dns/name.ts';
import type { Outcome } from '../../../../libs/federation/lookup.ts';
import type { Plugin, Setup, SetupContext } from '../../plugin.ts';
import { answerQuery, owns } from './handler.ts';
import { type FederationOptions, readFederationOptions } from './options.ts';

/** What stands behind the directive: logs, stores, watchers. */
export interface FederationRuntime {
  lookup(name: string, type: string): Outcome;
  /** What it waits for, a phrase each. */
  waitingFor(): readonly string[];
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Makes the runtime of a directive. No I/O before its start. Throws ConfigurationError. */
export type OpenFederation = (
  options: FederationOptions,
  context: SetupContext,
) => FederationRuntime;

export function federationSetup(open: OpenFederation): Setup {
  return (directives, context): Plugin => {
    const options = readFederationOptions(onlyOne(directives), context.zones.map(absoluteName));
    const runtime = open(options, context);
    return {
      name: 'federation',
      owns: (name) => owns(runtime.lookup(name, 'A'), name, options.fallthrough),
      handle: (query, next) =>
        answerQuery(query, next, (name, type) => runtime.lookup(name, type), options.fallthrough),
      waitingFor: () => runtime.waitingFor(),
      start: () => runtime.start(),
      stop: () => runtime.stop(),
    };
  };
}
