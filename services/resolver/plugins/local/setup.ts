import {
  inOne,
  noArguments,
  oneArgument,
  oneOf,
  readProperties,
} from '../../../../libs/corefile/arguments.ts';
import type { Setup } from '../../plugin.ts';
import { createLocal } from './handler.ts';

export const setup: Setup = (directives, { metrics }) => {
  directives.forEach(noArguments);
  let prefix = true;
  readProperties(inOne(directives), {
    localhost_prefix: (property) => {
      prefix = oneOf(oneArgument(property, 'on or off'), 'word', ['on', 'off'] as const) === 'on';
    },
  });
  const localhosts = metrics.counter({
    name: 'coredns_local_localhost_requests_total',
    help: 'Queries for names below localhost, and those that begin with it.',
  });
  return createLocal({ prefix, onLocalhost: () => localhosts.add() });
};
