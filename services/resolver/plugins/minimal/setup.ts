import { noArguments, noBlock, onlyOne } from '../../../../libs/corefile/arguments.ts';
import type { Setup } from '../../plugin.ts';
import { createMinimal } from './handler.ts';

export const setup: Setup = (directives) => {
  const directive = onlyOne(directives);
  noArguments(directive);
  noBlock(directive);
  return createMinimal();
};
