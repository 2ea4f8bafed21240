import {
  argumentsOf,
  cannotRead,
  onlyOne,
  readProperties,
} from '../../../../libs/corefile/arguments.ts';
import type { Setup } from '../../plugin.ts';
import { createLoadbalance } from './handler.ts';

export const setup: Setup = (directives) => {
  const directive = onlyOne(directives);
  const [policy] = argumentsOf(directive, 'at most a policy', 0, 3);
  if (policy?.text === 'weighted') {
    throw cannotRead(policy, 'policy', 'CoreDNS has it, we do not yet', 'round_robin');
  }
  if (policy !== undefined && policy.text !== 'round_robin') {
    throw cannotRead(policy, 'policy', 'it is unknown', 'round_robin');
  }
  argumentsOf(directive, 'at most a policy', 0, 1);
  readProperties(directive, {}, ['prefer']);
  return createLoadbalance(Math.random);
};
