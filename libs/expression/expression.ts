/**
 * Conditions that an operator writes, in the language of expr-lang (that of CoreDNS's `view`), as
 * far as facts of a query need it: values, operators, lists and functions; no variables, no loops.
 * Types are checked when it is compiled: what is accepted only fails by what a function says.
 *
 *   text ─parse─► tree ─compile, with functions─► Expression ─evaluate(scope)─► value
 */

import { ExpressionError } from './expression-error.ts';
import { compileOperator } from './operators.ts';
import { parse, type Tree } from './parser.ts';
import type { Expression, Functions, Type } from './value.ts';

/** Throws ExpressionError, which says what is wrong and where. */
export function compile<Scope>(text: string, functions: Functions<Scope>): Expression<Scope> {
  return compileTree(parse(text), functions);
}

function compileTree<S>(tree: Tree, functions: Functions<S>): Expression<S> {
  switch (tree.kind) {
    case 'literal': {
      const { value } = tree;
      return { type: typeOf(value), evaluate: () => value };
    }
    case 'list': {
      const items = tree.items.map((item) => compileTree(item, functions));
      return { type: 'list', evaluate: (scope) => items.map((item) => item.evaluate(scope)) };
    }
    case 'call':
      return compileCall(tree, functions);
    case 'item':
      return compileItem(tree, functions);
    case 'choice':
      return compileChoice(tree, functions);
    case 'unary': {
      const of = compileTree(tree.of, functions);
      const isNot = tree.sign === 'not';
      check(tree.of, of.type, isNot ? 'boolean' : 'number', `"${tree.sign}"`);
      const evaluate = (scope: S) =>
        isNot ? of.evaluate(scope) !== true : -Number(of.evaluate(scope));
      return { type: isNot ? 'boolean' : 'number', evaluate };
    }
    case 'binary': {
      const [left, right] = [tree.left, tree.right].map((side) => compileTree(side, functions));
      if (left === undefined || right === undefined) throw new ExpressionError('it has no sides');
      return compileOperator(tree, left, right);
    }
  }
}

function compileCall<S>(
  { name, args, at }: Extract<Tree, { kind: 'call' }>,
  functions: Functions<S>,
): Expression<S> {
  const called = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (called === undefined) {
    const known = Object.keys(functions).sort().join(', ');
    throw new ExpressionError(`${name}() at character ${at + 1} is none of ${known}`);
  }
  if (args.length !== called.parameters.length) {
    const counts = `${args.length} values of ${called.parameters.length}`;
    throw new ExpressionError(`${name}() at character ${at + 1} has ${counts}`);
  }
  const values = args.map((arg, i) => {
    const value = compileTree(arg, functions);
    check(arg, value.type, called.parameters[i] ?? 'any', `${name}()`);
    return value;
  });
  const literals = args.map((arg) => (arg.kind === 'literal' ? arg.value : undefined));
  const wrong = called.refuses?.(literals);
  if (wrong !== undefined) throw new ExpressionError(`${name}() at character ${at + 1}: ${wrong}`);
  const { type, call } = called;
  return { type, evaluate: (scope) => call(scope, ...values.map((one) => one.evaluate(scope))) };
}

function compileItem<S>(
  { list, index }: Extract<Tree, { kind: 'item' }>,
  functions: Functions<S>,
): Expression<S> {
  const from = compileTree(list, functions);
  const place = compileTree(index, functions);
  check(list, from.type, 'list', '"[]"');
  check(index, place.type, 'number', '"[]"');
  return {
    type: 'any',
    evaluate(scope) {
      const items = from.evaluate(scope);
      return Array.isArray(items) ? (items.at(Number(place.evaluate(scope))) ?? null) : null;
    },
  };
}

function compileChoice<S>(
  tree: Extract<Tree, { kind: 'choice' }>,
  functions: Functions<S>,
): Expression<S> {
  const condition = compileTree(tree.condition, functions);
  const yes = compileTree(tree.yes, functions);
  const no = compileTree(tree.no, functions);
  check(tree.condition, condition.type, 'boolean', '"?"');
  return {
    type: yes.type === no.type ? yes.type : 'any',
    evaluate: (scope) => (condition.evaluate(scope) === true ? yes : no).evaluate(scope),
  };
}

function typeOf(value: string | number | boolean | null): Type {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'number') return 'number';
  return typeof value === 'boolean' ? 'boolean' : 'any';
}

function check({ at }: Tree, is: Type, expected: Type, who: string): void {
  if (is === expected || is === 'any' || expected === 'any') return;
  throw new ExpressionError(`${who} has a ${is} at character ${at + 1}, not a ${expected}`);
}
