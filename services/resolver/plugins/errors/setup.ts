import {
  argumentsOf,
  noArguments,
  oneOf,
  onlyOne,
  readProperties,
} from '../../../../libs/corefile/arguments.ts';
import { ConfigurationError } from '../../../../libs/corefile/configuration-error.ts';
import type { Property } from '../../../../libs/corefile/corefile.ts';
import { durationMs } from '../../../../libs/corefile/duration.ts';
import type { Setup } from '../../plugin.ts';
import type { Consolidation } from './handler.ts';
import { createErrors } from './handler.ts';

/** Longest time over which failures are summed up: a day. */
const PERIOD_MS_MAX = 86_400_000;

export const setup: Setup = (directives, { log }) => {
  const directive = onlyOne(directives);
  noArguments(directive);
  const consolidations: Consolidation[] = [];
  let stacktrace = false;
  readProperties(directive, {
    stacktrace: (property) => {
      noArguments(property);
      stacktrace = true;
    },
    consolidate: (property) => {
      consolidations.push(readConsolidation(property));
    },
  });
  return createErrors({ log, consolidations, stacktrace });
};

function readConsolidation(property: Property): Consolidation {
  const expected = 'a duration, a pattern, and perhaps a level and show_first';
  const [duration, pattern, ...more] = argumentsOf(property, expected, 2, 4);
  if (duration === undefined || pattern === undefined) throw new RangeError(expected);
  const periodMs = durationMs(duration, 'duration', 1, PERIOD_MS_MAX);
  let level: Consolidation['level'] = 'error';
  let showFirst = false;
  for (const token of more) {
    const word = oneOf(token, 'option', ['warning', 'error', 'info', 'show_first'] as const);
    if (word === 'show_first') showFirst = true;
    else level = word;
  }
  try {
    return { periodMs, pattern: new RegExp(pattern.text), level, showFirst };
  } catch (error) {
    throw new ConfigurationError(
      pattern,
      `Cannot read the pattern "${pattern.text}": ${String(error)}; expected a regular expression`,
    );
  }
}
