/** A template that was read. */
import type { Value } from './value.ts';

export type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'action'; readonly pipe: Pipe }
  | Branch
  | { readonly kind: 'break' | 'continue' };

export interface Branch {
  readonly kind: 'if' | 'with' | 'range';
  readonly pipe: Pipe;
  readonly body: readonly Node[];
  readonly otherwise: readonly Node[];
}

/** Commands, each of which gets the value of the one before as its last argument. */
export interface Pipe {
  /** Variables that get its value; `range` may have two, for keys and values. */
  readonly variables: readonly string[];
  /** Whether the variables are there already. */
  readonly assigns: boolean;
  readonly commands: readonly Command[];
}

/** A value, or something to call with its arguments. */
export interface Command {
  readonly operand: Operand;
  readonly args: readonly Operand[];
}

export type Operand =
  | { readonly kind: 'literal'; readonly value: Value }
  | { readonly kind: 'function'; readonly name: string }
  /** Fields of fields of something: `.Group.a`, `$x.Name`, `(index .Match 1).Name`, or just `.`. */
  | {
      readonly kind: 'access';
      readonly of: 'dot' | Pipe | string;
      readonly fields: readonly string[];
    };
