/** What SVCB and HTTPS say of a service: keys and their values (RFC 9460 § 2). */
import { addressText, ipv4Octets, ipv6Octets } from './address.ts';
import { quoted, textOctets } from './character-string.ts';

interface Param {
  readonly name: string;
  readonly octets: (value: string) => Uint8Array | undefined;
  /** Undefined: as the octets that they are. */
  readonly text: (octets: Uint8Array) => string | undefined;
}

const NOTHING: Omit<Param, 'name'> = {
  octets: (value) => (value === '' ? new Uint8Array() : undefined),
  text: (octets) => (octets.length === 0 ? '' : undefined),
};

/** Bare words that mean themselves in a list. */
const PLAIN = /^[a-zA-Z0-9._:+/-]+$/;

/** Each at the number of its key (RFC 9460 § 14.3.2, RFC 9461, RFC 9540). */
const PARAMS: readonly Param[] = [
  { name: 'mandatory', octets: keysOctets, text: keysText },
  { name: 'alpn', octets: alpnOctets, text: alpnText },
  { name: 'no-default-alpn', ...NOTHING },
  { name: 'port', octets: portOctets, text: portText },
  { name: 'ipv4hint', ...addresses(4, ipv4Octets) },
  { name: 'ech', octets: base64Octets, text: base64Text },
  { name: 'ipv6hint', ...addresses(16, ipv6Octets) },
  { name: 'dohpath', octets: (value) => textOctets(`"${value}"`), text: quoted },
  { name: 'ohttp', ...NOTHING },
];

const WORD = /([a-z0-9-]+)(?:=(?:"((?:\\.|[^"\\])*)"|((?:\\.|[^\s"\\])*)))?(?= |$)/gsy;

/** In the order of their numbers, whatever the order of the text. */
export function paramsOctets(text: string): Uint8Array | undefined {
  const params = new Map<number, Uint8Array>();
  // `alpn=` and `"h2"` may come as two words, since a quote begins one.
  const words = text.replaceAll('= "', '="');
  WORD.lastIndex = 0;
  for (let at = 0; at < words.length; at = WORD.lastIndex + 1) {
    WORD.lastIndex = at;
    const [, name = '', inQuotes, bare] = WORD.exec(words) ?? [];
    const key = keyNumber(name);
    const value = key === undefined ? undefined : valueOctets(key, inQuotes ?? bare ?? '');
    if (key === undefined || value === undefined || params.has(key)) return undefined;
    params.set(key, value);
  }
  const sorted = [...params].sort(([one], [other]) => one - other);
  return Buffer.concat(sorted.flatMap(([key, value]) => [u16(key), u16(value.length), value]));
}

/** Undefined: keys out of order, or a value that its key can't have. */
export function paramsText(octets: Uint8Array): string | undefined {
  const words: string[] = [];
  let before = -1;
  for (let at = 0; at < octets.length; ) {
    if (at + 4 > octets.length) return undefined;
    const key = readU16(octets, at);
    const end = at + 4 + readU16(octets, at + 2);
    if (key <= before || end > octets.length) return undefined;
    const value = octets.subarray(at + 4, end);
    const param = PARAMS[key];
    const text = param === undefined ? opaqueText(value) : param.text(value);
    if (text === undefined) return undefined;
    words.push(`${keyName(key)}${text === '' ? '' : `=${text}`}`);
    before = key;
    at = end;
  }
  return words.join(' ');
}

function keyNumber(name: string): number | undefined {
  const known = PARAMS.findIndex((param) => param.name === name);
  if (known >= 0) return known;
  const number = Number(/^key(0|[1-9]\d{0,4})$/.exec(name)?.[1] ?? Number.NaN);
  return number < 0xffff ? number : undefined;
}

function keyName(key: number): string {
  return PARAMS[key]?.name ?? `key${key}`;
}

function valueOctets(key: number, value: string): Uint8Array | undefined {
  const param = PARAMS[key];
  return param === undefined ? textOctets(`"${value}"`) : param.octets(value);
}

function opaqueText(octets: Uint8Array): string {
  return octets.length === 0 ? '' : quoted(octets);
}

function keysOctets(value: string): Uint8Array | undefined {
  const keys = value.split(',').map(keyNumber);
  const numbers = keys.filter((key) => key !== undefined);
  const isSet = numbers.length === keys.length && new Set(numbers).size === numbers.length;
  if (!isSet || numbers.includes(0)) return undefined;
  return Buffer.concat(numbers.sort((one, other) => one - other).map(u16));
}

function keysText(octets: Uint8Array): string | undefined {
  if (octets.length === 0 || octets.length % 2 !== 0) return undefined;
  const keys = Array.from({ length: octets.length / 2 }, (_, i) => readU16(octets, 2 * i));
  const isSorted = keys.every((key, i) => key > (keys[i - 1] ?? 0));
  return isSorted ? keys.map(keyName).join(',') : undefined;
}

function alpnOctets(value: string): Uint8Array | undefined {
  const ids = value.split(',');
  if (ids.some((id) => !PLAIN.test(id) || id.length > 255)) return undefined;
  return Buffer.concat(ids.flatMap((id) => [Uint8Array.of(id.length), Buffer.from(id, 'latin1')]));
}

function alpnText(octets: Uint8Array): string | undefined {
  const ids: string[] = [];
  for (let at = 0; at < octets.length; ) {
    const end = at + 1 + (octets[at] ?? 0);
    if (end > octets.length) return undefined;
    ids.push(Buffer.from(octets.subarray(at + 1, end)).toString('latin1'));
    at = end;
  }
  return ids.length > 0 && ids.every((id) => PLAIN.test(id)) ? ids.join(',') : undefined;
}

function portOctets(value: string): Uint8Array | undefined {
  return /^\d{1,5}$/.test(value) && Number(value) <= 0xffff ? u16(Number(value)) : undefined;
}

function portText(octets: Uint8Array): string | undefined {
  return octets.length === 2 ? String(readU16(octets, 0)) : undefined;
}

function addresses(size: number, toOctets: Param['octets']): Omit<Param, 'name'> {
  return {
    octets: (value) => {
      const all = value.split(',').map(toOctets);
      const known = all.filter((one) => one !== undefined);
      return known.length === all.length ? Buffer.concat(known) : undefined;
    },
    text: (octets) => {
      if (octets.length === 0 || octets.length % size !== 0) return undefined;
      const count = octets.length / size;
      const nth = (i: number) => addressText(octets.subarray(i * size, (i + 1) * size));
      return Array.from({ length: count }, (_, i) => nth(i)).join(',');
    },
  };
}

function base64Octets(value: string): Uint8Array | undefined {
  const octets = Buffer.from(value, 'base64');
  return value !== '' && octets.toString('base64') === value ? octets : undefined;
}

function base64Text(octets: Uint8Array): string | undefined {
  return octets.length === 0 ? undefined : Buffer.from(octets).toString('base64');
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 0xff);
}

function readU16(octets: Uint8Array, at: number): number {
  return ((octets[at] ?? 0) << 8) | (octets[at + 1] ?? 0);
}
