/**
 * Rdata between presentation form and octets. One table says what fields a type has; types that are
 * not in it travel in the generic form of RFC 3597 § 5 (`\# 2 c0de`), which every type may be
 * written in.
 */
import { addressText, ipv4Octets, ipv6Octets } from './address.ts';
import { nameFromWire } from './name.ts';

type Field = 'ipv4' | 'ipv6' | 'name' | 'u16' | 'u32' | 'text' | 'texts';

/** Fields by type (RFC 1035 § 3.3, 1183, 2163, 2230, 2782, 3403, 3596, 6672). */
const FIELDS: ReadonlyMap<string, readonly Field[]> = new Map(
  Object.entries<readonly Field[]>({
    A: ['ipv4'],
    AAAA: ['ipv6'],
    NS: ['name'],
    CNAME: ['name'],
    PTR: ['name'],
    DNAME: ['name'],
    MB: ['name'],
    MG: ['name'],
    MR: ['name'],
    MINFO: ['name', 'name'],
    SOA: ['name', 'name', 'u32', 'u32', 'u32', 'u32', 'u32'],
    MX: ['u16', 'name'],
    AFSDB: ['u16', 'name'],
    RT: ['u16', 'name'],
    KX: ['u16', 'name'],
    PX: ['u16', 'name', 'name'],
    RP: ['name', 'name'],
    SRV: ['u16', 'u16', 'u16', 'name'],
    NAPTR: ['u16', 'u16', 'text', 'text', 'text', 'name'],
    HINFO: ['text', 'text'],
    TXT: ['texts'],
    SPF: ['texts'],
  }),
);

/**
 * Types whose names a sender may compress (RFC 3597 § 4); SRV's target is not among them (RFC
 * 2782).
 */
const COMPRESSIBLE = new Set(['NS', 'CNAME', 'PTR', 'SOA', 'MX', 'MB', 'MG', 'MR', 'MINFO']);

/** A piece of encoded rdata: octets, or a name that the message may compress. */
export type RdataPart =
  | { readonly octets: Uint8Array }
  | { readonly name: string; readonly compressible: boolean };

/**
 * Presentation form → what goes on the wire. Throws RangeError for text that is no rdata of this
 * type.
 */
export function rdataParts(type: string, rdata: string): readonly RdataPart[] {
  if (rdata.startsWith('\\# ')) return [{ octets: genericOctets(type, rdata) }];
  const fields = FIELDS.get(type);
  if (fields === undefined) throw badRdata(type, rdata, String.raw`the generic form \# LENGTH HEX`);
  const words = wordsOf(type, rdata);
  if (fields[0] === 'texts') {
    if (words.length === 0) throw badRdata(type, rdata, 'at least one text');
    return words.map((word) => ({ octets: textOctets(type, word) }));
  }
  if (words.length !== fields.length) throw badRdata(type, rdata, `${fields.length} fields`);
  return fields.map((field, i) => part(type, field, words[i] ?? '', rdata));
}

/**
 * Octets of a message → presentation form, names expanded. Undefined when they are no rdata of this
 * type.
 */
export function rdataText(
  type: string,
  message: Uint8Array,
  at: number,
  length: number,
): string | undefined {
  const end = at + length;
  if (end > message.length) return undefined;
  const fields = FIELDS.get(type);
  if (fields === undefined) return genericText(message.subarray(at, end));
  const words: string[] = [];
  const more = fields[0] === 'texts' ? () => at < end : () => words.length < fields.length;
  while (more()) {
    const field = fields[0] === 'texts' ? 'text' : (fields[words.length] ?? 'text');
    const read = word(field, message, at, end);
    if (read === undefined || read.end > end) return undefined;
    words.push(read.text);
    at = read.end;
  }
  return at === end && words.length > 0 ? words.join(' ') : undefined;
}

