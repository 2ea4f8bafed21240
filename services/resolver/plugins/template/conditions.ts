/** `var` and `expr` of a rule: what is found out of queries whose name matches, and has to hold. */
import { BUILTINS } from '../../../../libs/expression/builtins.ts';
import { compile } from '../../../../libs/expression/expression.ts';
import { ExpressionError } from '../../../../libs/expression/expression-error.ts';
import type {
  Expression,
  ExpressionFunction,
  Value as Found,
  Functions,
  Variables,
} from '../../../../libs/expression/value.ts';
import type { Match, Pattern } from '../../../../libs/regex/pattern.ts';
import type { Shape, Value } from '../../../../libs/text-template/value.ts';
import { ANY, BOOLEAN, STRING } from '../../../../libs/text-template/value.ts';
import type { Query } from '../../query.ts';
import { QUERY_FUNCTIONS } from '../../query-functions.ts';

interface Scope {
  readonly query: Query;
  readonly pattern: Pattern;
  readonly match: Match;
  /** Of the variables so far. */
  readonly found: Map<string, Found>;
}

export interface Conditions {
  readonly variables: readonly (readonly [name: string, of: Expression<Scope>])[];
  readonly conditions: readonly Expression<Scope>[];
}

/** What templates may say of variables, by name; or that the query is none of the rule's. */
export type Judged = ReadonlyMap<string, Value> | 'other' | 'failure';

/** Words of the language, which can't be names as well. */
const RESERVED = new Set([
  ...['true', 'false', 'nil', 'not', 'and', 'or', 'in', 'contains', 'matches', 'startsWith'],
  ...['endsWith', 'let', 'if', 'else', 'any', 'all', 'none', ...Object.keys(BUILTINS)],
]);

const ofQuery = (of: ExpressionFunction<Query>): ExpressionFunction<Scope> => ({
  ...of,
  call: ({ query }, ...args) => of.call(query, ...args),
});

const FUNCTIONS: Functions<Scope> = {
  ...Object.fromEntries(Object.entries(QUERY_FUNCTIONS).map(([name, of]) => [name, ofQuery(of)])),
  group: {
    parameters: ['any'],
    type: 'string',
    call: ({ pattern, match }, name) => {
      const number = typeof name === 'number' ? name : pattern.names.get(String(name));
      return match.groups[number ?? Number(name)] ?? '';
    },
  },
};

/** Reads `var` and `expr` in their order. */
export class ConditionsReader implements Conditions {
  readonly variables: [name: string, of: Expression<Scope>][] = [];
  readonly conditions: Expression<Scope>[] = [];
  #known: Variables<Scope> = {};

  /** Throws ExpressionError. */
  variable(name: string, text: string): void {
    if (!/^[A-Za-z_]\w*$/.test(name)) throw new ExpressionError(`"${name}" is no name`);
    if (RESERVED.has(name) || Object.hasOwn(FUNCTIONS, name)) {
      throw new ExpressionError(`"${name}" is a word of the language`);
    }
    if (Object.hasOwn(this.#known, name)) throw new ExpressionError(`"${name}" is there already`);
    const of = compile(text, FUNCTIONS, this.#known);
    this.variables.push([name, of]);
    const evaluate = ({ found }: Scope) => found.get(name) ?? null;
    this.#known = { ...this.#known, [name]: { type: of.type, evaluate } };
  }

  /** Throws ExpressionError. */
  condition(text: string): void {
    const condition = compile(text, FUNCTIONS, this.#known);
    if (condition.type !== 'boolean' && condition.type !== 'any') {
      throw new ExpressionError(`it is a ${condition.type}, not true or false`);
    }
    this.conditions.push(condition);
  }
}

export function judge({ variables, conditions }: Conditions, of: Omit<Scope, 'found'>): Judged {
  const scope = { ...of, found: new Map<string, Found>() };
  try {
    for (const [name, variable] of variables) scope.found.set(name, variable.evaluate(scope));
    if (conditions.some((each) => each.evaluate(scope) !== true)) return 'other';
  } catch (error) {
    if (error instanceof ExpressionError) return 'failure';
    throw error;
  }
  return new Map([...scope.found].map(([name, value]) => [name, inTemplate(value)]));
}

/** Of `.Var`. */
export function shapeOf({ variables }: Conditions): Shape {
  const shapes = { string: STRING, boolean: BOOLEAN, any: ANY, number: ANY, list: ANY };
  const fields = variables.map(([name, { type }]) => [name, shapes[type]] as const);
  return { kind: 'struct', fields: Object.fromEntries(fields) };
}

function inTemplate(value: Found): Value {
  if (value === null) return undefined;
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  return typeof value === 'object' ? value.map(inTemplate) : value;
}
