/** A tree and a value → text. */
import { textOf } from './format.ts';
import type { Branch, Command, Node, Operand, Pipe } from './tree.ts';
import type { TemplateFunctions, Value } from './value.ts';
import { isDictionary, isList, isStruct, isTrue, kindOf, TemplateFailure } from './value.ts';

/** Bounds of one evaluation. */
export interface Bounds {
  /** Actions and calls. */
  readonly steps: number;
  /** Of the text that comes out, and of each on its way. */
  readonly characters: number;
}

/** Throws TemplateFailure. */
export function evaluate(
  nodes: readonly Node[],
  dot: Value,
  functions: TemplateFunctions,
  bounds: Bounds,
): string {
  const evaluator = new Evaluator(dot, functions, bounds);
  evaluator.nodes(nodes, dot);
  return evaluator.text;
}

/** How a list of nodes ended. */
type End = 'break' | 'continue' | undefined;

interface Variable {
  readonly name: string;
  value: Value;
}

class Evaluator {
  text = '';
  #steps: number;
  readonly #characters: number;
  readonly #functions: TemplateFunctions;
  readonly #variables: Variable[];

  constructor(dot: Value, functions: TemplateFunctions, { steps, characters }: Bounds) {
    this.#steps = steps;
    this.#characters = characters;
    this.#functions = functions;
    this.#variables = [{ name: '$', value: dot }];
  }

  nodes(nodes: readonly Node[], dot: Value): End {
    const depth = this.#variables.length;
    let end: End;
    for (const node of nodes) {
      this.#step();
      if (node.kind === 'text') this.#write(node.text);
      else if (node.kind === 'action') this.#action(node.pipe, dot);
      else if ('body' in node) end = this.#branch(node, dot);
      else end = node.kind;
      if (end !== undefined) break;
    }
    this.#variables.length = depth;
    return end;
  }

  #action(pipe: Pipe, dot: Value): void {
    const value = this.#pipe(pipe, dot);
    if (pipe.variables.length === 0)
      this.#write(value === undefined ? '<no value>' : textOf(value));
  }

  #branch(branch: Branch, dot: Value): End {
    const { kind, pipe, body, otherwise } = branch;
    const depth = this.#variables.length;
    let end: End;
    if (kind === 'range') end = this.#range(branch, dot);
    else {
      const value = this.#pipe(pipe, dot);
      const within = kind === 'with' ? value : dot;
      end = isTrue(value) ? this.nodes(body, within) : this.nodes(otherwise, dot);
    }
    this.#variables.length = depth;
    return end;
  }

  #range({ pipe, body, otherwise }: Branch, dot: Value): End {
    const parts = partsOf(this.#commands(pipe, dot));
    const [first, second] = pipe.variables;
    const depth = this.#variables.length;
    let none = true;
    for (const [key, element] of parts) {
      none = false;
      this.#variables.length = depth;
      if (second !== undefined && first !== undefined) {
        this.#set(first, key, pipe.assigns);
        this.#set(second, element, pipe.assigns);
      } else if (first !== undefined) this.#set(first, element, pipe.assigns);
      this.#step();
      if (this.nodes(body, element) === 'break') break;
    }
    this.#variables.length = depth;
    return none ? this.nodes(otherwise, dot) : undefined;
  }

  #pipe(pipe: Pipe, dot: Value): Value {
    const value = this.#commands(pipe, dot);
    for (const name of pipe.variables) this.#set(name, value, pipe.assigns);
    return value;
  }

  #commands({ commands }: Pipe, dot: Value): Value {
    let piped: readonly Value[] = [];
    for (const command of commands) piped = [this.#command(command, dot, piped)];
    return piped[0];
  }

  #command({ operand, args }: Command, dot: Value, piped: readonly Value[]): Value {
    this.#step();
    const { name } = operand.kind === 'function' ? operand : { name: '' };
    if (name === 'and' || name === 'or') return this.#decide(name, args, dot, piped);
    const values = args.map((arg) => this.#operand(arg, dot, []));
    return this.#operand(operand, dot, [...values, ...piped]);
  }

  /** The first argument that decides; those after it are not looked at. */
  #decide(
    name: 'and' | 'or',
    args: readonly Operand[],
    dot: Value,
    piped: readonly Value[],
  ): Value {
    let value: Value;
    for (const arg of args) {
      value = this.#operand(arg, dot, []);
      if (isTrue(value) === (name === 'or')) return value;
    }
    return piped.length === 0 ? value : piped[0];
  }

  #operand(operand: Operand, dot: Value, args: readonly Value[]): Value {
    this.#step();
    if (operand.kind === 'literal') return operand.value;
    if (operand.kind === 'function') return this.#call(operand.name, args);
    const { of, fields } = operand;
    let value: Value = dot;
    if (typeof of === 'object') value = this.#commands(of, dot);
    else if (of !== 'dot') value = this.#variable(of).value;
    fields.forEach((field, i) => {
      value = fieldOf(value, field, i === fields.length - 1 ? args : []);
    });
    return value;
  }

  #call(name: string, args: readonly Value[]): Value {
    const found = Object.hasOwn(this.#functions, name) ? this.#functions[name] : undefined;
    if (found === undefined) throw new TemplateFailure(`the function "${name}" is unknown`);
    // What goes in is bounded too: texts that are put together grow fast.
    this.#bound(args.reduce((sum: number, arg) => sum + charactersOf(arg), 0));
    const value = found.call(args);
    this.#bound(charactersOf(value));
    return value;
  }

  #bound(characters: number): void {
    if (characters <= this.#characters) return;
    throw new TemplateFailure(`it makes more than ${this.#characters} characters`);
  }

  #variable(name: string): Variable {
    const found = this.#variables.findLast((variable) => variable.name === name);
    if (found === undefined) throw new TemplateFailure(`the variable "${name}" is unknown`);
    return found;
  }

  #set(name: string, value: Value, assigns: boolean): void {
    if (assigns) this.#variable(name).value = value;
    else this.#variables.push({ name, value });
  }

  #write(text: string): void {
    this.#bound(this.text.length + text.length);
    this.text += text;
  }

  #step(): void {
    if (--this.#steps < 0) throw new TemplateFailure('it takes too many steps');
  }
}

function charactersOf(value: Value): number {
  return typeof value === 'string' ? value.length : 0;
}

/** What is gone through: keys of a map in their order. */
function* partsOf(value: Value): Iterable<readonly [key: Value, element: Value]> {
  if (value === undefined) return;
  if (isList(value)) {
    for (const [i, element] of value.entries()) yield [BigInt(i), element];
  } else if (isDictionary(value)) {
    for (const key of [...value.keys()].sort()) yield [key, value.get(key)];
  } else if (typeof value === 'bigint') {
    for (let i = 0n; i < value; i++) yield [i, i];
  } else throw new TemplateFailure(`{{range}} can't go through a ${kindOf(value)}`);
}

function fieldOf(value: Value, field: string, args: readonly Value[]): Value {
  if (isDictionary(value)) return value.get(field);
  if (!isStruct(value)) {
    throw new TemplateFailure(`a ${kindOf(value)} has no field "${field}"`);
  }
  const found = Object.hasOwn(value.fields, field) ? value.fields[field] : undefined;
  return typeof found === 'function' ? found(args) : found;
}
