import type { Place } from './corefile.ts';

/**
 * A configuration that can't be used, with its place: `Corefile:7: Cannot read …`. A variable that
 * is not set there is likely the reason, so it is named.
 */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly place: Place;

  constructor(place: Place, text: string) {
    super(`${place.file}:${place.line}: ${shortened(text)}${whyEmpty(place)}`);
    this.place = { file: place.file, line: place.line };
  }

  /** Those that it is made of, where it tells several (wrongs.ts). */
  get all(): readonly ConfigurationError[] {
    return [this];
  }

  /** Its message, a line for each of them. */
  get lines(): readonly string[] {
    return [this.message];
  }
}

/** Characters: a value that is too long to be one would hide what is wrong with it. */
const TEXT_MAX = 1000;

function shortened(text: string): string {
  if (text.length <= TEXT_MAX) return text;
  return `${text.slice(0, TEXT_MAX / 2)} … ${text.slice(-TEXT_MAX / 2)}`;
}

function whyEmpty({ unset = [] }: Place): string {
  if (unset.length === 0) return '';
  return `; ${unset.join(', ')} ${unset.length === 1 ? 'is' : 'are'} not set, so empty here`;
}
