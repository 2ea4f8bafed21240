/**
 * Domain names. As text they are absolute, in presentation form (RFC 1035 § 5.1): labels separated
 * and ended by dots, odd bytes escaped as `\.` or `\200`, the root is `.`. Case is kept and never
 * matters (RFC 4343).
 */

/** Longest name in octets on the wire, its root included (RFC 1035 § 3.1). */
export const NAME_OCTETS_MAX = 255;
/** Longest label in octets (RFC 1035 § 3.1). */
export const LABEL_OCTETS_MAX = 63;
/** More compression pointers than this in one name are an attack: a name has at most 127 labels. */
const POINTERS_MAX = 127;
const HEADER_OCTETS = 12;

/** The wire form, uncompressed. Throws RangeError for text that is no domain name. */
export function nameToWire(name: string): Uint8Array {
  const wire = new Uint8Array(NAME_OCTETS_MAX);
  let length = 0;
  for (const label of labelsOf(name)) {
    const octets = labelOctets(label);
    if (octets.length === 0) throw badName(name, 'it has an empty label', 'one dot between labels');
    if (octets.length > LABEL_OCTETS_MAX) {
      throw badName(name, `a label has ${octets.length} octets`, `at most ${LABEL_OCTETS_MAX}`);
    }
    if (length + octets.length + 2 > NAME_OCTETS_MAX) {
      throw badName(name, `it has more than ${NAME_OCTETS_MAX} octets`, 'a shorter name');
    }
    wire[length] = octets.length;
    wire.set(octets, length + 1);
    length += octets.length + 1;
  }
  return wire.slice(0, length + 1);
}

/** Whether the text has a wire form: a name that is made of another may be too long. */
export function isName(text: string): boolean {
  try {
    nameToWire(text);
    return true;
  } catch {
    return false;
  }
}

/** A name read from a message: its text, and where it ends there. */
export interface NameAt {
  readonly name: string;
  readonly end: number;
}

/**
 * The name at `at` of a message, compression followed. Undefined when it leaves the packet, is too
 * long, or its pointers do not go strictly backwards (so that reading always ends), or go into the
 * header, where no name is.
 */
export function nameFromWire(bytes: Uint8Array, at: number): NameAt | undefined {
  let text = '';
  let octets = 1;
  let end = -1;
  let before = at;
  for (let pointers = 0; ; ) {
    const size = bytes[at];
    if (size === undefined) return undefined;
    if (size === 0) return { name: text === '' ? '.' : text, end: end < 0 ? at + 1 : end };
    if (size >= 0xc0) {
      const low = bytes[at + 1];
      if (low === undefined || ++pointers > POINTERS_MAX) return undefined;
      if (end < 0) end = at + 2;
      at = ((size & 0x3f) << 8) | low;
      if (at >= before || at < HEADER_OCTETS) return undefined;
      before = at;
      continue;
    }
    octets += size + 1;
    if (size > LABEL_OCTETS_MAX || octets > NAME_OCTETS_MAX || at + 1 + size > bytes.length)
      return undefined;
    for (let i = at + 1; i <= at + size; i++) text += escapeOctet(bytes[i] ?? 0);
    text += '.';
    at += size + 1;
  }
}

/** The labels of a name, leftmost first, still escaped. */
export function labelsOf(name: string): readonly string[] {
  if (name === '.' || name === '') return [];
  if (!name.includes('\\')) return (name.endsWith('.') ? name.slice(0, -1) : name).split('.');
  const labels: string[] = [];
  let from = 0;
  for (let i = 0; i < name.length; i++) {
    if (name[i] === '\\') i++;
    else if (name[i] === '.') {
      labels.push(name.slice(from, i));
      from = i + 1;
    }
  }
  if (from < name.length) labels.push(name.slice(from));
  return labels;
}

/**
 * ASCII lower case, which is all that names fold (RFC 4343 § 3); other characters are left alone.
 */
export function lowerName(name: string): string {
  return /[A-Z]/.test(name) ? name.replace(/[A-Z]+/g, (upper) => upper.toLowerCase()) : name;
}

/** The name one label up; undefined for the root. */
export function parentName(name: string): string | undefined {
  if (name === '.') return undefined;
  for (let i = 0; i < name.length; i++) {
    if (name[i] === '\\') i++;
    else if (name[i] === '.') return i + 1 === name.length ? '.' : name.slice(i + 1);
  }
  return '.';
}

/** Whether `name` is `zone` or below it. Both lower-case and absolute. */
export function isWithin(name: string, zone: string): boolean {
  if (zone === '.' || name === zone) return true;
  if (!name.endsWith(zone)) return false;
  return endsWithDot(name.slice(0, -zone.length));
}

/**
 * The longest of `zones` that `name` is within; undefined when none is. All lower-case and
 * absolute.
 */
export function longestZone(name: string, zones: readonly string[]): string | undefined {
  let longest: string | undefined;
  for (const zone of zones) {
    if (isWithin(name, zone) && (longest === undefined || zone.length > longest.length))
      longest = zone;
  }
  return longest;
}

/** Adds the root's dot where a configuration left it out. */
export function absoluteName(name: string): string {
  return endsWithDot(name) ? name : `${name}.`;
}

/**
 * The name as it would come from the wire: octets that may be written in several ways are written
 * in one. Throws RangeError for text that is no domain name.
 */
export function canonicalName(name: string): string {
  const wire = nameToWire(name);
  if (PLAIN_NAME.test(name)) return absoluteName(name);
  return nameFromWire(wire, 0)?.name ?? name;
}

const PLAIN_NAME = /^[\w*./-]+$/;

/** Whether the last character is a dot that separates labels, not an escaped one. */
function endsWithDot(text: string): boolean {
  let backslashes = 0;
  while (text[text.length - 2 - backslashes] === '\\') backslashes++;
  return text.endsWith('.') && backslashes % 2 === 0;
}

function labelOctets(label: string): Uint8Array {
  const octets: number[] = [];
  for (let i = 0; i < label.length; i++) {
    const code = label.charCodeAt(i);
    if (code !== 0x5c) {
      if (code > 0xff)
        throw badName(label, 'it has a character beyond one octet', String.raw`ASCII, or \DDD`);
      octets.push(code);
      continue;
    }
    const decimal = /^\d{3}/.exec(label.slice(i + 1, i + 4));
    const octet = decimal === null ? label.charCodeAt(i + 1) : Number(decimal[0]);
    if (!(octet <= 0xff))
      throw badName(label, 'it has an unfinished escape', String.raw`\. or \DDD up to \255`);
    octets.push(octet);
    i += decimal === null ? 1 : 3;
  }
  return Uint8Array.from(octets);
}

/**
 * Octets that presentation form must mark: those that mean something there, and those that are not
 * printable.
 */
function escapeOctet(octet: number): string {
  if (octet <= 0x20 || octet >= 0x7f) return `\\${String(octet).padStart(3, '0')}`;
  const character = String.fromCharCode(octet);
  return '.\\"();@$'.includes(character) ? `\\${character}` : character;
}

function badName(name: string, is: string, expected: string): RangeError {
  return new RangeError(`Cannot use the domain name "${name}": ${is}; expected ${expected}`);
}
