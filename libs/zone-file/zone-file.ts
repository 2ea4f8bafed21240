/**
 * A zone file (RFC 1035 § 5, "master file") → its records.
 *
 *   text ─entries─► words ─┬─ $ORIGIN, $TTL ─► what later entries mean
 *                          ├─ $INCLUDE ──────► the entries of another file
 *                          ├─ $GENERATE ─────► entries of a pattern
 *                          └─ a record ──────► out, with its place
 *
 * Records come one by one, so that whoever reads a large file can let others have their turn.
 */
import { dirname, isAbsolute, join } from 'node:path';
import type { RR } from '../dns/rrset.ts';
import { type Entry, entriesOf } from './entries.ts';
import { generate } from './generate.ts';
import { type Context, nameOf, recordOf, ttlOf } from './record-words.ts';
import { cannotRead, ZoneFileError, type ZoneFilePlace } from './zone-file-error.ts';

/** A record, and where it stands. Its name and rdata are as they would come from the wire. */
export interface ZoneFileRecord {
  readonly record: RR;
  readonly at: ZoneFilePlace;
}

export interface ZoneFileOptions {
  /** What the first relative names are relative to: absolute. */
  readonly origin: string;
  /**
   * The text of a file, a character for each octet (latin1). Throws Error when it can't be read.
   */
  readonly read: (path: string) => string;
  readonly limits?: ZoneFileLimits;
}

export interface ZoneFileLimits {
  /** Of all files together, and of what is generated. The zone `com` has some 20 GB; few have 1. */
  readonly octetsMax: number;
  /** Some 300 octets of memory each. */
  readonly recordsMax: number;
  /** Files within files: CoreDNS's limit. */
  readonly depthMax: number;
}

export const ZONE_FILE_LIMITS: ZoneFileLimits = {
  octetsMax: 128 * 1024 * 1024,
  recordsMax: 1_000_000,
  depthMax: 7,
};

/** The records of a file, in its order. Throws ZoneFileError; what `read` throws of the file. */
export function parseZoneFile(
  path: string,
  { origin, read, limits = ZONE_FILE_LIMITS }: ZoneFileOptions,
): Generator<ZoneFileRecord> {
  const reader = new Reader(read, limits);
  return reader.file(path, read(path), {
    origin,
    owner: undefined,
    ttl: undefined,
    isTtlSet: false,
  });
}

class Reader {
  readonly #read: ZoneFileOptions['read'];
  readonly #limits: ZoneFileLimits;
  #octets = 0;
  #records = 0;

  constructor(read: ZoneFileOptions['read'], limits: ZoneFileLimits) {
    this.#read = read;
    this.#limits = limits;
  }

  *file(file: string, text: string, context: Context, depth = 0): Generator<ZoneFileRecord> {
    this.#count(text, { file, line: 1 });
    // Editors of some systems mark files as UTF-8.
    const start = text.startsWith('\u00ef\u00bb\u00bf') ? text.slice(3) : text;
    for (const entry of entriesOf(start, file)) {
      const at = { file, line: entry.line };
      switch (directiveOf(entry)) {
        case undefined:
          yield this.#record(entry, context, at);
          break;
        case '$ORIGIN':
          context.origin = nameOf(argument(entry, at), context.origin, at);
          break;
        case '$TTL':
          context.ttl = ttlOf(argument(entry, at), at);
          context.isTtlSet = true;
          break;
        case '$INCLUDE':
          yield* this.#include(entry, context, at, depth);
          break;
        case '$GENERATE':
          yield* this.#generate(entry, context, at);
          break;
        default:
          throw unknownDirective(entry, at);
      }
    }
  }

  #record(entry: Entry, context: Context, at: ZoneFilePlace): ZoneFileRecord {
    if (++this.#records > this.#limits.recordsMax) {
      const expected = `${this.#limits.recordsMax} at most`;
      throw new ZoneFileError(
        at,
        `Cannot read the file: it has more records; expected ${expected}`,
      );
    }
    return { record: recordOf(entry, context, at), at };
  }

  /** Its origin, owner and TTL end with it. */
  *#include(
    entry: Entry,
    context: Context,
    at: ZoneFilePlace,
    depth: number,
  ): Generator<ZoneFileRecord> {
    const [, word = '', origin, excess] = entry.words;
    if (word === '' || excess !== undefined) throw misused(entry, at, '$INCLUDE FILE [ORIGIN]');
    if (depth >= this.#limits.depthMax) {
      const is = `it is the ${depth + 1}th file within another`;
      throw cannotRead(at, 'file', word, is, `${this.#limits.depthMax} at most`);
    }
    const named = unquoted(word);
    const path = isAbsolute(named) ? named : join(dirname(at.file), named);
    const own = origin === undefined ? context.origin : nameOf(origin, context.origin, at);
    yield* this.file(path, this.#textOf(path, at), { ...context, origin: own }, depth + 1);
  }

  #textOf(path: string, at: ZoneFilePlace): string {
    try {
      return this.#read(path);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new ZoneFileError(at, `Cannot include "${path}": ${why}; expected a readable file`);
    }
  }

  *#generate(entry: Entry, context: Context, at: ZoneFilePlace): Generator<ZoneFileRecord> {
    const [, range = '', ...words] = entry.words;
    if (words.length < 3) throw misused(entry, at, '$GENERATE RANGE OWNER TYPE RDATA');
    for (const line of generate(range, words.join(' '), at)) {
      this.#count(line, at);
      for (const generated of entriesOf(line, at.file)) {
        if (directiveOf(generated) !== undefined) throw unknownDirective(generated, at);
        yield this.#record(generated, context, at);
      }
    }
  }

  #count(text: string, at: ZoneFilePlace): void {
    this.#octets += text.length;
    const { octetsMax } = this.#limits;
    if (this.#octets <= octetsMax) return;
    throw new ZoneFileError(at, `Cannot read the file: it is longer; expected ${octetsMax} octets`);
  }
}

/** In upper case; undefined for a record. */
function directiveOf({ words: [first = ''], isIndented }: Entry): string | undefined {
  return first.startsWith('$') && !isIndented ? first.toUpperCase() : undefined;
}

function argument(entry: Entry, at: ZoneFilePlace): string {
  const [name = '', value, excess] = entry.words;
  if (value === undefined || excess !== undefined) throw misused(entry, at, `${name} VALUE`);
  return value;
}

function misused({ words }: Entry, at: ZoneFilePlace, expected: string): ZoneFileError {
  return cannotRead(at, 'entry', words.join(' '), 'it has other arguments', expected);
}

function unknownDirective({ words: [first = ''] }: Entry, at: ZoneFilePlace): ZoneFileError {
  const expected = '$ORIGIN, $TTL, $INCLUDE or $GENERATE, or an owner as \\$NAME';
  return cannotRead(at, 'directive', first, 'it is unknown here', expected);
}

function unquoted(word: string): string {
  return word.startsWith('"') ? word.slice(1, -1) : word;
}
