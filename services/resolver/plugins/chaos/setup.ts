import { argumentsOf, cannotRead, noBlock, onlyOne } from '../../../../libs/corefile/arguments.ts';
import type { Setup } from '../../plugin.ts';
import { createChaos } from './handler.ts';

export interface ChaosDefaults {
  readonly version: string;
  readonly hostname: string;
}

const AUTHORS = ['The authors of Isthmus'];
/** Of a text (RFC 1035 § 3.3.14). */
const OCTETS_MAX = 255;
/** So many fit into a reply over UDP, if they are short. */
const WORDS_MAX = 50;

export function createChaosSetup({ version, hostname }: ChaosDefaults): Setup {
  return (directives) => {
    const directive = onlyOne(directives);
    noBlock(directive);
    const words = argumentsOf(directive, 'a version and authors', 0, WORDS_MAX);
    for (const word of words) {
      const { length } = new TextEncoder().encode(word.text);
      if (length <= OCTETS_MAX) continue;
      throw cannotRead(word, 'text', `it has ${length} octets`, `${OCTETS_MAX} at most`);
    }
    const [told = version, ...authors] = words.map(({ text }) => text);
    return createChaos({
      version: told,
      authors: authors.length === 0 ? AUTHORS : [...new Set(authors)],
      hostname,
    });
  };
}
