/**
 * Text → tree.
 *
 *   action   = pipe | "if" pipe | "with" pipe | "range" pipe | "else" [ "if" … | "with" … ] | "end"
 *   pipe     = [ variable { "," variable } ( ":=" | "=" ) ] command { "|" command }
 *   command  = operand { operand }
 *   operand  = literal | function | ( "." | variable | "(" pipe ")" ) { field }
 */
import { lex, type Piece, type Word } from './lexer.ts';
import { readNumber } from './number.ts';
import type { Branch, Command, Node, Operand, Pipe } from './tree.ts';
import { TemplateError } from './value.ts';

/** Actions and parentheses within each other: more is no template. */
const DEPTH_MAX = 50;
/** What Go's templates have and these have not. */
const MISSING = ['define', 'template', 'block'];
const NESTED = { if: 'if', with: 'with', range: 'range' } as const;
const CONSTANTS = new Map([
  ['true', true],
  ['false', false],
  ['nil', undefined],
]);

/** Throws TemplateError. */
export function parse(text: string): readonly Node[] {
  const reader = new TreeReader(lex(text));
  return reader.whole();
}

interface Body {
  readonly nodes: readonly Node[];
  /** The action that ends it: `else`, `end`, or undefined where the text ends. */
  readonly end: Words | undefined;
}

class TreeReader {
  readonly #pieces: readonly Piece[];
  #at = 0;
  #depth = 0;

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces;
  }

  whole(): readonly Node[] {
    const { nodes, end } = this.#body(false);
    if (end !== undefined) {
      throw new TemplateError(`${end.source} belongs to nothing`, '{{if}}, {{with}} or {{range}}');
    }
    return nodes;
  }

  #body(inRange: boolean): Body {
    if (++this.#depth > DEPTH_MAX) throw tooDeep();
    const nodes: Node[] = [];
    for (let piece = this.#next(); piece !== undefined; piece = this.#next()) {
      if (piece.kind === 'text') {
        nodes.push(piece);
        continue;
      }
      const words = new Words(piece.words, piece.source);
      if (words.isNext('name', 'else') || words.isNext('name', 'end')) {
        this.#depth--;
        return { nodes, end: words };
      }
      nodes.push(this.#action(words, inRange));
    }
    this.#depth--;
    return { nodes, end: undefined };
  }

  #action(words: Words, inRange: boolean): Node {
    const [first] = words.left();
    const word = first?.kind === 'name' ? first.text : '';
    if (Object.hasOwn(NESTED, word)) return this.#branch(words, inRange);
    if (word === 'break' || word === 'continue') {
      words.take();
      words.end();
      if (inRange) return { kind: word };
      throw new TemplateError(`${words.source} is outside of a loop`, 'it within {{range}}');
    }
    if (MISSING.includes(word)) {
      throw new TemplateError(`Go has {{${word}}}, we do not`, 'the text in its place');
    }
    const pipe = readPipe(words, 'action');
    words.end();
    return { kind: 'action', pipe };
  }

  #branch(words: Words, inRange: boolean): Branch {
    const { text } = words.take();
    const kind = text === 'if' || text === 'with' ? text : 'range';
    const pipe = readPipe(words, kind);
    words.end();
    const { nodes: body, end } = this.#body(inRange || kind === 'range');
    const otherwise = this.#otherwise(words, kind, end, inRange);
    return { kind, pipe, body, otherwise };
  }

  /** What comes after `else`, up to `end`. */
  #otherwise(
    of: Words,
    kind: Branch['kind'],
    end: Words | undefined,
    inRange: boolean,
  ): readonly Node[] {
    if (end === undefined) throw new TemplateError(`${of.source} never ends`, '{{end}}');
    if (end.take().text === 'end') {
      end.end();
      return [];
    }
    const [then] = end.left();
    if (then !== undefined && kind !== 'range' && then.kind === 'name' && then.text === kind) {
      if (++this.#depth > DEPTH_MAX) throw tooDeep();
      const branch = this.#branch(end, inRange);
      this.#depth--;
      return [branch];
    }
    end.end();
    const { nodes, end: last } = this.#body(inRange);
    if (last === undefined) throw new TemplateError(`${of.source} never ends`, '{{end}}');
    if (last.take().text === 'else') {
      throw new TemplateError(`${last.source} comes after {{else}}`, '{{end}}');
    }
    last.end();
    return nodes;
  }

  #next(): Piece | undefined {
    return this.#pieces[this.#at++];
  }
}

/** The words of one action, one after the other. */
class Words {
  readonly source: string;
  readonly #words: readonly Word[];
  #at = 0;
  depth = 0;

