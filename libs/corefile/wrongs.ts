/**
 * Reading goes on behind what is wrong, so that all errors of a Corefile are told at once. What is
 * thrown in the end is one ConfigurationError, of one error or of many.
 */
import { ConfigurationError } from './configuration-error.ts';

/** So many are told: who made more of them mends these first. */
const ERRORS_MAX = 100;

/** Errors of several places: a line each. */
class ConfigurationErrors extends ConfigurationError {
  readonly #all: readonly ConfigurationError[];

  constructor(first: ConfigurationError, all: readonly ConfigurationError[]) {
    super(first.place, '');
    this.#all = all;
    this.message = linesOf(all).join('\n');
  }

  override get all(): readonly ConfigurationError[] {
    return this.#all;
  }

  override get lines(): readonly string[] {
    return linesOf(this.#all);
  }
}

/** What went wrong so far. */
export class Wrongs {
  readonly #errors: ConfigurationError[] = [];

  /** One more than are told, so that it is known that there are more. */
  get isFull(): boolean {
    return this.#errors.length > ERRORS_MAX;
  }

  get count(): number {
    return this.#errors.length;
  }

  add(error: unknown): void {
    if (!(error instanceof ConfigurationError)) throw error;
    this.#errors.push(...error.all);
  }

  /** What `read` gives; undefined where that is wrong. */
  of<T>(read: () => T): T | undefined {
    if (this.isFull) return undefined;
    try {
      return read();
    } catch (error) {
      this.add(error);
      return undefined;
    }
  }

  /** The same for what takes time. */
  async ofWaiting<T>(read: () => Promise<T>): Promise<T | undefined> {
    if (this.isFull) return undefined;
    try {
      return await read();
    } catch (error) {
      this.add(error);
      return undefined;
    }
  }

  /** For people: a line each, and one where there are more. */
  lines(): readonly string[] {
    return linesOf(inFileOrder(this.#errors));
  }

  /** Throws all of them, if there are any. */
  check(): void {
    const all = inFileOrder(this.#errors);
    const [first] = all;
    if (first === undefined) return;
    throw all.length === 1 ? first : new ConfigurationErrors(first, all);
  }
}

/** What `read` makes of each. Throws what is wrong with any of them. */
export function each<T, U>(all: readonly T[], read: (one: T) => U): readonly U[] {
  const wrongs = new Wrongs();
  const values: U[] = [];
  for (const one of all) wrongs.of(() => values.push(read(one)));
  wrongs.check();
  return values;
}

/** Both, also where the first is wrong. Throws what is wrong with any of them. */
export function both<A, B>(first: () => A, second: () => B): readonly [A, B] {
  const wrongs = new Wrongs();
  const a = wrongs.of(() => ({ value: first() }));
  const b = wrongs.of(() => ({ value: second() }));
  wrongs.check();
  if (a === undefined || b === undefined) throw new RangeError('Cannot give what was not read');
  return [a.value, b.value];
}

function linesOf(all: readonly ConfigurationError[]): readonly string[] {
  const told = all.slice(0, ERRORS_MAX).map(({ message }) => message);
  return all.length > ERRORS_MAX
    ? [...told, `There are more errors than these ${ERRORS_MAX}`]
    : told;
}

/** Files as they come. What is wrong is told once, whatever is expected. */
function inFileOrder(errors: readonly ConfigurationError[]): readonly ConfigurationError[] {
  const what = ({ message }: ConfigurationError) => message.replace(/; expected .*$/s, '');
  const once = [...Map.groupBy(errors, what).values()].flatMap(([first]) => first ?? []);
  const files = [...new Set(once.map(({ place }) => place.file))];
  return once.toSorted(
    ({ place: a }, { place: b }) =>
      files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line,
  );
}
