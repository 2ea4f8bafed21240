/** Sets of types, as NSEC has them: windows of 256 types, each a bitmap (RFC 4034 § 4.1.2). */
import { typeName, typeNumber } from './iana.ts';

const WINDOW_OCTETS_MAX = 32;

/** Of types separated by blanks, in any order. Undefined: one is none. */
export function typesOctets(text: string): Uint8Array | undefined {
  const windows = new Map<number, Uint8Array>();
  for (const word of text.split(' ').filter(Boolean)) {
    const number = typeNumber(word.toUpperCase());
    if (number === undefined) return undefined;
    const bitmap = windows.get(number >> 8) ?? new Uint8Array(WINDOW_OCTETS_MAX);
    windows.set(number >> 8, bitmap);
    const at = (number & 0xff) >> 3;
    bitmap[at] = (bitmap[at] ?? 0) | (0x80 >> (number & 7));
  }
  const sorted = [...windows].sort(([one], [other]) => one - other);
  return Uint8Array.from(
    sorted.flatMap(([window, bitmap]) => {
      const length = bitmap.findLastIndex((octet) => octet !== 0) + 1;
      return [window, length, ...bitmap.subarray(0, length)];
    }),
  );
}

/** Undefined: another way to write a set than the one there is. */
export function typesText(octets: Uint8Array): string | undefined {
  const types: string[] = [];
  let before = -1;
  for (let at = 0; at < octets.length; ) {
    const window = octets[at] ?? 0;
    const length = octets[at + 1] ?? 0;
    const bitmap = octets.subarray(at + 2, at + 2 + length);
    if (window <= before || length === 0 || length > WINDOW_OCTETS_MAX) return undefined;
    if (bitmap.length < length || bitmap[length - 1] === 0) return undefined;
    for (const [i, octet] of bitmap.entries()) {
      for (let bit = 0; bit < 8; bit++) {
        if ((octet & (0x80 >> bit)) !== 0) types.push(typeName((window << 8) | (8 * i + bit)));
      }
    }
    before = window;
    at += 2 + length;
  }
  return types.join(' ');
}