  constructor(words: readonly Word[], source: string) {
    this.#words = words;
    this.source = source;
  }

  left(): readonly Word[] {
    return this.#words.slice(this.#at);
  }

  isNext(kind: Word['kind'], text?: string): boolean {
    const word = this.#words[this.#at];
    return word?.kind === kind && (text === undefined || word.text === text);
  }

  take(): Word {
    const word = this.#words[this.#at];
    if (word === undefined) throw new TemplateError(`${this.source} is not complete`, 'a value');
    this.#at++;
    return word;
  }

  end(): void {
    const word = this.#words[this.#at];
    if (word !== undefined) {
      throw new TemplateError(`"${word.text}" is too much in ${this.source}`, '}}');
    }
  }
}

function readPipe(words: Words, where: Branch['kind'] | 'action' | 'parentheses'): Pipe {
  const { variables, assigns } = readDeclaration(words);
  const most = where === 'range' ? 2 : where === 'parentheses' ? 0 : 1;
  if (variables.length > most) {
    throw new TemplateError(`${words.source} has ${variables.length} variables`, `${most} at most`);
  }
  const commands: Command[] = [readCommand(words)];
  while (words.isNext('sign', '|')) {
    words.take();
    commands.push(readCommand(words));
  }
  for (const { operand } of commands.slice(1)) {
    if (operand.kind !== 'literal') continue;
    throw new TemplateError(`a value gets no value, in ${words.source}`, 'a function after "|"');
  }
  return { variables, assigns, commands };
}

function readDeclaration(words: Words): Pick<Pipe, 'variables' | 'assigns'> {
  const [first, comma, second, sign] = words.left();
  const none = { variables: [], assigns: false };
  if (first?.kind !== 'variable' || comma?.kind !== 'sign') return none;
  const isEnd = (word: Word | undefined) => word?.text === ':=' || word?.text === '=';
  if (isEnd(comma)) {
    words.take();
    words.take();
    return { variables: [first.text], assigns: comma.text === '=' };
  }
  if (comma.text !== ',' || second?.kind !== 'variable' || !isEnd(sign)) return none;
  for (let left = 4; left > 0; left--) words.take();
  return { variables: [first.text, second.text], assigns: sign?.text === '=' };
}

function readCommand(words: Words): Command {
  const operand = readOperand(words);
  const args: Operand[] = [];
  while (words.left().length > 0 && !words.isNext('sign', '|') && !words.isNext('sign', ')')) {
    args.push(readOperand(words));
  }
  if (operand.kind === 'literal') {
    if (args.length > 0) {
      throw new TemplateError(`a value takes no arguments, in ${words.source}`, 'a function first');
    }
    if (operand.value === undefined) throw new TemplateError('nil is no command', 'a value');
  }
  return { operand, args };
}

function readOperand(words: Words): Operand {
  const word = words.take();
  const operand = operandOf(word, words);
  const fields: string[] = [];
  for (let [next] = words.left(); next?.kind === 'field' && !next.apart; [next] = words.left()) {
    fields.push(words.take().text);
  }
  if (fields.length === 0) return operand;
  if (operand.kind === 'access') return { ...operand, fields: [...operand.fields, ...fields] };
  throw new TemplateError(`"${word.text}" has no field, in ${words.source}`, 'a blank between');
}

function operandOf(word: Word, words: Words): Operand {
  switch (word.kind) {
    case 'string':
      return { kind: 'literal', value: word.text };
    case 'number':
      return { kind: 'literal', value: readNumber(word.text) };
    case 'field':
      return { kind: 'access', of: 'dot', fields: [word.text] };
    case 'variable':
      return { kind: 'access', of: word.text, fields: [] };
    case 'name':
      return CONSTANTS.has(word.text)
        ? { kind: 'literal', value: CONSTANTS.get(word.text) }
        : { kind: 'function', name: word.text };
    default:
      return signed(word, words);
  }
}

function signed(word: Word, words: Words): Operand {
  if (word.text === '.') return { kind: 'access', of: 'dot', fields: [] };
  if (word.text !== '(') {
    throw new TemplateError(`"${word.text}" is out of place in ${words.source}`, 'a value');
  }
  if (++words.depth > DEPTH_MAX) throw tooDeep();
  const pipe = readPipe(words, 'parentheses');
  if (!words.isNext('sign', ')')) {
    throw new TemplateError(`a "(" is never closed in ${words.source}`, ')');
  }
  words.take();
  words.depth--;
  return { kind: 'access', of: pipe, fields: [] };
}

function tooDeep(): TemplateError {
  return new TemplateError('it goes too deep', `at most ${DEPTH_MAX} within each other`);
}
