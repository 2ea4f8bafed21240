/**
 * What a Corefile says, as plain data: server blocks of statements, each with the place that it was
 * read at. It knows no plugin; who reads a statement judges it (arguments.ts helps).
 *
 *   text ─lexer─► lexemes ─parser (imports, snippets, environment)─► Corefile
 */

/** Where something was read, for errors. Lines count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  /** Environment variables that are read there and not set: empty, as `{$NAME}`. */
  readonly unset?: readonly string[];
}

/** A word of the file: quotes removed, environment filled in. */
export interface Token extends Place {
  readonly text: string;
}

/** A line, and the block that it opens at its end. */
interface Statement extends Place {
  readonly name: string;
  readonly args: readonly Token[];
  /** Undefined without braces; empty for `{ }`. */
  readonly block: readonly Statement[] | undefined;
  /** Something of it can't be read, which is told by who read it: it is not to be judged. */
  readonly isUnread?: true;
}

/** A statement of a server block: one occurrence of a plugin. */
export type Directive = Statement;

/** A statement inside of a directive's block. */
export type Property = Statement;

/** How a server is asked. */
export type Scheme = 'dns' | 'tls' | 'quic' | 'grpc' | 'https' | 'https3';

/** A zone served at a port. A key like 10.0.0.0/15 stands for several of them, with one `text`. */
export interface Key extends Place {
  readonly scheme: Scheme;
  /** Lower-case and absolute; `.` is everything. */
  readonly zone: string;
  /** Undefined where the file names none: whoever listens knows the default (key.ts). */
  readonly port: number | undefined;
  /** As it was written. */
  readonly text: string;
}

export interface ServerBlock extends Place {
  readonly keys: readonly Key[];
  /** In file order; one name may occur several times. */
  readonly directives: readonly Directive[];
  /** It has no braces: all to the end of the file is its own. */
  readonly hasNoBraces?: true;
}

export interface Corefile {
  readonly blocks: readonly ServerBlock[];
}
