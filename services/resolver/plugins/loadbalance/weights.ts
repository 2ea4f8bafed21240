/**
 * Weights of addresses, by name, as a file has them:
 *
 *   # a comment
 *   www.example.org
 *   192.0.2.1 3
 *   192.0.2.2 1
 */
import { isIP } from 'node:net';
import { ConfigurationError } from '../../../../libs/corefile/configuration-error.ts';
import { addressText, ipv6Octets } from '../../../../libs/dns/address.ts';
import { canonicalName, lowerName } from '../../../../libs/dns/name.ts';

/** By name in lower case, and by address in its canonical form. */
export type Weights = ReadonlyMap<string, ReadonlyMap<string, number>>;

export const NO_WEIGHTS: Weights = new Map();

/** CoreDNS's. */
const WEIGHT = { least: 1, most: 255 } as const;

/** Throws ConfigurationError, with the line of the file. */
export function readWeights(text: string, file: string): Weights {
  const weights = new Map<string, Map<string, number>>();
  let current: Map<string, number> | undefined;
  for (const [i, line] of text.split('\n').entries()) {
    const place = { file, line: i + 1 };
    const words = line.trim().split(/\s+/);
    const [first = '', second] = words;
    if (first === '' || first.startsWith('#')) continue;
    if (words.length > 2) throw cannotRead(place, line.trim(), 'it has more than two words');
    if (second === undefined) {
      const name = nameOf(first, place);
      current = weights.get(name) ?? new Map();
      weights.set(name, current);
      continue;
    }
    if (current === undefined) throw cannotRead(place, line.trim(), 'no name is before it');
    const address = addressOf(first);
    if (address === undefined) throw cannotRead(place, line.trim(), `"${first}" is no address`);
    const weight = /^\d{1,3}$/.test(second) ? Number(second) : 0;
    if (weight < WEIGHT.least || weight > WEIGHT.most) {
      throw cannotRead(place, line.trim(), `"${second}" is no weight`);
    }
    // The first line of an address counts.
    if (!current.has(address)) current.set(address, weight);
  }
  return weights;
}

/** How many addresses have one. */
export function countOf(weights: Weights): number {
  return [...weights.values()].reduce((sum, { size }) => sum + size, 0);
}

function nameOf(word: string, place: ConfigurationError['place']): string {
  if (isIP(word) !== 0) throw cannotRead(place, word, 'it is an address without a weight');
  try {
    return lowerName(canonicalName(word.endsWith('.') ? word : `${word}.`));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw cannotRead(place, word, 'it is no name');
  }
}

function addressOf(word: string): string | undefined {
  if (isIP(word) === 4) return word;
  const octets = isIP(word) === 6 ? ipv6Octets(word) : undefined;
  return octets && addressText(octets);
}

function cannotRead(
  place: ConfigurationError['place'],
  line: string,
  is: string,
): ConfigurationError {
  const range = `${WEIGHT.least} to ${WEIGHT.most}`;
  return new ConfigurationError(
    place,
    `Cannot read the weight "${line}": ${is}; expected a name, or an address and ${range}`,
  );
}
