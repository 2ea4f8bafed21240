/**
 * The words of an expression → its tree. Operators bind as in expr-lang, whose expressions the
 * `view` of CoreDNS has; what binds tighter has the larger number.
 */
import { ExpressionError } from './expression-error.ts';
import { type Word, wordsOf } from './lexer.ts';

export type Tree = { readonly at: number } & (
  | { readonly kind: 'literal'; readonly value: string | number | boolean | null }
  | { readonly kind: 'list'; readonly items: readonly Tree[] }
  | { readonly kind: 'name'; readonly name: string }
  /** What a condition on each element of a list is about: `#`. */
  | { readonly kind: 'element' }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Tree[] }
  | { readonly kind: 'unary'; readonly sign: 'not' | '-'; readonly of: Tree }
  | { readonly kind: 'binary'; readonly sign: string; readonly left: Tree; readonly right: Tree }
  | { readonly kind: 'choice'; readonly condition: Tree; readonly yes: Tree; readonly no: Tree }
  | { readonly kind: 'item'; readonly list: Tree; readonly index: Tree }
);

const BINDINGS: Readonly<Record<string, number>> = {
  or: 10,
  and: 15,
  '==': 20,
  '!=': 20,
  '<': 20,
  '>': 20,
  '<=': 20,
  '>=': 20,
  in: 20,
  contains: 20,
  startsWith: 20,
  endsWith: 20,
  matches: 20,
  '+': 30,
  '-': 30,
  '*': 60,
  '/': 60,
  '%': 60,
  '**': 100,
  '??': 500,
};
const NOT_BINDING = 50;
const MINUS_BINDING = 90;

/** Other spellings. */
const SIGNS: Readonly<Record<string, string>> = { '||': 'or', '&&': 'and', '^': '**', '!': 'not' };
const LITERALS: Readonly<Record<string, boolean | null>> = { true: true, false: false, nil: null };

/** Of brackets within brackets. */
const DEPTH_MAX = 100;
/** Operators: each may be a call within the call of the one before. */
const OPERATORS_MAX = 1000;

/** Throws ExpressionError. */
export function parse(text: string): Tree {
  return new Parser(wordsOf(text)).whole();
}

class Parser {
  readonly #words: readonly Word[];
  #next = 0;
  #depth = 0;
  #operatorCount = 0;

  constructor(words: readonly Word[]) {
    this.#words = words;
  }

  whole(): Tree {
    const tree = this.#expression();
    if (this.#word.kind !== 'end') throw this.#unexpected('an operator');
    return tree;
  }

  get #word(): Word {
    const word = this.#words[this.#next] ?? this.#words.at(-1);
    if (word === undefined) throw new ExpressionError('it is empty');
    return word;
  }

  /** As an operator or a bracket; empty for a string that looks like one. */
  get #sign(): string {
    const { kind, text } = this.#word;
    return kind === 'string' ? '' : (SIGNS[text] ?? text);
  }

  #take(): Word {
    const word = this.#word;
    this.#next++;
    return word;
  }

  #expect(sign: string): void {
    if (this.#sign !== sign) throw this.#unexpected(`"${sign}"`);
    this.#next++;
  }

  #unexpected(expected: string): ExpressionError {
    const { text, at } = this.#word;
    return new ExpressionError(`"${text}" at character ${at + 1} is not ${expected}`);
  }

  #expression(): Tree {
    if (++this.#depth > DEPTH_MAX) throw new ExpressionError(`it is deeper than ${DEPTH_MAX}`);
    const condition = this.#operators(0);
    const tree = this.#sign === '?' ? this.#choice(condition) : condition;
    this.#depth--;
    return tree;
  }

  #countOperator(): void {
    if (++this.#operatorCount <= OPERATORS_MAX) return;
    throw new ExpressionError(`it has more than ${OPERATORS_MAX} operators`);
  }

  #choice(condition: Tree): Tree {
    this.#take();
    const yes = this.#expression();
    this.#expect(':');
    return { kind: 'choice', condition, yes, no: this.#expression(), at: condition.at };
  }

  /** Operators that bind at least so tight. */
  #operators(least: number): Tree {
    let left = this.#unary();
    for (;;) {
      const { at } = this.#word;
      const isNegated = this.#sign === 'not';
      if (isNegated) this.#next++;
      const sign = this.#sign;
      const binding = BINDINGS[sign];
      if (binding === undefined || binding < least) {
        if (isNegated) throw this.#unexpected('an operator after "not"');
        return left;
      }
      this.#next++;
      this.#countOperator();
      const right = this.#operators(sign === '**' ? binding : binding + 1);
      const tree: Tree = { kind: 'binary', sign, left, right, at };
      left = isNegated ? { kind: 'unary', sign: 'not', of: tree, at } : tree;
    }
  }

  #unary(): Tree {
    const { at } = this.#word;
    const sign = this.#sign;
    if (sign !== 'not' && sign !== '-' && sign !== '+') return this.#items(this.#operand());
    this.#next++;
    if (++this.#depth > DEPTH_MAX) throw new ExpressionError(`it is deeper than ${DEPTH_MAX}`);
    const of = this.#operators(sign === 'not' ? NOT_BINDING : MINUS_BINDING);
    this.#depth--;
    return sign === '+' ? of : { kind: 'unary', sign, of, at };
  }

  #items(list: Tree): Tree {
    let tree = list;
    while (this.#sign === '[') {
      const { at } = this.#take();
      this.#countOperator();
      tree = { kind: 'item', list: tree, index: this.#expression(), at };
      this.#expect(']');
    }
    return tree;
  }

  #operand(): Tree {
    const { kind, text, at } = this.#word;
    if (kind === 'end') throw this.#unexpected('a value');
    this.#next++;
    if (kind === 'string') return { kind: 'literal', value: text, at };
    if (kind === 'number') return { kind: 'literal', value: Number(text.replaceAll('_', '')), at };
    if (kind === 'name') return this.#named(text, at);
    if (text === '(') {
      const tree = this.#expression();
      this.#expect(')');
      return tree;
    }
    if (text === '#') return { kind: 'element', at };
    if (text === '{') {
      // Braces around a condition on elements mean nothing more than it.
      const tree = this.#expression();
      this.#expect('}');
      return tree;
    }
    if (text === '[') return { kind: 'list', items: this.#list(']'), at };
    this.#next--;
    throw this.#unexpected('a value');
  }

  #named(name: string, at: number): Tree {
    const value = Object.hasOwn(LITERALS, name) ? LITERALS[name] : undefined;
    if (value !== undefined) return { kind: 'literal', value, at };
    if (this.#sign !== '(') return { kind: 'name', name, at };
    this.#take();
    return { kind: 'call', name, args: this.#list(')'), at };
  }

  #list(end: ')' | ']'): readonly Tree[] {
    const items: Tree[] = [];
    while (this.#sign !== end) {
      items.push(this.#expression());
      if (this.#sign !== ',') break;
      this.#take();
    }
    this.#expect(end);
    return items;
  }
}
