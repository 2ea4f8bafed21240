import {
  noArguments,
  oneArgument,
  onlyOne,
  readProperties,
  wholeNumber,
} from '../../../../libs/corefile/arguments.ts';
import type { Property } from '../../../../libs/corefile/corefile.ts';
import type { HttpLimits } from '../../../../libs/socket/tcp-limits.ts';
import { TCP_LIMITS } from '../../../../libs/socket/tcp-limits.ts';
import type { Setup } from '../../plugin.ts';

/** No more are open at all. */
const CONNECTIONS_MAX = TCP_LIMITS.connectionsMax;
/** Of one connection; all of a resolver has some thousands under way. */
const STREAMS_MAX = 1000;

/** No handler: limits of listeners that speak HTTPS. */
export const setup: Setup = (directives, { block, log }) => {
  const directive = onlyOne(directives);
  noArguments(directive);
  let httpLimits: Partial<HttpLimits> = {};
  const limit = (name: keyof HttpLimits, most: number) => (property: Property) => {
    const token = oneArgument(property, 'a number');
    // CoreDNS has no limit then; here one of all listeners is left.
    const number = wholeNumber(token, property.name, 0, Number.MAX_SAFE_INTEGER);
    httpLimits = { ...httpLimits, [name]: number === 0 ? most : Math.min(number, most) };
  };
  readProperties(directive, {
    max_connections: limit('connectionsMax', CONNECTIONS_MAX),
    max_streams: limit('streamsMax', STREAMS_MAX),
  });
  if (!block.keys.some(({ scheme }) => scheme === 'https')) {
    const where = `${directive.file}:${directive.line}`;
    log.warning(`plugin/https: ${where} does nothing: no key of its block is "https://ZONE"`);
  }
  return { name: 'https', httpLimits };
};
