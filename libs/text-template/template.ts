/**
 * Templates of text: the part of Go's text/template that makes records. Read and checked once,
 * carried out within bounds as often as somebody asks.
 *
 *   text ─lexer─► pieces ─parser─► tree ─check─► template ─evaluate (with values)─► text
 */
import { check } from './check.ts';
import { type Bounds, evaluate } from './evaluate.ts';
import { FUNCTIONS } from './functions.ts';
import { parse } from './parser.ts';
import type { Shape, TemplateFunctions, Value } from './value.ts';

export interface Template {
  readonly source: string;
  /** Whether it says the same whatever the values. */
  readonly isConstant: boolean;
  /** Throws TemplateFailure. */
  execute(dot: Value): string;
}

export interface TemplateOptions {
  /** What the values look like that it is carried out with. */
  readonly dot: Shape;
  /** Besides those that every template has. */
  readonly functions?: TemplateFunctions;
  readonly bounds: Bounds;
}

/** Throws TemplateError for what is no template, or names what is not there. */
export function compileTemplate(source: string, options: TemplateOptions): Template {
  const functions = { ...FUNCTIONS, ...options.functions };
  const nodes = parse(source);
  check(nodes, options.dot, functions);
  return {
    source,
    isConstant: nodes.every(({ kind }) => kind === 'text'),
    execute: (dot) => evaluate(nodes, dot, functions, options.bounds),
  };
}
