/**
 * The kinds of fields that rdata is made of, as text and as octets. What has the same octets in
 * several ways of writing is given in one of them; octets that no text stands for are no field.
 */
import { addressText, ipv4Octets, ipv6Octets } from './address.ts';
import { quoted, textOctets } from './character-string.ts';
import { typeName, typeNumber } from './iana.ts';
import { locationOctets, locationText } from './location.ts';
import { paramsOctets, paramsText } from './svc-params.ts';
import { typesOctets, typesText } from './type-bitmap.ts';

export interface FieldCodec {
  /** What the text is to be, for errors. */
  readonly expected: string;
  /** Undefined: the text is none. */
  octets(text: string): Uint8Array | undefined;
  /** Of what begins at `at`, and does not reach beyond `end`. */
  text(message: Uint8Array, at: number, end: number): FieldText | undefined;
}

export interface FieldText {
  readonly text: string;
  /** Where it ends. */
  readonly end: number;
}

/** Fields of one word. */
export const WORDS = {
  ipv4: fixed(4, 'an IPv4 address', ipv4Octets, addressText),
  ipv6: fixed(16, 'an IPv6 address', ipv6Octets, addressText),
  u8: number(1),
  u16: number(2),
  u32: number(4),
  /** Of DNSSEC keys: a number, or its mnemonic (RFC 4034 appendix A.1). */
  algorithm: number(1, (word) => ALGORITHMS.get(word)),
  type: fixed(2, 'a type', typeOctets, (octets) => typeName(numberOf(octets))),
  /** Of a signature, in seconds since 1970, or as a date (RFC 4034 § 3.2). */
  time: fixed(4, 'YYYYMMDDHHMMSS, or seconds', timeOctets, timeText),
  /** A length and that many octets, as text (RFC 1035 § 3.3). */
  text: counted(
    String.raw`texts of at most 255 octets, ASCII or \DDD up to \255`,
    textOctets,
    quoted,
  ),
  /** The same, bare. */
  tag: counted('letters and digits', tagOctets, tagText),
  /** The same, in hex; `-` is none (RFC 5155 § 3.3). */
  salt: counted(
    'hex, or -',
    (word) => (word === '-' ? new Uint8Array() : hexOctets(word)),
    saltText,
  ),
  /** The same, in base32 (RFC 5155 § 3.3). */
  hash: counted('base32', base32Octets, base32Text),
  /** Octets of an interface, in hex with hyphens (RFC 7043). */
  eui48: hyphened(6),
  eui64: hyphened(8),
  /** As text, up to the end of the rdata. */
  value: rest('text', textOctets, quoted),
} satisfies Readonly<Record<string, FieldCodec>>;

/** Fields of any number of words, up to the end of the rdata. */
export const LISTS = {
  hex: rest('hex', hexOctets, (octets) => filled(Buffer.from(octets).toString('hex'))),
  base64: rest('base64', base64Octets, (octets) => filled(Buffer.from(octets).toString('base64'))),
  types: rest('types', typesOctets, typesText),
  location: rest('a latitude, a longitude and an altitude', locationOctets, locationText),
  params: rest('parameters of a service, KEY=VALUE, each once', paramsOctets, paramsText),
} satisfies Readonly<Record<string, FieldCodec>>;

type ToOctets = (text: string) => Uint8Array | undefined;
type ToText = (octets: Uint8Array) => string | undefined;

function fixed(size: number, expected: string, octets: ToOctets, toText: ToText): FieldCodec {
  return {
    expected,
    octets,
    text: (message, at, end) =>
      at + size > end ? undefined : fieldText(toText(message.subarray(at, at + size)), at + size),
  };
}

function counted(expected: string, toOctets: ToOctets, toText: ToText): FieldCodec {
  return {
    expected,
    octets: (text) => {
      const octets = toOctets(text);
      if (octets === undefined || octets.length > 255) return undefined;
      return Uint8Array.of(octets.length, ...octets);
    },
    text: (message, at, end) => {
      const stop = at + 1 + (message[at] ?? 0);
      if (at >= end || stop > end) return undefined;
      return fieldText(toText(message.subarray(at + 1, stop)), stop);
    },
  };
}

function rest(expected: string, octets: ToOctets, toText: ToText): FieldCodec {
  return {
    expected,
    octets,
    text: (message, at, end) => fieldText(toText(message.subarray(at, end)), end),
  };
}

function hyphened(size: number): FieldCodec {
  const one = new RegExp(`^(?:[0-9a-f]{2}-){${size - 1}}[0-9a-f]{2}$`, 'i');
  return fixed(
    size,
    `${size} octets in hex, with hyphens`,
    (word) => (one.test(word) ? Buffer.from(word.replaceAll('-', ''), 'hex') : undefined),
    (octets) => [...octets].map((octet) => octet.toString(16).padStart(2, '0')).join('-'),
  );
}

