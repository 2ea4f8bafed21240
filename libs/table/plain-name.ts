/** A name of plain text, straight to wire form: no arrays, no strings. */

const NAME_OCTETS_MAX = 255;
const LABEL_OCTETS_MAX = 63;

/** What the short ways do not do; the codec does it, or says what is wrong. */
export const REFUSED = -1;

/**
 * Writes characters `from` to the end of the text, a name; its octets, or REFUSED for anything that
 * needs escapes or is no absolute name.
 */
export function writePlainName(text: string, from: number, bytes: Uint8Array, at: number): number {
  const end = text.length;
  const octets = end - from + 1;
  if (octets < 2 || octets > NAME_OCTETS_MAX || text.charCodeAt(end - 1) !== 0x2e) return REFUSED;
  if (octets === 2) {
    bytes[at] = 0;
    return 1;
  }
  let label = at;
  let to = at + 1;
  for (let i = from; i < end; i++, to++) {
    const code = text.charCodeAt(i);
    if (code !== 0x2e) {
      if (code <= 0x20 || code >= 0x7f || code === 0x5c || code === 0x22) return REFUSED;
      bytes[to] = code;
      continue;
    }
    const size = to - label - 1;
    if (size === 0 || size > LABEL_OCTETS_MAX) return REFUSED;
    bytes[label] = size;
    label = to;
  }
  bytes[label] = 0;
  return octets;
}
