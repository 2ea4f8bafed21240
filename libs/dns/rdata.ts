/**
 * Rdata between presentation form and octets. Tables say what fields a type has; types that are
 * in none travel in the generic form of RFC 3597 § 5 (`\# 2 c0de`), which every type may be
 * written in.
 */
import { nameFromWire, nameToWire } from './name.ts';
import { type FieldCodec, type FieldText, LISTS, WORDS } from './rdata-fields.ts';

type Field = 'name' | 'texts' | keyof typeof WORDS | keyof typeof LISTS;

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
 * The same for types that servers pass on as they are (RFC 3597 § 3): octets that are no such
 * fields, or have them in another way than text would say, stay in the generic form.
 */
const OPAQUE_FIELDS: ReadonlyMap<string, readonly Field[]> = new Map(
  Object.entries<readonly Field[]>({
    // RFC 4034, 5155, 7344.
    DS: ['u16', 'algorithm', 'u8', 'hex'],
    CDS: ['u16', 'algorithm', 'u8', 'hex'],
    DNSKEY: ['u16', 'u8', 'algorithm', 'base64'],
    CDNSKEY: ['u16', 'u8', 'algorithm', 'base64'],
    KEY: ['u16', 'u8', 'algorithm', 'base64'],
    RRSIG: ['type', 'algorithm', 'u8', 'u32', 'time', 'time', 'u16', 'name', 'base64'],
    SIG: ['type', 'algorithm', 'u8', 'u32', 'time', 'time', 'u16', 'name', 'base64'],
    NSEC: ['name', 'types'],
    NSEC3: ['u8', 'u8', 'u16', 'salt', 'hash', 'types'],
    NSEC3PARAM: ['u8', 'u8', 'u16', 'salt'],
    // RFC 1876, 4255, 4398, 4701, 6698, 7043, 7477, 7553, 7929, 8162, 8659, 8976, 9460.
    LOC: ['location'],
    DHCID: ['base64'],
    EUI48: ['eui48'],
    EUI64: ['eui64'],
    SSHFP: ['u8', 'u8', 'hex'],
    CERT: ['u16', 'u16', 'algorithm', 'base64'],
    TLSA: ['u8', 'u8', 'u8', 'hex'],
    SMIMEA: ['u8', 'u8', 'u8', 'hex'],
    OPENPGPKEY: ['base64'],
    CSYNC: ['u32', 'u16', 'types'],
    URI: ['u16', 'u16', 'value'],
    CAA: ['u8', 'tag', 'value'],
    ZONEMD: ['u32', 'u8', 'u8', 'hex'],
    SVCB: ['u16', 'name', 'params'],
    HTTPS: ['u16', 'name', 'params'],
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
  const fields = FIELDS.get(type) ?? OPAQUE_FIELDS.get(type);
  if (fields === undefined) throw badRdata(type, rdata, String.raw`the generic form \# LENGTH HEX`);
  const words = wordsOf(type, rdata);
  if (fields[0] === 'texts') {
    if (words.length === 0) throw badRdata(type, rdata, 'at least one text');
    return words.map((word) => part(type, 'text', word, rdata));
  }
  const last = fields.length - 1;
  const list = isList(fields[last]) ? [words.slice(last).join(' ')] : words.slice(last);
  const texts = [...words.slice(0, last), ...list];
  if (texts.length !== fields.length) throw badRdata(type, rdata, `${fields.length} fields`);
  return fields.map((field, i) => part(type, field, texts[i] ?? '', rdata));
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
  const strict = FIELDS.get(type);
  if (strict !== undefined) return fieldsText(strict, message, at, end);
  const opaque = OPAQUE_FIELDS.get(type);
  const text = opaque && fieldsText(opaque, message, at, end);
  return text ?? genericText(message.subarray(at, end));
}

/**
 * The same rdata as what comes from the wire would say it. Throws RangeError for text that is none.
 */
export function canonicalRdata(type: string, rdata: string): string {
  const parts = rdataParts(type, rdata);
  const octets = Buffer.concat(
    parts.map((part) => ('octets' in part ? part.octets : nameToWire(part.name))),
  );
  if (octets.length > RDATA_OCTETS_MAX) {
    throw badRdata(type, `${rdata.slice(0, 60)}…`, `${RDATA_OCTETS_MAX} octets at most`);
  }
  const text = rdataText(type, octets, 0, octets.length);
  if (text === undefined) throw badRdata(type, rdata, 'the octets of its fields');
  return text;
}

/** Which words of such rdata are names, counted from 0. */
export function namesIn(type: string): readonly number[] {
  const fields = FIELDS.get(type) ?? OPAQUE_FIELDS.get(type) ?? [];
  return [...fields.keys()].filter((i) => fields[i] === 'name');
}

/** RFC 1035 § 3.2.1: its length has 16 bits. */
const RDATA_OCTETS_MAX = 0xffff;

function fieldsText(
  fields: readonly Field[],
  message: Uint8Array,
  at: number,
  end: number,
): string | undefined {
  const words: string[] = [];
  const isTexts = fields[0] === 'texts';
  const more = isTexts ? () => at < end : () => words.length < fields.length;
  while (more()) {
    const field = isTexts ? 'text' : (fields[words.length] ?? 'text');
    const read = word(field, message, at, end);
    if (read === undefined || read.end > end) return undefined;
    words.push(read.text);
    at = read.end;
  }
  if (at !== end || words.length === 0) return undefined;
  // A list may be empty.
  return (words.at(-1) === '' ? words.slice(0, -1) : words).join(' ');
}

function part(type: string, field: Field, text: string, rdata: string): RdataPart {
  if (field === 'name') return { name: text, compressible: COMPRESSIBLE.has(type) };
  const codec = codecOf(field);
  const octets = codec.octets(text);
  if (octets === undefined) throw badRdata(type, rdata, codec.expected);
  return { octets };
}

function word(field: Field, message: Uint8Array, at: number, end: number): FieldText | undefined {
  if (field !== 'name') return codecOf(field).text(message, at, end);
  if (at >= end) return undefined;
  const read = nameFromWire(message, at);
  return read === undefined ? undefined : { text: read.name, end: read.end };
}

function codecOf(field: Exclude<Field, 'name'>): FieldCodec {
  if (field === 'texts') return WORDS.text;
  return isList(field) ? LISTS[field] : WORDS[field];
}

function isList(field: Field | undefined): field is keyof typeof LISTS {
  return field !== undefined && Object.hasOwn(LISTS, field);
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
