/** Operators with two sides: which types they take, and what they give. */
import { compilePattern } from '../regex/pattern.ts';
import { bounded } from './bounded.ts';
import { ExpressionError } from './expression-error.ts';
import type { Tree } from './parser.ts';
import type { Expression, Type, Value } from './value.ts';

interface Operator {
  /** Of both sides. */
  readonly takes: Type;
  readonly type: Type;
  readonly of: (left: Value, right: Value) => Value;
}

const text = (of: (left: string, right: string) => boolean): Operator => ({
  takes: 'string',
  type: 'boolean',
  of: (left, right) => of(String(left), String(right)),
});
const number = (of: (left: number, right: number) => number): Operator => ({
  takes: 'number',
  type: 'number',
  of: (left, right) => of(Number(left), Number(right)),
});
const order = (of: (left: string | number, right: string | number) => boolean): Operator => ({
  takes: 'any',
  type: 'boolean',
  of: (left, right) => {
    const isText = typeof left === 'string' && typeof right === 'string';
    return isText ? of(left, right) : of(Number(left), Number(right));
  },
});

const OPERATORS: Readonly<Record<string, Operator>> = {
  contains: text((left, right) => left.includes(right)),
  startsWith: text((left, right) => left.startsWith(right)),
  endsWith: text((left, right) => left.endsWith(right)),
  '-': number((left, right) => left - right),
  '*': number((left, right) => left * right),
  '/': number((left, right) => left / right),
  '%': number((left, right) => left % right),
  '**': number((left, right) => left ** right),
  '<': order((left, right) => left < right),
  '>': order((left, right) => left > right),
  '<=': order((left, right) => left <= right),
  '>=': order((left, right) => left >= right),
  '==': { takes: 'any', type: 'boolean', of: isSame },
  '!=': { takes: 'any', type: 'boolean', of: (left, right) => !isSame(left, right) },
};

/** Both sides of these are of one type, whichever it is. */
const ALIKE = new Set(['==', '!=', '<', '>', '<=', '>=', '+']);

export function compileOperator<S>(
  { sign, left: leftTree, right: rightTree, at }: Extract<Tree, { kind: 'binary' }>,
  left: Expression<S>,
  right: Expression<S>,
): Expression<S> {
  const check = (is: Type, expected: Type, { at: where }: Tree) => {
    if (is === expected || is === 'any' || expected === 'any') return;
    const what = `"${sign}" has a ${is} at character ${where + 1}, not a ${expected}`;
    throw new ExpressionError(what);
  };
  if (ALIKE.has(sign)) check(right.type, left.type, rightTree);
  switch (sign) {
    case 'and':
    case 'or': {
      check(left.type, 'boolean', leftTree);
      check(right.type, 'boolean', rightTree);
      const ends = sign === 'or';
      const evaluate = (scope: S) =>
        (left.evaluate(scope) === true) === ends ? ends : right.evaluate(scope) === true;
      return { type: 'boolean', evaluate };
    }
    case '??':
      return { type: right.type, evaluate: (at) => left.evaluate(at) ?? right.evaluate(at) };
    case 'in':
      check(right.type, 'list', rightTree);
      return {
        type: 'boolean',
        evaluate(scope) {
          const [value, list] = [left.evaluate(scope), right.evaluate(scope)];
          return Array.isArray(list) && list.some((item: Value) => isSame(item, value));
        },
      };
    case 'matches':
      check(left.type, 'string', leftTree);
      return matching(left, rightTree);
    case '+':
      return adding(left, right);
  }
  const operator = OPERATORS[sign];
  if (operator === undefined) {
    throw new ExpressionError(`"${sign}" at character ${at + 1} is no operator`);
  }
  check(left.type, operator.takes, leftTree);
  check(right.type, operator.takes, rightTree);
  const { type, of } = operator;
  return { type, evaluate: (scope) => of(left.evaluate(scope), right.evaluate(scope)) };
}

/** The pattern is written out: one made of the query would be compiled for each. */
function matching<S>(left: Expression<S>, pattern: Tree): Expression<S> {
  if (pattern.kind !== 'literal' || typeof pattern.value !== 'string') {
    throw new ExpressionError(`"matches" has no string at character ${pattern.at + 1}`);
  }
  try {
    const compiled = compilePattern(pattern.value);
    return { type: 'boolean', evaluate: (scope) => compiled.test(String(left.evaluate(scope))) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ExpressionError(
      `its pattern at character ${pattern.at + 1} is none: ${error.message}`,
    );
  }
}

function adding<S>(left: Expression<S>, right: Expression<S>): Expression<S> {
  const isText = left.type === 'string' || right.type === 'string';
  return {
    type: isText ? 'string' : 'number',
    evaluate(scope) {
      const [one, other] = [left.evaluate(scope), right.evaluate(scope)];
      return isText ? bounded(`${one}${other}`) : Number(one) + Number(other);
    },
  };
}

function isSame(left: Value, right: Value): boolean {
  if (!Array.isArray(left) || !Array.isArray(right)) return left === right;
  return left.length === right.length && left.every((item, i) => isSame(item, right[i] ?? null));
}
