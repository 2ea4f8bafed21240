/** What an operator says of who may ask for what: a directive is a rule. */
import type { BlockList } from 'node:net';

export const ACTIONS = ['allow', 'block', 'filter', 'drop'] as const;
export type Action = (typeof ACTIONS)[number];

export interface Policy {
  readonly action: Action;
  /** Undefined: all. */
  readonly types: ReadonlySet<string> | undefined;
  /** Undefined: all. */
  readonly sources: BlockList | undefined;
}

export interface Rule {
  readonly zones: readonly string[];
  /** The first that fits decides. */
  readonly policies: readonly Policy[];
}
