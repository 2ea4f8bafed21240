import { argumentsOf, noBlock, onlyOne, zonesOr } from '../../../../libs/corefile/arguments.ts';
import type { Setup } from '../../plugin.ts';
import { createMetadata } from './handler.ts';

/** Words of one directive. */
const ARGUMENTS_MAX = 1000;

export const setup: Setup = (directives, { zones }) => {
  const directive = onlyOne(directives);
  noBlock(directive);
  return createMetadata(zonesOr(argumentsOf(directive, 'zones', 0, ARGUMENTS_MAX), zones));
};
