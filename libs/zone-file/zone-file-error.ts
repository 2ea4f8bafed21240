/** A place in a zone file. */
export interface ZoneFilePlace {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** A zone file that can't be used, with the place: `db.example:7: Cannot read …`. */
export class ZoneFileError extends Error {
  override readonly name = 'ZoneFileError';

  constructor({ file, line }: ZoneFilePlace, text: string) {
    super(`${file}:${line}: ${text}`);
  }
}

/** The error for a value. Long ones are cut. */
export function cannotRead(
  at: ZoneFilePlace,
  what: string,
  value: string,
  is: string,
  expected: string,
): ZoneFileError {
  const text = `Cannot read the ${what} "${shown(value)}": ${is}; expected ${expected}`;
  return new ZoneFileError(at, text);
}

/** What another error says of a value. */
export function cannotUse(at: ZoneFilePlace, value: string, error: unknown): ZoneFileError {
  if (!(error instanceof RangeError)) throw error;
  return new ZoneFileError(
    at,
    error.message.replace(value, () => shown(value)),
  );
}

function shown(value: string): string {
  return value.length > SHOWN_MAX ? `${value.slice(0, SHOWN_MAX)}…` : value;
}

/** Characters of a value that an error shows. */
const SHOWN_MAX = 60;
