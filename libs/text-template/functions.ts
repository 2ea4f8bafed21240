/** The functions that every template has. `and` and `or` are the evaluator's. */
import { print, printf, textOf } from './format.ts';
import type { Shape, TemplateFunction, TemplateFunctions, Value } from './value.ts';
import {
  ANY,
  BOOLEAN,
  INTEGER,
  isDictionary,
  isList,
  isTrue,
  kindOf,
  STRING,
  TemplateFailure,
} from './value.ts';

const ANY_NUMBER = Number.POSITIVE_INFINITY;

function of(
  least: number,
  most: number,
  gives: Shape,
  call: (args: readonly Value[]) => Value,
): TemplateFunction {
  return { least, most, gives, call };
}

/** Compares two values of one kind. */
const compares = (holds: (order: number) => boolean) =>
  of(2, 2, BOOLEAN, ([a, b]) => holds(orderOf(a, b)));

export const FUNCTIONS: TemplateFunctions = {
  and: of(1, ANY_NUMBER, ANY, (args) => args.at(-1)),
  or: of(1, ANY_NUMBER, ANY, (args) => args.at(-1)),
  not: of(1, 1, BOOLEAN, ([value]) => !isTrue(value)),
  eq: of(2, ANY_NUMBER, BOOLEAN, ([first, ...rest]) => rest.some((each) => isEqual(first, each))),
  ne: of(2, 2, BOOLEAN, ([a, b]) => !isEqual(a, b)),
  lt: compares((order) => order < 0),
  le: compares((order) => order <= 0),
  gt: compares((order) => order > 0),
  ge: compares((order) => order >= 0),
  len: of(1, 1, INTEGER, ([value]) => BigInt(lengthOf(value))),
  index: of(1, ANY_NUMBER, ANY, ([value, ...keys]) => keys.reduce(partOf, value)),
  slice: of(1, 4, ANY, ([value, ...bounds]) => slice(value, bounds)),
  print: of(0, ANY_NUMBER, STRING, print),
  println: of(0, ANY_NUMBER, STRING, (args) => `${args.map(textOf).join(' ')}\n`),
  printf: of(1, ANY_NUMBER, STRING, ([format, ...values]) => {
    if (typeof format !== 'string') throw wrong('printf', format, 'a format');
    return printf(format, values);
  }),
};

function isEqual(a: Value, b: Value): boolean {
  if (a === undefined || b === undefined) return a === b;
  checkComparable(a, b);
  return a === b;
}

function orderOf(a: Value, b: Value): number {
  checkComparable(a, b);
  if (typeof a === 'boolean') throw wrong('a comparison', a, 'numbers or texts');
  const [left, right] = [a ?? 0, b ?? 0];
  return left < right ? -1 : Number(left > right);
}

function checkComparable(a: Value, b: Value): void {
  if (typeof a === 'object' || a === undefined) throw wrong('a comparison', a, 'numbers or texts');
  if (typeof a === typeof b) return;
  throw new TemplateFailure(`values of types ${kindOf(a)} and ${kindOf(b)} can't be compared`);
}

function lengthOf(value: Value): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (isList(value)) return value.length;
  if (isDictionary(value)) return value.size;
  throw wrong('len', value, 'a text, a list or a map');
}

/** Of a map: nothing is an empty text, as all of ours have texts. */
function partOf(value: Value, key: Value): Value {
  if (isDictionary(value)) {
    if (typeof key !== 'string') throw wrong('index', key, 'a text');
    return value.get(key) ?? '';
  }
  if (!isList(value) && typeof value !== 'string') throw wrong('index', value, 'a list or a map');
  const at = positionIn(key, lengthOf(value) - 1);
  return isList(value) ? value[at] : BigInt(Buffer.from(value)[at] ?? 0);
}

function slice(value: Value, bounds: readonly Value[]): Value {
  const isText = typeof value === 'string';
  if (!isText && !isList(value)) throw wrong('slice', value, 'a text or a list');
  if (isText && bounds.length > 2) throw new TemplateFailure('slice has three bounds of a text');
  const length = lengthOf(value);
  const [from = 0, to = length] = bounds.map((bound) => positionIn(bound, length));
  if (from > to) throw new TemplateFailure(`slice goes from ${from} to ${to}`);
  return isText ? Buffer.from(value).subarray(from, to).toString() : value.slice(from, to);
}

function positionIn(key: Value, last: number): number {
  if (typeof key !== 'bigint') throw wrong('an index', key, 'a whole number');
  if (key >= 0n && key <= BigInt(last)) return Number(key);
  throw new TemplateFailure(`the index ${key} is out of range`);
}

function wrong(what: string, value: Value, expected: string): TemplateFailure {
  return new TemplateFailure(
    `${what} can't use a value of type ${kindOf(value)}; expected ${expected}`,
  );
}
