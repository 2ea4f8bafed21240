import { noArguments, noBlock, onlyOne } from '../../../../libs/corefile/arguments.ts';
import type { Setup } from '../../plugin.ts';
import { createDebug } from './handler.ts';

export const setup: Setup = (directives, { log }) => {
  const directive = onlyOne(directives);
  noArguments(directive);
  noBlock(directive);
  return createDebug(log);
};
