import {
  argumentsOf,
  cannotRead,
  oneOf,
  readProperties,
  zonesOr,
} from '../../../../libs/corefile/arguments.ts';
import type { Directive, Token } from '../../../../libs/corefile/corefile.ts';
import type { Setup } from '../../plugin.ts';
import type { Format } from './format.ts';
import { isPlaceholder, PLACEHOLDERS } from './format.ts';
import type { LogClass, LogRule } from './handler.ts';
import { createLogPlugin } from './handler.ts';

/** The form of a line unless another is given, and with the opcode, as CoreDNS has them. */
const COMMON =
  '{remote}:{port} - {>id} "{type} {class} {name} {proto} {size} {>do} {>bufsize}" ' +
  '{rcode} {>rflags} {rsize} {duration}';
const COMBINED = `${COMMON} "{>opcode}"`;

const CLASSES = ['success', 'denial', 'error', 'all'] as const;
/** A label of metadata: a plugin, and what it knows. */
const FACT = /^\/[^/]+\/.+$/;
/** Words of one directive. */
const ARGUMENTS_MAX = 1000;

export const setup: Setup = (directives, { log }) =>
  createLogPlugin({ log, rules: directives.flatMap(readRules) });

/** A rule for each name; a single argument is a name, even when it looks like a format. */
function readRules(directive: Directive): readonly LogRule[] {
  const args = argumentsOf(directive, 'names and a format', 0, ARGUMENTS_MAX);
  const last = args.at(-1);
  const hasFormat = args.length > 1 && last?.text.includes('{') === true;
  const format = hasFormat && last !== undefined ? readFormat(last) : split(COMMON);
  const zones = zonesOr(hasFormat ? args.slice(0, -1) : args, ['.']);
  const classes = new Set<LogClass>();
  readProperties(directive, {
    class: (property) => {
      const tokens = argumentsOf(property, `some of ${CLASSES.join(', ')}`, 1, CLASSES.length);
      for (const token of tokens) classes.add(oneOf(token, 'class', CLASSES));
    },
  });
  if (classes.size === 0) classes.add('all');
  return zones.map((zone) => ({ zone, format, classes }));
}

function readFormat(token: Token): Format {
  const text = token.text.replaceAll('{common}', COMMON).replaceAll('{combined}', COMBINED);
  const parts = split(text);
  for (const part of parts) {
    if (typeof part !== 'string' || !/^\{[^{}]*\}$/.test(part)) continue;
    throw cannotRead(
      token,
      'format',
      `${part} is unknown`,
      `text with ${PLACEHOLDERS.map((name) => `{${name}}`).join(' ')} {/LABEL} {common} {combined}`,
    );
  }
  return parts;
}

/** Placeholders of a format, and the text between them. */
function split(format: string): Format {
  return format
    .split(/(\{[^{}]*\})/)
    .filter((part) => part !== '')
    .map((part) => {
      const name = part.slice(1, -1);
      if (part.startsWith('{/') && FACT.test(name)) return { label: name.slice(1) };
      return part.startsWith('{') && isPlaceholder(name) ? { placeholder: name } : part;
    });
}
