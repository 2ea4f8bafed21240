import {
  argumentsOf,
  oneOf,
  readProperties,
  zonesOr,
} from '../../../../libs/corefile/arguments.ts';
import type { Directive, Token } from '../../../../libs/corefile/corefile.ts';
import { both, each } from '../../../../libs/corefile/wrongs.ts';
import type { Log } from '../../../../libs/telemetry/log.ts';
import type { Setup } from '../../plugin.ts';
import type { Format } from './format.ts';
import { isFact, isPlaceholder, PLACEHOLDERS } from './format.ts';
import { createLogPlugin, type LogRule } from './handler.ts';
import { REPLY_CLASSES, type ReplyClass } from './reply-class.ts';

/** The form of a line unless another is given, and with the opcode, as CoreDNS has them. */
const COMMON =
  '{remote}:{port} - {>id} "{type} {class} {name} {proto} {size} {>do} {>bufsize}" ' +
  '{rcode} {>rflags} {rsize} {duration}';
const COMBINED = `${COMMON} "{>opcode}"`;

const CLASSES = [...REPLY_CLASSES, 'all'] as const;
/** A label of metadata: a plugin, and what it knows. */
const LABEL = /^[^/]+\/.+$/;
/** Words of one directive. */
const ARGUMENTS_MAX = 1000;

export const setup: Setup = (directives, { log, zones }) => {
  const rules = each(directives, (directive) => readRules(directive, log)).flat();
  return createLogPlugin({ log, rules, zones });
};

/** A rule for each name; a single argument is a name, even when it looks like a format. */
function readRules(directive: Directive, log: Log): readonly LogRule[] {
  const args = argumentsOf(directive, 'names and a format', 0, ARGUMENTS_MAX);
  const last = args.at(-1);
  const hasFormat = args.length > 1 && last?.text.includes('{') === true;
  const format = hasFormat && last !== undefined ? readFormat(last, log) : split(COMMON);
  const classes = new Set<ReplyClass | 'all'>();
  const [zones] = both(
    () => zonesOr(hasFormat ? args.slice(0, -1) : args, ['.']),
    () =>
      readProperties(directive, {
        class: (property) => {
          const tokens = argumentsOf(property, `some of ${CLASSES.join(', ')}`, 1, CLASSES.length);
          for (const token of tokens) classes.add(oneOf(token, 'class', CLASSES));
        },
      }),
  );
  if (classes.size === 0) classes.add('all');
  return zones.map((zone) => ({ zone, format, classes }));
}

/** What looks like a placeholder and is none is text, as in CoreDNS, which once had more. */
function readFormat({ text, file, line }: Token, log: Log): Format {
  const warn = (part: string, is: string) => {
    const known = PLACEHOLDERS.map((name) => `{${name}}`).join(' ');
    log.warning(
      `plugin/log: ${file}:${line}: "${part}" of the format ${is}; ` +
        `expected some of ${known} {/LABEL} {common} {combined}`,
    );
  };
  const parts = split(text.replaceAll('{common}', COMMON).replaceAll('{combined}', COMBINED));
  for (const part of parts) {
    if (typeof part === 'string') {
      if (/^\{[^{}]*\}$/.test(part)) warn(part, 'is no placeholder, and is written as it is');
    } else if (isFact(part) && !LABEL.test(part.label)) {
      warn(`{/${part.label}}`, 'is no label, and "-" is written');
    }
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
      if (/^\{\/[^{}]*\}$/.test(part)) return { label: name.slice(1) };
      return part.startsWith('{') && isPlaceholder(name) ? { placeholder: name } : part;
    });
}
