import {
  argumentsOf,
  noArguments,
  oneOf,
  readProperties,
} from '../../../../libs/corefile/arguments.ts';
import { ConfigurationError } from '../../../../libs/corefile/configuration-error.ts';
import type { Property } from '../../../../libs/corefile/corefile.ts';
import { each } from '../../../../libs/corefile/wrongs.ts';
import type { Setup } from '../../plugin.ts';
import type { ReplyFlags } from '../../response.ts';
import { createHeader } from './handler.ts';

const FLAGS = {
  aa: 'authoritative',
  ra: 'recursionAvailable',
  rd: 'recursionDesired',
} as const;
const NAMES = ['aa', 'ra', 'rd'] as const;
const WORDS_MAX = 10;

/** The lines of all directives, one after the other. */
export const setup: Setup = (directives) => {
  let query: ReplyFlags = {};
  let response: ReplyFlags = {};
  each(directives, (directive) => {
    noArguments(directive);
    if (directive.block === undefined || directive.block.length === 0) {
      throw new ConfigurationError(
        directive,
        'Cannot read "header": it changes nothing; expected lines, as in "response set ra"',
      );
    }
    readProperties(directive, {
      query: (property) => {
        query = { ...query, ...readFlags(property) };
      },
      response: (property) => {
        response = { ...response, ...readFlags(property) };
      },
    });
  });
  return createHeader({ query, response });
};

/** Later lines win. */
function readFlags(property: Property): ReplyFlags {
  const expected = 'set or clear, and flags';
  const [action, ...names] = argumentsOf(property, expected, 2, WORDS_MAX);
  if (action === undefined) throw new RangeError(expected);
  const lower = (token: typeof action) => ({ ...token, text: token.text.toLowerCase() });
  const isSet = oneOf(lower(action), 'action', ['set', 'clear'] as const) === 'set';
  let flags: ReplyFlags = {};
  for (const name of names) {
    flags = { ...flags, [FLAGS[oneOf(lower(name), 'flag', NAMES)]]: isSet };
  }
  return flags;
}
