import { argumentsOf, cannotRead, noBlock, onlyOne } from '../../../../libs/corefile/arguments.ts';
import { THREADS_MAX } from '../../../../libs/table/layout.ts';
import type { Setup } from '../../plugin.ts';

/** CoreDNS's. */
const SOCKETS_MAX = 1024;

/** How many sockets a listener has: no handler, only a number. */
export const setup: Setup = (directives, { log }) => {
  const directive = onlyOne(directives);
  noBlock(directive);
  const [number] = argumentsOf(directive, 'at most a number of sockets', 0, 1);
  if (number === undefined) return { name: 'multisocket' };
  const sockets = /^[0-9]+$/.test(number.text) ? Number(number.text) : 0;
  if (sockets < 1 || sockets > SOCKETS_MAX) {
    throw cannotRead(number, 'number of sockets', 'it is none', `1 to ${SOCKETS_MAX}`);
  }
  if (sockets > THREADS_MAX) {
    log.warning(`plugin/multisocket: ${sockets} sockets are too many: it is ${THREADS_MAX}`);
  }
  return { name: 'multisocket', sockets: Math.min(sockets, THREADS_MAX) };
};
