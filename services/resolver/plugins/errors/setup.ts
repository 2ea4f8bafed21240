import {
  argumentsOf,
  cannotRead,
  noArguments,
  oneOf,
  onlyOne,
  readProperties,
} from '../../../../libs/corefile/arguments.ts';
import type { Property, Token } from '../../../../libs/corefile/corefile.ts';
import { durationMs } from '../../../../libs/corefile/duration.ts';
import { both } from '../../../../libs/corefile/wrongs.ts';
import { readPattern } from '../../../../libs/regex/pattern.ts';
import type { Setup } from '../../plugin.ts';
import type { Consolidation } from './handler.ts';
import { createErrors } from './handler.ts';

const LEVELS = ['warning', 'error', 'info', 'debug'] as const;
/** Longest time over which failures are summed up: a day. */
const PERIOD_MS_MAX = 86_400_000;

export const setup: Setup = (directives, { log, block }) => {
  const directive = onlyOne(directives);
  const consolidations: Consolidation[] = [];
  let stacktrace = false;
  const where = () => {
    const [word] = argumentsOf(directive, 'no argument, or stdout', 0, 1);
    if (word !== undefined) oneOf(word, 'place', ['stdout'] as const);
  };
  const properties = () =>
    readProperties(directive, {
      stacktrace: (property) => {
        noArguments(property);
        stacktrace = true;
      },
      consolidate: (property) => {
        consolidations.push(readConsolidation(property));
      },
    });
  both(where, properties);
  // As in CoreDNS, where the plugin debug is what opens that level.
  const debugs = block.directives.some(({ name }) => name === 'debug');
  const levels = debugs ? log : { ...log, debug: () => {} };
  return createErrors({ log: levels, consolidations, stacktrace });
};

function readConsolidation(property: Property): Consolidation {
  const expected = 'a duration, a pattern, and perhaps a level and show_first';
  const [duration, pattern, ...more] = argumentsOf(property, expected, 2, 4);
  if (duration === undefined || pattern === undefined) throw new RangeError(expected);
  const periodMs = durationMs(duration, 'duration', 1, PERIOD_MS_MAX);
  const [level, showFirst, excess] = readOptions(more);
  if (excess !== undefined) {
    const is = 'it is not in its place';
    throw cannotRead(excess, 'option', is, 'at most a level, and show_first after it');
  }
  return { periodMs, pattern: readPattern(pattern), level, showFirst };
}

/** And what is left over. */
function readOptions(
  tokens: readonly Token[],
): readonly [level: Consolidation['level'], showFirst: boolean, excess: Token | undefined] {
  const options = [...LEVELS, 'show_first'] as const;
  const words = tokens.map((token) => oneOf(token, 'option', options));
  const [first = 'error', second] = words;
  if (first === 'show_first') return ['error', true, tokens[1]];
  const excess = second === undefined || second === 'show_first' ? undefined : tokens[1];
  return [first, second !== undefined, excess];
}
