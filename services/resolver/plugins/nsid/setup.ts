import { hostname } from 'node:os';
import { argumentsOf, noBlock, onlyOne } from '../../../../libs/corefile/arguments.ts';
import { ConfigurationError } from '../../../../libs/corefile/configuration-error.ts';
import type { Setup } from '../../plugin.ts';
import { createNsid } from './handler.ts';

/** Of what is told: it must fit into each reply beside an answer. */
const OCTETS_MAX = 255;

export const setup: Setup = (directives) => {
  const directive = onlyOne(directives);
  noBlock(directive);
  const words = argumentsOf(directive, 'what is told', 0, OCTETS_MAX).map(({ text }) => text);
  const data = new TextEncoder().encode(words.length === 0 ? hostname() : words.join(' '));
  if (data.length <= OCTETS_MAX) return createNsid(data);
  throw new ConfigurationError(
    directive,
    `Cannot tell so much: it has ${data.length} octets; expected ${OCTETS_MAX} at most`,
  );
};
