/** Functions of the language itself, as far as texts need them. Those of a scope win over them. */
import { bounded, checkLength } from './bounded.ts';
import { ExpressionError } from './expression-error.ts';
import type { ExpressionFunction, Functions, Value } from './value.ts';

type Builtin = ExpressionFunction<unknown>;

const text = (of: (text: string) => string): Builtin => ({
  parameters: ['string'],
  type: 'string',
  call: (_scope, value) => bounded(of(String(value))),
});

const test = (of: (text: string, part: string) => boolean): Builtin => ({
  parameters: ['string', 'string'],
  type: 'boolean',
  call: (_scope, value, part) => of(String(value), String(part)),
});

const cut = (of: (text: string, part: string) => string): Builtin => ({
  parameters: ['string', 'string'],
  type: 'string',
  call: (_scope, value, part) => of(String(value), String(part)),
});

export const BUILTINS: Functions<unknown> = {
  lower: text((value) => value.toLowerCase()),
  upper: text((value) => value.toUpperCase()),
  trim: text((value) => value.trim()),
  hasPrefix: test((value, part) => value.startsWith(part)),
  hasSuffix: test((value, part) => value.endsWith(part)),
  trimPrefix: cut((value, part) => (value.startsWith(part) ? value.slice(part.length) : value)),
  trimSuffix: cut((value, part) =>
    value.endsWith(part) ? value.slice(0, value.length - part.length) : value,
  ),
  replace: {
    parameters: ['string', 'string', 'string'],
    type: 'string',
    call: (_scope, value, from, to) => replaced(String(value), String(from), String(to)),
  },
  split: {
    parameters: ['string', 'string'],
    type: 'list',
    call: (_scope, value, separator) => String(value).split(String(separator)),
  },
  join: {
    parameters: ['list', 'string'],
    type: 'string',
    call: (_scope, list, separator) =>
      bounded(Array.isArray(list) ? list.map(String).join(String(separator)) : ''),
  },
  len: { parameters: ['any'], type: 'number', call: (_scope, value) => lengthOf(value) },
  int: { parameters: ['any'], type: 'number', call: (_scope, value) => integerOf(value) },
  string: { parameters: ['any'], type: 'string', call: (_scope, value) => String(value) },
};

function replaced(value: string, from: string, to: string): string {
  // Between all letters, for an empty one: as Go has it.
  const count = from === '' ? value.length + 1 : value.split(from).length - 1;
  checkLength(value.length + count * (to.length - from.length));
  return value.replaceAll(from, () => to);
}

function lengthOf(value: Value = null): number {
  if (typeof value === 'string' || Array.isArray(value)) return value.length;
  throw new ExpressionError('len() has neither a text nor a list');
}

function integerOf(value: Value = null): number {
  const number =
    typeof value === 'string' && !/^[-+]?\d+$/.test(value) ? Number.NaN : Number(value);
  if (Number.isFinite(number)) return Math.trunc(number);
  throw new ExpressionError(`int() has "${String(value)}", which is no number`);
}