function fieldText(text: string | undefined, end: number): FieldText | undefined {
  return text === undefined ? undefined : { text, end };
}

function number(size: number, mnemonic: (word: string) => number | undefined = () => undefined) {
  return fixed(
    size,
    `numbers below 2^${8 * size}`,
    (word) => {
      const value = mnemonic(word) ?? (/^\d+$/.test(word) ? Number(word) : Number.NaN);
      return value < 2 ** (8 * size) ? octetsOf(value, size) : undefined;
    },
    (octets) => String(numberOf(octets)),
  );
}

function octetsOf(value: number, size: number): Uint8Array {
  const octets = new Uint8Array(size);
  for (let i = size - 1, left = value; i >= 0; i--, left = Math.floor(left / 256))
    octets[i] = left % 256;
  return octets;
}

function numberOf(octets: Uint8Array): number {
  let value = 0;
  for (const octet of octets) value = value * 256 + octet;
  return value;
}

/** Those that are in use (RFC 8624 § 3.1). */
const ALGORITHMS = new Map(
  Object.entries({
    RSASHA1: 5,
    NSEC3RSASHA1: 7,
    RSASHA256: 8,
    RSASHA512: 10,
    ECDSAP256SHA256: 13,
    ECDSAP384SHA384: 14,
    ED25519: 15,
    ED448: 16,
  }),
);

function typeOctets(word: string): Uint8Array | undefined {
  const number = typeNumber(word.toUpperCase());
  return number === undefined ? undefined : octetsOf(number, 2);
}

const DATE = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/;

function timeOctets(word: string): Uint8Array | undefined {
  const [, ...parts] = DATE.exec(word) ?? [];
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.map(Number);
  const isDate = parts.length > 0;
  const ms = Date.UTC(year, month - 1, day, hour, minute, second);
  const seconds = isDate ? ms / 1000 : /^\d{1,10}$/.test(word) ? Number(word) : Number.NaN;
  if (!(seconds >= 0 && seconds < 2 ** 32)) return undefined;
  // The 30th of February is no date.
  if (isDate && dateText(seconds) !== word) return undefined;
  return octetsOf(seconds, 4);
}

function timeText(octets: Uint8Array): string {
  return dateText(numberOf(octets));
}

function dateText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 19).replaceAll(/\D/g, '');
}

function tagOctets(word: string): Uint8Array | undefined {
  return /^[a-zA-Z0-9]+$/.test(word) ? Buffer.from(word, 'latin1') : undefined;
}

function tagText(octets: Uint8Array): string | undefined {
  const text = Buffer.from(octets).toString('latin1');
  return /^[a-zA-Z0-9]+$/.test(text) ? text : undefined;
}

function hexOctets(text: string): Uint8Array | undefined {
  const digits = text.replaceAll(' ', '');
  return /^(?:[0-9a-f]{2})+$/i.test(digits) ? Buffer.from(digits, 'hex') : undefined;
}

function saltText(octets: Uint8Array): string {
  return octets.length === 0 ? '-' : Buffer.from(octets).toString('hex');
}

function base64Octets(text: string): Uint8Array | undefined {
  const digits = text.replaceAll(' ', '');
  const isBase64 = /^(?:[A-Za-z0-9+/]{4})+$/.test(
    digits.replace(/={1,2}$/, (end) => 'A'.repeat(end.length)),
  );
  return isBase64 ? Buffer.from(digits, 'base64') : undefined;
}

/** Nothing is written as nothing, which is no word. */
function filled(text: string): string | undefined {
  return text === '' ? undefined : text;
}

const BASE32 = '0123456789ABCDEFGHIJKLMNOPQRSTUV';

/** RFC 4648 § 7, without padding. */
function base32Octets(word: string): Uint8Array | undefined {
  const octets: number[] = [];
  let bits = 0;
  let value = 0;
  for (const character of word.toUpperCase()) {
    const digit = BASE32.indexOf(character);
    if (digit < 0) return undefined;
    value = ((value << 5) | digit) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    octets.push((value >> bits) & 0xff);
  }
  return octets.length === 0 ? undefined : Uint8Array.from(octets);
}

function base32Text(octets: Uint8Array): string | undefined {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const octet of octets) {
    value = ((value << 8) | octet) & 0xfff;
    for (bits += 8; bits >= 5; bits -= 5) text += BASE32[(value >> (bits - 5)) & 31];
  }
  if (bits > 0) text += BASE32[(value << (5 - bits)) & 31];
  return filled(text);
}
