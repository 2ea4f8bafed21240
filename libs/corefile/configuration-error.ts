import type { Place } from './corefile.ts';

/**
 * A configuration that can't be used, with its place: `Corefile:7: Cannot read …`. A variable that
 * is not set there is likely the reason, so it is named.
 */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly place: Place;

  constructor(place: Place, text: string) {
    super(`${place.file}:${place.line}: ${text}${whyEmpty(place)}`);
    this.place = { file: place.file, line: place.line };
  }
}

function whyEmpty({ unset = [] }: Place): string {
  if (unset.length === 0) return '';
  return `; ${unset.join(', ')} ${unset.length === 1 ? 'is' : 'are'} not set, so empty here`;
}
