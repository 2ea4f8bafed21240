/** What templates compute with. */

/** A text, a whole number, a fraction, a truth, nothing, or what has parts. */
export type Value = string | bigint | number | boolean | undefined | List | Dictionary | Struct;

export type List = readonly Value[];
export type Dictionary = ReadonlyMap<string, Value>;

/** Fields by name; one that is a function takes arguments. */
export interface Struct {
  readonly fields: Readonly<Record<string, Value | Method>>;
}

export type Method = (args: readonly Value[]) => Value;

export function isList(value: Value): value is List {
  return Array.isArray(value);
}

export function isDictionary(value: Value): value is Dictionary {
  return value instanceof Map;
}

export function isStruct(value: Value): value is Struct {
  return typeof value === 'object' && !isList(value) && !isDictionary(value);
}

/** What is neither nothing, nor zero, nor empty. */
export function isTrue(value: Value): boolean {
  if (isList(value)) return value.length > 0;
  if (isDictionary(value)) return value.size > 0;
  return typeof value === 'bigint' ? value !== 0n : Boolean(value);
}

/** How messages call what kind of value it is: Go's words. */
export function kindOf(value: Value): string {
  if (value === undefined) return 'nil';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'number') return 'float64';
  if (typeof value === 'boolean') return 'bool';
  if (isList(value)) return 'slice';
  return isDictionary(value) ? 'map' : 'struct';
}

/** What a value is known to be before there is one. */
export type Shape =
  | { readonly kind: 'any' | 'string' | 'integer' | 'float' | 'boolean' }
  | { readonly kind: 'list'; readonly of: Shape }
  /** `keys`: those that it may have; absent: any. */
  | { readonly kind: 'dictionary'; readonly of: Shape; readonly keys?: ReadonlySet<string> }
  | { readonly kind: 'struct'; readonly fields: Readonly<Record<string, Shape>> }
  | { readonly kind: 'method'; readonly arguments: number; readonly gives: Shape };

export const ANY: Shape = { kind: 'any' };
export const STRING: Shape = { kind: 'string' };
export const INTEGER: Shape = { kind: 'integer' };
export const FLOAT: Shape = { kind: 'float' };
export const BOOLEAN: Shape = { kind: 'boolean' };

/** A function of templates. */
export interface TemplateFunction {
  /** How many arguments it takes, at least and at most. */
  readonly least: number;
  readonly most: number;
  readonly gives: Shape;
  /** Throws TemplateFailure. */
  call(args: readonly Value[]): Value;
}

export type TemplateFunctions = Readonly<Record<string, TemplateFunction>>;

/** A template that can't be read: `is …; expected …`. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';

  constructor(is: string, expected: string) {
    super(`${is}; expected ${expected}`);
  }
}

/** A template that can't be carried out with these values. */
export class TemplateFailure extends Error {
  override readonly name = 'TemplateFailure';
}