function part(type: string, field: Field, text: string, rdata: string): RdataPart {
  switch (field) {
    case 'name':
      return { name: text, compressible: COMPRESSIBLE.has(type) };
    case 'ipv4':
    case 'ipv6': {
      const octets = field === 'ipv4' ? ipv4Octets(text) : ipv6Octets(text);
      if (octets === undefined)
        throw badRdata(type, rdata, `an ${field === 'ipv4' ? 'IPv4' : 'IPv6'} address`);
      return { octets };
    }
    case 'u16':
    case 'u32': {
      const size = field === 'u16' ? 2 : 4;
      const value = Number(text);
      if (!/^\d+$/.test(text) || value >= 2 ** (8 * size))
        throw badRdata(type, rdata, `numbers below 2^${8 * size}`);
      const octets = new Uint8Array(size);
      for (let i = size - 1, rest = value; i >= 0; i--, rest = Math.floor(rest / 256))
        octets[i] = rest % 256;
      return { octets };
    }
    default:
      return { octets: textOctets(type, text) };
  }
}

function word(
  field: Field,
  message: Uint8Array,
  at: number,
  end: number,
): { text: string; end: number } | undefined {
  const size = { ipv4: 4, ipv6: 16, u16: 2, u32: 4, name: 0, text: 1, texts: 1 }[field];
  if (at + size > end) return undefined;
  switch (field) {
    case 'name': {
      const read = nameFromWire(message, at);
      return read === undefined ? undefined : { text: read.name, end: read.end };
    }
    case 'ipv4':
    case 'ipv6':
      return { text: addressText(message.subarray(at, at + size)), end: at + size };
    case 'u16':
    case 'u32': {
      let value = 0;
      for (let i = at; i < at + size; i++) value = value * 256 + (message[i] ?? 0);
      return { text: String(value), end: at + size };
    }
    default: {
      const stop = at + 1 + (message[at] ?? 0);
      return stop > end ? undefined : { text: quote(message.subarray(at + 1, stop)), end: stop };
    }
  }
}

const WORD = /"(?:\\.|[^"\\])*"|(?:\\.|[^\s"\\])+/gs;

const PLAIN_WORDS = /^[^\s"\\]+(?: [^\s"\\]+)*$/;

/** Words separated by blanks; a quoted one may contain them. Escapes stay. */
function wordsOf(type: string, rdata: string): readonly string[] {
  // Most have neither quotes nor escapes, and one blank between words.
  if (PLAIN_WORDS.test(rdata)) return rdata.split(' ');
  if (rdata.replace(WORD, '').trim() !== '') {
    throw badRdata(type, rdata, 'quotes and escapes that end');
  }
  return rdata.match(WORD) ?? [];
}

/** A <character-string> (RFC 1035 § 3.3): a length and up to 255 octets. */
function textOctets(type: string, text: string): Uint8Array {
  const bare = text.startsWith('"') ? text.slice(1, -1) : text;
  const octets: number[] = [0];
  for (const [all, decimal, escaped] of bare.matchAll(/\\(\d{3})|\\(.)|[^\\]/gs)) {
    octets.push(decimal !== undefined ? Number(decimal) : (escaped ?? all).charCodeAt(0));
  }
  if (octets.length > 256) throw badRdata(type, text, 'texts of at most 255 octets');
  if (octets.some((octet) => octet > 255))
    throw badRdata(type, text, String.raw`ASCII, or \DDD up to \255`);
  octets[0] = octets.length - 1;
  return Uint8Array.from(octets);
}

function quote(octets: Uint8Array): string {
  let text = '';
  for (const octet of octets) {
    if (octet < 0x20 || octet >= 0x7f) text += `\\${String(octet).padStart(3, '0')}`;
    else
      text +=
        octet === 0x22 || octet === 0x5c
          ? `\\${String.fromCharCode(octet)}`
          : String.fromCharCode(octet);
  }
  return `"${text}"`;
}

function genericText(octets: Uint8Array): string {
  const hex = Buffer.from(octets).toString('hex');
  return hex === '' ? String.raw`\# 0` : String.raw`\# ${octets.length} ${hex}`;
}

function genericOctets(type: string, rdata: string): Uint8Array {
  const [, length, hex = ''] = /^\\# (\d{1,5})((?: [0-9a-fA-F]+)*)$/.exec(rdata) ?? [];
  const digits = hex.replaceAll(' ', '');
  if (length === undefined || digits.length !== 2 * Number(length)) {
    throw badRdata(type, rdata, String.raw`\# LENGTH HEX with that many octets`);
  }
  return Uint8Array.from(Buffer.from(digits, 'hex'));
}

function badRdata(type: string, rdata: string, expected: string): RangeError {
  return new RangeError(
    `Cannot use the ${type} rdata "${rdata}": it is malformed; expected ${expected}`,
  );
}
