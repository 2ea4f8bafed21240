import { argumentsOf, cannotRead, noBlock, onlyOne } from '../../../../libs/corefile/arguments.ts';
import { THREADS_MAX } from '../../../../libs/table/layout.ts';
import type { Setup } from '../../plugin.ts';

/** How many sockets a listener has: no handler, only a number. */
export const setup: Setup = (directives) => {
  const directive = onlyOne(directives);
  noBlock(directive);
  const [number] = argumentsOf(directive, 'at most a number of sockets', 0, 1);
  if (number === undefined) return { name: 'multisocket' };
  const sockets = /^[0-9]+$/.test(number.text) ? Number(number.text) : 0;
  if (sockets >= 1 && sockets <= THREADS_MAX) return { name: 'multisocket', sockets };
  throw cannotRead(number, 'number of sockets', 'it is none', `1 to ${THREADS_MAX}`);
};
