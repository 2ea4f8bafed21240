/**
 * Finds what can't work in a template before it is used: functions, fields and variables that are
 * not there, and wrong numbers of arguments.
 */
import type { Branch, Command, Node, Operand, Pipe } from './tree.ts';
import type { Shape, TemplateFunctions } from './value.ts';
import { ANY, BOOLEAN, FLOAT, INTEGER, STRING, TemplateError } from './value.ts';

/** Throws TemplateError. `dot`: what `.` and `$` are at first. */
export function check(nodes: readonly Node[], dot: Shape, functions: TemplateFunctions): void {
  new Checker(dot, functions).nodes(nodes, dot);
}

interface Variable {
  readonly name: string;
  shape: Shape;
}

class Checker {
  readonly #functions: TemplateFunctions;
  readonly #variables: Variable[];

  constructor(dot: Shape, functions: TemplateFunctions) {
    this.#functions = functions;
    this.#variables = [{ name: '$', shape: dot }];
  }

  nodes(nodes: readonly Node[], dot: Shape): void {
    const depth = this.#variables.length;
    for (const node of nodes) {
      if (node.kind === 'action') this.#pipe(node.pipe, dot);
      else if ('pipe' in node) this.#branch(node, dot);
    }
    this.#variables.length = depth;
  }

  #branch({ kind, pipe, body, otherwise }: Branch, dot: Shape): void {
    const depth = this.#variables.length;
    if (kind === 'range') {
      const { key, element } = partsOf(this.#commands(pipe, dot));
      const shapes = pipe.variables.length === 2 ? [key, element] : [element];
      pipe.variables.forEach((name, i) => {
        this.#set(name, shapes[i] ?? ANY, pipe.assigns);
      });
      this.nodes(body, element);
    } else {
      const shape = this.#pipe(pipe, dot);
      this.nodes(body, kind === 'with' ? shape : dot);
    }
    this.nodes(otherwise, dot);
    this.#variables.length = depth;
  }

  #pipe(pipe: Pipe, dot: Shape): Shape {
    const shape = this.#commands(pipe, dot);
    for (const name of pipe.variables) this.#set(name, shape, pipe.assigns);
    return shape;
  }

  #commands(pipe: Pipe, dot: Shape): Shape {
    let shape: Shape | undefined;
    for (const command of pipe.commands) shape = this.#command(command, dot, shape);
    return shape ?? ANY;
  }

  /** `piped`: what comes out of the command before it. */
  #command({ operand, args }: Command, dot: Shape, piped: Shape | undefined): Shape {
    const shapes = args.map((arg) => this.#operand(arg, dot, 0));
    const given = shapes.length + (piped === undefined ? 0 : 1);
    return this.#operand(operand, dot, given);
  }

  /** What an operand is, when it gets so many arguments. */
  #operand(operand: Operand, dot: Shape, given: number): Shape {
    if (operand.kind === 'literal') return shapeOf(operand.value);
    if (operand.kind === 'function') return this.#function(operand.name, given);
    const { of, fields } = operand;
    let shape: Shape;
    let said = '';
    if (of === 'dot') shape = dot;
    else if (typeof of === 'string') {
      shape = this.#variable(of).shape;
      said = of;
    } else {
      shape = this.#commands(of, dot);
      said = '(…)';
    }
    fields.forEach((field, i) => {
      const last = i === fields.length - 1;
      said += `.${field}`;
      shape = called(fieldOf(shape, field, said), said, last ? given : 0);
    });
    if (given > 0 && fields.length === 0) {
      throw new TemplateError(`"${said || '.'}" takes no arguments`, 'a function before them');
    }
    return shape;
  }

  #function(name: string, given: number): Shape {
    const found = Object.hasOwn(this.#functions, name) ? this.#functions[name] : undefined;
    if (found === undefined) {
      const known = Object.keys(this.#functions).join(', ');
      throw new TemplateError(`the function "${name}" is unknown`, `one of ${known}`);
    }
    const { least, most, gives } = found;
    if (given >= least && given <= most) return gives;
    const upTo = Number.isFinite(most) ? `${least} to ${most}` : `${least} or more`;
    const expected = least === most ? String(least) : upTo;
    throw new TemplateError(`the function "${name}" has ${given} arguments`, expected);
  }

  #variable(name: string): Variable {
    const found = this.#variables.findLast((variable) => variable.name === name);
    if (found !== undefined) return found;
    throw new TemplateError(`the variable "${name}" is unknown`, `{{ ${name} := … }} before it`);
  }

  #set(name: string, shape: Shape, assigns: boolean): void {
    if (!assigns) this.#variables.push({ name, shape });
    else if (this.#variable(name).shape.kind !== shape.kind) this.#variable(name).shape = ANY;
  }
}

function shapeOf(value: unknown): Shape {
  if (typeof value === 'string') return STRING;
  if (typeof value === 'bigint') return INTEGER;
  if (typeof value === 'number') return FLOAT;
  return typeof value === 'boolean' ? BOOLEAN : ANY;
}

/** What `range` goes through. */
function partsOf(shape: Shape): { readonly key: Shape; readonly element: Shape } {
  switch (shape.kind) {
    case 'any':
      return { key: ANY, element: ANY };
    case 'list':
      return { key: INTEGER, element: shape.of };
    case 'dictionary':
      return { key: STRING, element: shape.of };
    case 'integer':
      return { key: INTEGER, element: INTEGER };
    default:
      throw new TemplateError(`{{range}} can't go through a ${shape.kind}`, 'a list or a map');
  }
}

function fieldOf(shape: Shape, field: string, said: string): Shape {
  if (shape.kind === 'any') return ANY;
  if (shape.kind === 'struct') {
    const found = Object.hasOwn(shape.fields, field) ? shape.fields[field] : undefined;
    if (found !== undefined) return found;
    throw unknownField(said, Object.keys(shape.fields));
  }
  if (shape.kind === 'dictionary') {
    if (shape.keys === undefined || shape.keys.has(field)) return shape.of;
    throw unknownField(said, [...shape.keys]);
  }
  throw new TemplateError(`"${said}" is unknown, since a ${shape.kind} has no fields`, 'none');
}

function unknownField(said: string, known: readonly string[]): TemplateError {
  const over = said.slice(0, said.lastIndexOf('.') + 1);
  const list = known.map((name) => `${over}${name}`).join(', ');
  return new TemplateError(`"${said}" is unknown`, list === '' ? 'none' : `one of ${list}`);
}

function called(shape: Shape, said: string, given: number): Shape {
  if (shape.kind === 'method') {
    if (given === shape.arguments) return shape.gives;
    throw new TemplateError(`"${said}" has ${given} arguments`, String(shape.arguments));
  }
  if (given === 0 || shape.kind === 'any') return shape;
  throw new TemplateError(`"${said}" takes no arguments`, 'none');
}
