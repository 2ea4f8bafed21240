/**
 * How plugins read their statements: each function gives the value, or throws a ConfigurationError
 * that says what was expected.
 */
import { ConfigurationError } from './configuration-error.ts';
import type { Directive, Property, Token } from './corefile.ts';
import { each } from './wrongs.ts';
import { readZones } from './zone.ts';

/** The error for a value: `Cannot read the <what> "<text>": <is>; expected <expected>`. */
export function cannotRead(
  token: Token,
  what: string,
  is: string,
  expected: string,
): ConfigurationError {
  return new ConfigurationError(
    token,
    `Cannot read the ${what} "${token.text}": ${is}; expected ${expected}`,
  );
}

/** The arguments of a statement, when there are as many as it may have. */
export function argumentsOf(
  statement: Property,
  expected: string,
  least: number,
  most: number,
): readonly Token[] {
  const { args, name } = statement;
  if (args.length >= least && args.length <= most) return args;
  const count = ['no argument', 'one argument'][args.length] ?? `${args.length} arguments`;
  const is = `it has ${count}`;
  throw new ConfigurationError(statement, `Cannot read "${name}": ${is}; expected ${expected}`);
}

/** The only argument of a statement. */
export function oneArgument(statement: Property, expected: string): Token {
  const [argument] = argumentsOf(statement, expected, 1, 1);
  if (argument === undefined) throw new ConfigurationError(statement, `Cannot read ${expected}`);
  return argument;
}

/** For statements that stand alone. */
export function noArguments(statement: Property): void {
  argumentsOf(statement, 'no argument', 0, 0);
}

/** For statements that open no block. */
export function noBlock(statement: Property): void {
  if (statement.block === undefined) return;
  throw new ConfigurationError(
    statement,
    `Cannot read the block of "${statement.name}": it has no properties; expected no braces`,
  );
}

/** The directive of a plugin that a server block has once. */
export function onlyOne(directives: readonly Directive[]): Directive {
  const [first, second] = directives;
  if (first === undefined) throw new RangeError('Cannot set up a plugin without its directive');
  if (second === undefined) return first;
  throw new ConfigurationError(
    second,
    `Cannot use "${second.name}" again: line ${first.line} has it; expected once a server block`,
  );
}

/** One that may be repeated: the arguments of the last one, and the properties of all. */
export function inOne(directives: readonly Directive[]): Directive {
  const last = directives.at(-1);
  if (last === undefined) throw new RangeError('Cannot set up a plugin without its directive');
  return { ...last, block: directives.flatMap(({ block = [] }) => block) };
}

/** Readers of a block's properties by name. */
export type PropertyReaders = Readonly<Record<string, (property: Property) => void>>;

/**
 * Reads each property of a directive's block, also those after one that is wrong. `missing` names
 * those that CoreDNS has and this plugin has not yet.
 */
export function readProperties(
  directive: Directive,
  readers: PropertyReaders,
  missing: readonly string[] = [],
): void {
  each(directive.block ?? [], (property) => {
    const reader = Object.hasOwn(readers, property.name) ? readers[property.name] : undefined;
    if (reader !== undefined) {
      noBlock(property);
      reader(property);
      return;
    }
    const is = missing.includes(property.name) ? 'CoreDNS has it, we do not yet' : 'it is unknown';
    const known = Object.keys(readers).join(', ');
    throw new ConfigurationError(
      property,
      `Cannot use the property "${property.name}" of ${directive.name}: ${is}; ` +
        `expected ${known === '' ? 'none' : `one of ${known}`}`,
    );
  });
}

/** One of a few words. */
export function oneOf<T extends string>(token: Token, what: string, words: readonly T[]): T {
  const found = words.find((word) => word === token.text);
  if (found !== undefined) return found;
  throw cannotRead(token, what, 'it is unknown', `one of ${words.join(', ')}`);
}

/** A whole number within limits. */
export function wholeNumber(token: Token, what: string, least: number, most: number): number {
  const number = /^\d{1,15}$/.test(token.text) ? Number(token.text) : Number.NaN;
  if (number >= least && number <= most) return number;
  const is = Number.isNaN(number) ? 'it is no whole number' : 'it is out of range';
  throw cannotRead(token, what, is, `${least} to ${most}`);
}

/** Zones, or those of the server block where none is named. */
export function zonesOr(tokens: readonly Token[], zones: readonly string[]): readonly string[] {
  return tokens.length === 0 ? zones : each(tokens, (token) => readZones(token)).flat();
}
