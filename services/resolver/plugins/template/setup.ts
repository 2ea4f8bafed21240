import {
  argumentsOf,
  cannotRead,
  oneArgument,
  readProperties,
  wholeNumber,
  zonesOr,
} from '../../../../libs/corefile/arguments.ts';
import type { Directive, Property, Token } from '../../../../libs/corefile/corefile.ts';
import { both, each } from '../../../../libs/corefile/wrongs.ts';
import { RCODE_NUMBERS, typeName, typeNumber } from '../../../../libs/dns/iana.ts';
import { type EdnsOption, OPTION_EDE } from '../../../../libs/dns/message.ts';
import { ExpressionError } from '../../../../libs/expression/expression-error.ts';
import { compilePattern, type Pattern, readPattern } from '../../../../libs/regex/pattern.ts';
import { type Shape, TemplateError } from '../../../../libs/text-template/value.ts';
import type { Setup } from '../../plugin.ts';
import { readFallthrough } from '../../stanza/stanza-zones.ts';
import { ConditionsReader, shapeOf } from './conditions.ts';
import { createTemplate, type TemplateRule } from './handler.ts';
import { shapeFor } from './query-values.ts';
import { compileRecord, RecordFailure, type RecordTemplate, SECTIONS } from './record-template.ts';
import { createTemplateMetrics } from './template-metrics.ts';

const CLASSES = ['IN', 'CH', 'ANY'];
/** CoreDNS takes them; nobody asks in them here. */
const CLASSES_UNASKED = ['CS', 'HS', 'NONE'];
/** Words of one statement. */
const WORDS_MAX = 10_000;
const ERROR_CODE_MAX = 0xffff;
/** Of the text of an extended error, in octets: it must fit into a reply beside records. */
const ERROR_TEXT_MAX = 255;
const EVERYTHING = compilePattern('.*');

/** Each directive of a server block is a rule, in file order. */
export const setup: Setup = (directives, { log, metrics, server, view, zones }) =>
  createTemplate(
    each(directives, (directive) => readRule(directive, zones)),
    { log, metrics: createTemplateMetrics(metrics, server, view), zones },
  );

function readRule(directive: Directive, blockZones: readonly string[]): TemplateRule {
  const expected = 'CLASS TYPE [ZONES...]';
  const [classToken, typeToken, ...zones] = argumentsOf(directive, expected, 2, WORDS_MAX);
  if (classToken === undefined || typeToken === undefined) throw new RangeError(expected);
  const [{ patterns, templates, conditions, ...rest }, what] = both(
    () => readBlock(directive),
    () => ({
      zones: zonesOr(zones, blockZones),
      className: readClass(classToken),
      type: readType(typeToken),
    }),
  );
  const used = patterns.length === 0 ? [EVERYTHING] : patterns;
  const shape = shapeFor(used, shapeOf(conditions));
  return {
    ...what,
    patterns: used,
    conditions,
    records: each(templates, (property) => readTemplates(property, shape)).flat(),
    ...rest,
  };
}

function readBlock(directive: Directive) {
  const patterns: Pattern[] = [];
  const templates: Property[] = [];
  const conditions = new ConditionsReader();
  let rcode = 0;
  let error: EdnsOption | undefined;
  let fallthrough: readonly string[] = [];
  const template = (property: Property) => templates.push(property);
  readProperties(directive, {
    match: (property) => {
      const tokens = argumentsOf(property, 'regular expressions', 1, WORDS_MAX);
      patterns.push(...tokens.map(readPattern));
    },
    var: (property) => {
      const [name = '', ...words] = wordsOf(property, 'a name and an expression', 2);
      reading(property, () => conditions.variable(name, words.join(' ')));
    },
    expr: (property) => {
      const text = wordsOf(property, 'an expression', 1).join(' ');
      reading(property, () => conditions.condition(text));
    },
    answer: template,
    additional: template,
    authority: template,
    rcode: (property) => {
      rcode = readRcode(oneArgument(property, 'a response code'));
    },
    ederror: (property) => {
      error = readError(property);
    },
    fallthrough: (property) => {
      fallthrough = readFallthrough(property);
    },
    // CoreDNS ignores it, whatever it says: targets are always asked of the server itself.
    upstream: () => {},
  });
  return { patterns, templates, conditions, rcode, error, fallthrough };
}

function wordsOf(property: Property, expected: string, least: number): readonly string[] {
  return argumentsOf(property, expected, least, WORDS_MAX).map(({ text }) => text);
}

/** What is wrong with an expression, with its place. */
function reading(property: Property, read: () => void): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const text = property.args.map((word) => word.text).join(' ');
    const expected = "an expression, as incidr(client_ip(), '10.0.0.0/8')";
    const token = { ...property, text: text.slice(0, 100) };
    throw cannotRead(token, property.name, error.message, expected);
  }
}

function readClass(token: Token): string {
  const expected = `one of ${CLASSES.join(', ')}`;
  if (CLASSES.includes(token.text)) return token.text;
  const is = CLASSES_UNASKED.includes(token.text) ? 'nobody is answered in it' : 'it is unknown';
  throw cannotRead(token, 'class', is, expected);
}

function readType(token: Token): string {
  const number = typeNumber(token.text);
  if (number === undefined) throw cannotRead(token, 'type', 'it is unknown', 'A, TYPE65280 or ANY');
  return typeName(number);
}

function readRcode(token: Token): number {
  const number = RCODE_NUMBERS.get(token.text);
  if (number !== undefined) return number;
  const known = [...RCODE_NUMBERS.keys()].join(', ');
  throw cannotRead(token, 'response code', 'it is unknown', `one of ${known}`);
}

function readError(property: Property): EdnsOption {
  const expected = 'a code, and perhaps a text';
  const [code, text] = argumentsOf(property, expected, 1, 2);
  if (code === undefined) throw new RangeError(expected);
  const number = wholeNumber(code, 'extended error', 0, ERROR_CODE_MAX);
  const octets = new TextEncoder().encode(text?.text ?? '');
  if (text !== undefined && octets.length > ERROR_TEXT_MAX) {
    const is = `it has ${octets.length} octets`;
    throw cannotRead(text, 'text', is, `${ERROR_TEXT_MAX} at most`);
  }
  return { code: OPTION_EDE, data: Uint8Array.of(number >> 8, number & 0xff, ...octets) };
}

/** Each argument is one. */
function readTemplates(property: Property, shape: Shape): RecordTemplate[] {
  const section = SECTIONS.find((each) => each === property.name) ?? 'answer';
  return argumentsOf(property, 'templates of records', 1, WORDS_MAX).map((token) => {
    try {
      return compileRecord(section, token.text, shape);
    } catch (error) {
      if (!(error instanceof TemplateError || error instanceof RecordFailure)) throw error;
      const [is = '', expected = 'a record'] = error.message.split(/; expected (?=[^;]*$)/);
      throw cannotRead({ ...token, text: token.text.slice(0, 200) }, section, is, expected);
    }
  });
}
