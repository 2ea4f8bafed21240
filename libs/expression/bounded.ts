import { ExpressionError } from './expression-error.ts';

/** Characters. Texts that are put together over and over double. */
const TEXT_MAX = 65_536;

/** The text, where it is not too long. */
export function bounded(text: string): string {
  checkLength(text.length);
  return text;
}

/** For a text that is not made yet. */
export function checkLength(characters: number): void {
  if (characters <= TEXT_MAX) return;
  throw new ExpressionError(`a text has ${characters} characters of ${TEXT_MAX}`);
}
