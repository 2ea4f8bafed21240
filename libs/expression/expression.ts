/**
 * Conditions that an operator writes, in the language of expr-lang (that of CoreDNS's `view`), as
 * far as facts of a query need it: values, operators, lists, functions, and conditions on each
 * element of a list. Types are checked when it is compiled: what is accepted only fails by what a
 * function says.
 *
 *   text ─parse─► tree ─compile, with functions─► Expression ─evaluate(scope)─► value
 */

import { BUILTINS } from './builtins.ts';
import { ExpressionError } from './expression-error.ts';
import { compileOperator } from './operators.ts';
import { parse, type Tree } from './parser.ts';
import type { Expression, Functions, Type, Value, Variables } from './value.ts';

/** Throws ExpressionError, which says what is wrong and where. */
export function compile<Scope>(
  text: string,
  functions: Functions<Scope>,
  variables: Variables<Scope> = {},
): Expression<Scope> {
  return compileTree(parse(text), { functions, variables, elements: [] });
}

/** What a tree may name. */
interface Names<S> {
  readonly functions: Functions<S>;
  readonly variables: Variables<S>;
  /** Of the lists that are gone through, the innermost last. */
  readonly elements: readonly { value: Value }[];
}

function compileTree<S>(tree: Tree, names: Names<S>): Expression<S> {
  switch (tree.kind) {
    case 'literal': {
      const { value } = tree;
      return { type: typeOf(value), evaluate: () => value };
    }
    case 'list': {
      const items = tree.items.map((item) => compileTree(item, names));
      return { type: 'list', evaluate: (scope) => items.map((item) => item.evaluate(scope)) };
    }
    case 'name':
      return compileName(tree, names);
    case 'element': {
      const element = names.elements.at(-1);
      if (element !== undefined) return { type: 'any', evaluate: () => element.value };
      throw new ExpressionError(`"#" at character ${tree.at + 1} is in no any(), all() or none()`);
    }
    case 'call':
      return compileCall(tree, names);
    case 'item':
      return compileItem(tree, names);
    case 'choice':
      return compileChoice(tree, names);
    case 'unary': {
      const of = compileTree(tree.of, names);
      const isNot = tree.sign === 'not';
      check(tree.of, of.type, isNot ? 'boolean' : 'number', `"${tree.sign}"`);
      const evaluate = (scope: S) =>
        isNot ? of.evaluate(scope) !== true : -Number(of.evaluate(scope));
      return { type: isNot ? 'boolean' : 'number', evaluate };
    }
    case 'binary': {
      const [left, right] = [tree.left, tree.right].map((side) => compileTree(side, names));
      if (left === undefined || right === undefined) throw new ExpressionError('it has no sides');
      return compileOperator(tree, left, right);
    }
  }
}

/** Facts of a query are functions: a name alone is most likely one without its brackets. */
function compileName<S>(
  { name, at }: Extract<Tree, { kind: 'name' }>,
  { variables }: Names<S>,
): Expression<S> {
  const variable = Object.hasOwn(variables, name) ? variables[name] : undefined;
  if (variable !== undefined) return variable;
  throw new ExpressionError(`"${name}" at character ${at + 1} is no value: ${name}() may be`);
}

function compileCall<S>(tree: Extract<Tree, { kind: 'call' }>, names: Names<S>): Expression<S> {
  const { name, args, at } = tree;
  if (isQuantifier(name)) return compileQuantifier(tree, name, names);
  const functions: Functions<S> = { ...BUILTINS, ...names.functions };
  const called = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (called === undefined) {
    const known = Object.keys(names.functions).sort().join(', ');
    throw new ExpressionError(`${name}() at character ${at + 1} is none of ${known}`);
  }
  if (args.length !== called.parameters.length) {
    const counts = `${args.length} values of ${called.parameters.length}`;
    throw new ExpressionError(`${name}() at character ${at + 1} has ${counts}`);
  }
  const values = args.map((arg, i) => {
    const value = compileTree(arg, names);
    check(arg, value.type, called.parameters[i] ?? 'any', `${name}()`);
    return value;
  });
  const literals = args.map((arg) => (arg.kind === 'literal' ? arg.value : undefined));
  const wrong = called.refuses?.(literals);
  if (wrong !== undefined) throw new ExpressionError(`${name}() at character ${at + 1}: ${wrong}`);
  const { type, call } = called;
  return { type, evaluate: (scope) => call(scope, ...values.map((one) => one.evaluate(scope))) };
}

const QUANTIFIERS = ['any', 'all', 'none'] as const;
type Quantifier = (typeof QUANTIFIERS)[number];
/** Lists within lists: their lengths multiply. */
const QUANTIFIERS_MAX = 2;

function isQuantifier(name: string): name is Quantifier {
  return QUANTIFIERS.some((known) => known === name);
}

/** Whether a condition holds for any, all or none of a list's elements. */
function compileQuantifier<S>(
  { args, at }: Extract<Tree, { kind: 'call' }>,
  name: Quantifier,
  names: Names<S>,
): Expression<S> {
  const [listTree, conditionTree] = args;
  if (listTree === undefined || conditionTree === undefined || args.length > 2) {
    throw new ExpressionError(`${name}() at character ${at + 1} has ${args.length} values of 2`);
  }
  if (names.elements.length === QUANTIFIERS_MAX) {
    const most = `${QUANTIFIERS_MAX} within each other`;
    throw new ExpressionError(`${name}() at character ${at + 1} is deeper than ${most}`);
  }
  const list = compileTree(listTree, names);
  check(listTree, list.type, 'list', `${name}()`);
  const element: { value: Value } = { value: null };
  const elements = [...names.elements, element];
  const condition = compileTree(conditionTree, { ...names, elements });
  check(conditionTree, condition.type, 'boolean', `${name}()`);
  return {
    type: 'boolean',
    evaluate(scope) {
      const values = list.evaluate(scope);
      const holds = (value: Value) => {
        element.value = value;
        return condition.evaluate(scope) === true;
      };
      if (!Array.isArray(values)) return false;
      if (name === 'all') return values.every(holds);
      return values.some(holds) === (name === 'any');
    },
  };
}

function compileItem<S>(
  { list, index }: Extract<Tree, { kind: 'item' }>,
  names: Names<S>,
): Expression<S> {
  const from = compileTree(list, names);
  const place = compileTree(index, names);
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

function compileChoice<S>(tree: Extract<Tree, { kind: 'choice' }>, names: Names<S>): Expression<S> {
  const condition = compileTree(tree.condition, names);
  const yes = compileTree(tree.yes, names);
  const no = compileTree(tree.no, names);
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
