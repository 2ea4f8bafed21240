/** `parseInt TEXT BASE BITS` of templates: a whole number without a sign, as Go's ParseUint. */
import type { TemplateFunction } from '../../../../libs/text-template/value.ts';
import { INTEGER, TemplateFailure } from '../../../../libs/text-template/value.ts';

const BASES = { least: 2, most: 36 } as const;
const BITS_MAX = 64n;
/** Digits: 64 bits have no more, but for zeros before them. */
const DIGITS_MAX = 1000;
/** How a text says its own base, where that is 0. */
const PREFIXES: readonly (readonly [prefix: RegExp, base: number])[] = [
  [/^0x/i, 16],
  [/^0b/i, 2],
  [/^0o/i, 8],
  [/^0(?=\d)/, 8],
];

export const parseInteger: TemplateFunction = {
  least: 3,
  most: 3,
  gives: INTEGER,
  call([text, base, bits]) {
    if (typeof text !== 'string' || typeof base !== 'bigint' || typeof bits !== 'bigint') {
      throw new TemplateFailure('parseInt has other values; expected a text, a base and bits');
    }
    const number = numberOf(text, Number(base));
    if (number === undefined) throw new TemplateFailure(`"${text}" is no number of base ${base}`);
    const most = bits === 0n ? BITS_MAX : bits;
    if (most < 0n || most > BITS_MAX) throw new TemplateFailure(`${bits} is no number of bits`);
    if (number < 1n << most) return number;
    throw new TemplateFailure(`"${text}" is no number of ${most} bits`);
  },
};

function numberOf(text: string, base: number): bigint | undefined {
  if (base !== 0) return digitsOf(text, base);
  const found = PREFIXES.find(([prefix]) => prefix.test(text));
  const bare = text.replaceAll('_', '');
  return found === undefined ? digitsOf(bare, 10) : digitsOf(bare.replace(found[0], ''), found[1]);
}

function digitsOf(text: string, base: number): bigint | undefined {
  if (base < BASES.least || base > BASES.most) return undefined;
  if (text === '' || text.length > DIGITS_MAX || !/^[\da-z]+$/i.test(text)) return undefined;
  let number = 0n;
  for (const letter of text) {
    const digit = Number.parseInt(letter, base);
    if (Number.isNaN(digit)) return undefined;
    number = number * BigInt(base) + BigInt(digit);
  }
  return number;
}
