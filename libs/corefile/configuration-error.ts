import type { Place } from './corefile.ts';

/** A configuration that can't be used, with its place: `Corefile:7: Cannot read …`. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly place: Place;

  constructor(place: Place, text: string) {
    super(`${place.file}:${place.line}: ${text}`);
    this.place = { file: place.file, line: place.line };
  }
}
