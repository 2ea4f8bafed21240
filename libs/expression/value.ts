/** What expressions are made of, once they are compiled. */

export type Value = string | number | boolean | null | readonly Value[];
export type Type = 'string' | 'number' | 'boolean' | 'list' | 'any';

export interface Expression<Scope> {
  readonly type: Type;
  /** Throws ExpressionError where a function can't say what it is asked. */
  readonly evaluate: (scope: Scope) => Value;
}

/** What an expression may call. */
export interface ExpressionFunction<Scope> {
  readonly parameters: readonly Type[];
  readonly type: Type;
  /** What is wrong with values that are written out; the others are undefined. */
  readonly refuses?: (args: readonly (Value | undefined)[]) => string | undefined;
  readonly call: (scope: Scope, ...args: readonly Value[]) => Value;
}

export type Functions<Scope> = Readonly<Record<string, ExpressionFunction<Scope>>>;

/** What an expression may name: what it says there is known where it is compiled. */
export type Variables<Scope> = Readonly<Record<string, Expression<Scope>>>;
