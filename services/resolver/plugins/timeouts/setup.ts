import {
  noArguments,
  oneArgument,
  readProperties,
  wholeNumber,
} from '../../../../libs/corefile/arguments.ts';
import { ConfigurationError } from '../../../../libs/corefile/configuration-error.ts';
import type { Directive, Property } from '../../../../libs/corefile/corefile.ts';
import { durationMs } from '../../../../libs/corefile/duration.ts';
import { each } from '../../../../libs/corefile/wrongs.ts';
import type { ConnectionLimits } from '../../../../libs/socket/tcp-limits.ts';
import type { Setup } from '../../plugin.ts';

/** A second to a day: CoreDNS's. */
const DURATION_MS = { least: 1000, most: 86_400_000 } as const;
const QUERIES_MAX = 1_000_000_000;

/** No handler: limits of the listener's connections. Of two directives the later one wins. */
export const setup: Setup = (directives) => {
  let connectionLimits: Partial<ConnectionLimits> = {};
  const time = (name: 'readMs' | 'writeMs' | 'idleMs') => (property: Property) => {
    connectionLimits = { ...connectionLimits, [name]: readTime(property) };
  };
  each(directives, (directive) => {
    noArguments(directive);
    if (directive.block === undefined || directive.block.length === 0)
      throw limitsNothing(directive);
    readProperties(directive, {
      read: time('readMs'),
      write: time('writeMs'),
      idle: time('idleMs'),
      maxtcpqueries: (property) => {
        connectionLimits = { ...connectionLimits, queriesMax: readQueries(property) };
      },
    });
  });
  return { name: 'timeouts', connectionLimits };
};

function limitsNothing(directive: Directive): ConfigurationError {
  return new ConfigurationError(
    directive,
    'Cannot read "timeouts": it limits nothing; expected one of read, write, idle, maxtcpqueries',
  );
}

function readTime(property: Property): number {
  const token = oneArgument(property, 'a duration');
  const text = /^\d+$/.test(token.text) ? `${token.text}s` : token.text;
  return durationMs({ ...token, text }, property.name, DURATION_MS.least, DURATION_MS.most);
}

function readQueries(property: Property): number {
  const token = oneArgument(property, 'a number');
  if (token.text === '-1') return Number.POSITIVE_INFINITY;
  return wholeNumber(token, property.name, 1, QUERIES_MAX);
}
