/** What is right in a Corefile, and likely not meant: a sentence with its place. */
import type { Place } from '../../../libs/corefile/corefile.ts';

export interface Surprise {
  readonly at: Place;
  readonly text: string;
}
