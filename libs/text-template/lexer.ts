/** Text → what stands for itself, and the words of actions, `{{ … }}`. */
import { unquote } from './unquote.ts';
import { TemplateError } from './value.ts';

export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'action'; readonly words: readonly Word[]; readonly source: string };

export interface Word {
  readonly kind: 'string' | 'number' | 'name' | 'field' | 'variable' | 'sign';
  /** A string without its quotes, a character as its number; else as it was written. */
  readonly text: string;
  /** Whether blanks come before it: `.a .b` are two fields, `.a.b` is a field of a field. */
  readonly apart: boolean;
}

const OPEN = '{{';
/** One word, at a place. */
const WORD = new RegExp(
  [
    String.raw`(?<string>"(?:\\.|[^"\\\n])*"|${'`'}[^${'`'}]*${'`'})`,
    String.raw`(?<character>'(?:\\.[0-9a-fA-F]*|[^'\\\n])')`,
    String.raw`(?<number>[+-]?\.?\d(?:[eEpP][+-]?|[\w.])*)`,
    String.raw`(?<field>\.[\p{L}_][\p{L}\p{Nd}_]*)`,
    String.raw`(?<variable>\$[\p{L}\p{Nd}_]*)`,
    String.raw`(?<name>[\p{L}_][\p{L}\p{Nd}_]*)`,
    '(?<sign>:=|[=|(),.])',
  ].join('|'),
  'uy',
);

export function lex(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let trims = false;
  for (let at = 0; at < text.length; ) {
    const open = text.indexOf(OPEN, at);
    const plain = text.slice(at, open < 0 ? text.length : open);
    const action = open < 0 ? undefined : actionAt(text, open);
    const left = trims ? plain.replace(/^[ \t\r\n]+/, '') : plain;
    const kept = action?.trimsLeft === true ? left.replace(/[ \t\r\n]+$/, '') : left;
    if (kept !== '') pieces.push({ kind: 'text', text: kept });
    if (action === undefined) break;
    const source = text.slice(open, action.end);
    if (action.words !== undefined) pieces.push({ kind: 'action', words: action.words, source });
    trims = action.trimsRight;
    at = action.end;
  }
  return pieces;
}

interface Action {
  /** Undefined for a comment. */
  readonly words: readonly Word[] | undefined;
  readonly end: number;
  readonly trimsLeft: boolean;
  readonly trimsRight: boolean;
}

function actionAt(text: string, open: number): Action {
  const trimsLeft = /^\{\{-[ \t\r\n]/.test(text.slice(open, open + 4));
  let at = open + (trimsLeft ? 3 : 2);
  const comment = /[ \t\r\n]*\/\*/y;
  comment.lastIndex = at;
  if (comment.test(text) && (trimsLeft || text.startsWith('/*', at))) {
    const close = text.indexOf('*/', comment.lastIndex);
    const end = close < 0 ? undefined : endAt(text, close + 2);
    if (end === undefined) throw unfinished(text, open, '*/}}');
    return { words: undefined, trimsLeft, ...end };
  }
  const words: Word[] = [];
  for (;;) {
    const end = endAt(text, at);
    if (end !== undefined) return { words, trimsLeft, ...end };
    const blanks = /[ \t\r\n]*/y;
    blanks.lastIndex = at;
    blanks.test(text);
    const start = blanks.lastIndex;
    if (start === text.length) throw unfinished(text, open, '}}');
    WORD.lastIndex = start;
    const found = WORD.exec(text);
    if (found === null) throw notAWord(text, start);
    words.push(wordOf(found, start > at));
    at = WORD.lastIndex;
  }
}

/** The end of an action, if it is there: `}}`, or ` -}}`, which trims what comes after. */
function endAt(text: string, at: number) {
  const end = /(?:[ \t\r\n]+(-)\}\}|[ \t\r\n]*\}\})/y;
  end.lastIndex = at;
  const found = end.exec(text);
  return found === null ? undefined : { end: end.lastIndex, trimsRight: found[1] === '-' };
}

function wordOf({ groups = {}, 0: all }: RegExpExecArray, apart: boolean): Word {
  const { string, character, number, field, variable, name } = groups;
  if (string !== undefined) return { kind: 'string', text: unquote(string), apart };
  if (character !== undefined) {
    const letter = unquote(character);
    if ([...letter].length !== 1)
      throw new TemplateError(`${all} is no character`, "one, as in 'a'");
    return { kind: 'number', text: String(letter.codePointAt(0)), apart };
  }
  if (number !== undefined) return { kind: 'number', text: number, apart };
  if (field !== undefined) return { kind: 'field', text: field.slice(1), apart };
  if (variable !== undefined) return { kind: 'variable', text: variable, apart };
  return { kind: name === undefined ? 'sign' : 'name', text: all, apart };
}

function unfinished(text: string, open: number, end: string): TemplateError {
  return new TemplateError(`"${text.slice(open, open + 40)}" never ends`, end);
}

function notAWord(text: string, at: number): TemplateError {
  const rest = text.slice(at, at + 20);
  if (/^["'`]/.test(rest)) return new TemplateError(`the quote of ${rest} never ends`, 'one more');
  return new TemplateError(`"${rest}" is no word of a template`, 'a field, a function or a text');
}
