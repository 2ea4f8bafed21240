import { BlockList } from 'node:net';
import {
  argumentsOf,
  cannotRead,
  oneArgument,
  readProperties,
} from '../../../../libs/corefile/arguments.ts';
import { besideCorefile } from '../../../../libs/corefile/beside-corefile.ts';
import { ConfigurationError } from '../../../../libs/corefile/configuration-error.ts';
import type { Directive, Property, Token } from '../../../../libs/corefile/corefile.ts';
import { durationMs } from '../../../../libs/corefile/duration.ts';
import { addNetwork } from '../../../../libs/corefile/network.ts';
import type { Setup, SetupContext } from '../../plugin.ts';
import { createLoadbalance } from './handler.ts';
import type { Random } from './order.ts';
import { countOf } from './weights.ts';
import { WeightsFile, type WeightsFileDependencies } from './weights-file.ts';

const POLICIES = 'round_robin, or weighted and a file';
const RELOAD_MS_DEFAULT = 30_000;
/** A day: who looks less often may as well never look. */
const RELOAD_MS_MAX = 86_400_000;
/** Each address of each reply is looked up in each. */
const NETWORKS_MAX = 1000;

interface Surroundings {
  readonly random: Random;
  readonly every: WeightsFileDependencies['every'];
}

/** With the clock and the chance of the machine. */
export const setup: Setup = createLoadbalanceSetup({
  random: Math.random,
  every: (ms, work) => {
    const timer = setInterval(() => void work(), ms);
    timer.unref();
    return () => clearInterval(timer);
  },
});

export function createLoadbalanceSetup({ random, every }: Surroundings): Setup {
  return (directives, context) => {
    let file: Token | undefined;
    let reloadMs = RELOAD_MS_DEFAULT;
    const prefers: BlockList[] = [];
    for (const directive of directives) {
      file = readPolicy(directive);
      reloadMs = RELOAD_MS_DEFAULT;
      readProperties(directive, {
        reload: (property) => {
          reloadMs = readReload(property, file);
        },
        prefer: (property) => {
          const tokens = argumentsOf(property, 'networks', 1, NETWORKS_MAX - prefers.length);
          prefers.push(...tokens.map(networkOf));
        },
      });
    }
    const options = { reloadMs, every };
    const weights = file && openWeights(file, context, options);
    return createLoadbalance({ weights, prefers, random });
  };
}

/** The file of weights, if that is the policy. */
function readPolicy(directive: Directive): Token | undefined {
  const [policy, file, excess] = argumentsOf(directive, POLICIES, 0, 3);
  if (policy === undefined) return undefined;
  if (policy.text === 'weighted' && file !== undefined && excess === undefined) return file;
  if (policy.text === 'round_robin' && file === undefined) return undefined;
  const isKnown = policy.text === 'weighted' || policy.text === 'round_robin';
  const is = isKnown ? `it has ${directive.args.length - 1} arguments` : 'it is unknown';
  throw cannotRead(policy, 'policy', is, POLICIES);
}

function readReload(property: Property, file: Token | undefined): number {
  const duration = oneArgument(property, 'a duration');
  if (file !== undefined) return durationMs(duration, 'reload', 0, RELOAD_MS_MAX);
  throw new ConfigurationError(
    property,
    'Cannot use "reload" of loadbalance: there is no file; expected the policy weighted',
  );
}

function networkOf(token: Token): BlockList {
  const network = new BlockList();
  addNetwork(network, token, 'network');
  return network;
}

function openWeights(
  file: Token,
  { log, metrics, root }: SetupContext,
  { reloadMs, every }: { readonly reloadMs: number } & Pick<Surroundings, 'every'>,
): WeightsFile {
  const path = besideCorefile(file, file.text, root);
  const addresses = metrics.gauge({
    name: 'isthmus_loadbalance_weights',
    help: 'Addresses that have a weight.',
    labels: ['file'],
  });
  const failures = metrics.counter({
    name: 'isthmus_loadbalance_reload_failures_total',
    help: 'Changed files of weights that could not be read.',
    labels: ['file'],
  });
  failures.add([path], 0);
  try {
    return new WeightsFile(
      { path, reloadMs },
      {
        ...{ log, every },
        onRead: (weights) => addresses.set(countOf(weights), [path]),
        onFailure: () => failures.add([path]),
      },
    );
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw cannotRead(file, 'file', why, 'weights of addresses');
  }
}
