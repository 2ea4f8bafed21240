/** The words of an entry → the record that it is (RFC 1035 § 5.1). */
import { CLASS_IN, typeName, typeNumber } from '../dns/iana.ts';
import { canonicalName } from '../dns/name.ts';
import { canonicalRdata, namesIn } from '../dns/rdata.ts';
import type { RR } from '../dns/rrset.ts';
import type { Entry } from './entries.ts';
import { ttlSeconds } from './ttl.ts';
import { cannotRead, cannotUse, ZoneFileError, type ZoneFilePlace } from './zone-file-error.ts';

/** What entries before say of the next one. */
export interface Context {
  /** What relative names are relative to. */
  origin: string;
  /** Of the record before. */
  owner: string | undefined;
  /** Of records that have none, in seconds. */
  ttl: number | undefined;
  /** Whether `$TTL` said so: else it is that of the record before. */
  isTtlSet: boolean;
}

/** Throws ZoneFileError. What the entry says of the next one goes into the context. */
export function recordOf({ words, isIndented }: Entry, context: Context, at: ZoneFilePlace): RR {
  const owner = isIndented ? context.owner : nameOf(words[0] ?? '', context.origin, at);
  if (owner === undefined) {
    const text =
      'Cannot read the entry: no record before has an owner; expected one without blanks';
    throw new ZoneFileError(at, `${text} before it`);
  }
  context.owner = owner;
  const { ttl, type, rest } = typeOf(words.slice(isIndented ? 0 : 1), at);
  if (ttl !== undefined && !context.isTtlSet) context.ttl = ttl;
  const rdata = rdataOf(type, rest, context.origin, at);
  const own = ttl ?? context.ttl ?? minimumOf(type, rdata);
  if (own === undefined) {
    throw cannotRead(at, 'entry', words.join(' '), 'it has no TTL', 'one, or $TTL before it');
  }
  // RFC 1035 § 5.1, RFC 2308 § 4: the one before; a SOA's MINIMUM, as BIND has it.
  context.ttl ??= own;
  return { name: owner, ttl: own, type, rdata };
}

/** A domain name as it is written, made absolute. */
export function nameOf(word: string, origin: string, at: ZoneFilePlace): string {
  if (word === '@') return origin;
  if (word.startsWith('"')) {
    throw cannotRead(at, 'domain name', word, 'it is quoted', 'one without quotes');
  }
  const isAbsolute = /(?:^|[^\\])(?:\\\\)*\.$/.test(word);
  const name = isAbsolute ? word : `${word}.${origin === '.' ? '' : origin}`;
  try {
    return canonicalName(name);
  } catch (error) {
    throw cannotUse(at, name, error);
  }
}

interface Typed {
  readonly ttl: number | undefined;
  readonly type: string;
  readonly rest: readonly string[];
}

/** `[TTL] [CLASS] TYPE`, or `[CLASS] [TTL] TYPE`. */
function typeOf(words: readonly string[], at: ZoneFilePlace): Typed {
  let ttl: number | undefined;
  let hasClass = false;
  let i = 0;
  for (; i < 2; i++) {
    const word = words[i] ?? '';
    if (ttl === undefined && /^\d/.test(word)) ttl = ttlOf(word, at);
    else if (!hasClass && isClass(word, at)) hasClass = true;
    else break;
  }
  const word = words[i];
  if (word === undefined) {
    throw new ZoneFileError(at, 'Cannot read the entry: it has no type; expected TYPE RDATA');
  }
  const number = typeNumber(word.toUpperCase());
  if (number === undefined) {
    const expected = 'a type such as A or TYPE65280; an owner must have no blanks before it';
    throw cannotRead(at, 'type', word, 'it is unknown', expected);
  }
  if (isForQuestions(number)) {
    throw cannotRead(at, 'type', word, 'it is for messages', 'a type of zones');
  }
  return { ttl, type: typeName(number), rest: words.slice(i + 1) };
}

/** A TTL, in seconds. */
export function ttlOf(word: string, at: ZoneFilePlace): number {
  const ttl = ttlSeconds(word);
  if (ttl !== undefined) return ttl;
  throw cannotRead(at, 'TTL', word, 'it is none', 'seconds, or units as in 1h30m, below 2^31');
}

const CLASS = /^(?:IN|CH|HS|CS|CLASS(\d{1,5}))$/i;

function isClass(word: string, at: ZoneFilePlace): boolean {
  const [name, number] = CLASS.exec(word) ?? [];
  if (name === undefined) return false;
  if (name.toUpperCase() === 'IN' || Number(number) === CLASS_IN) return true;
  throw cannotRead(at, 'class', word, 'it is not served', 'IN');
}

/** OPT, and what only a question or a transaction has (RFC 6895 § 3.1). */
function isForQuestions(type: number): boolean {
  return type === 0 || type === 41 || (type >= 128 && type <= 255);
}

function rdataOf(
  type: string,
  words: readonly string[],
  origin: string,
  at: ZoneFilePlace,
): string {
  if (words.length === 0) {
    throw cannotRead(at, 'record of type', type, 'it has no rdata', 'TYPE RDATA');
  }
  const isGeneric = words[0] === '\\#';
  const text = (isGeneric ? words : wordsOf(type, words, origin, at)).join(' ');
  try {
    return canonicalRdata(type, text);
  } catch (error) {
    throw cannotUse(at, text, error);
  }
}

/** Names absolute, times in seconds, texts as long as they may be. */
function wordsOf(
  type: string,
  words: readonly string[],
  origin: string,
  at: ZoneFilePlace,
): readonly string[] {
  if (type === 'TXT' || type === 'SPF') return words.flatMap(textsOf);
  const names = namesIn(type);
  return words.map((word, i) => {
    if (names.includes(i)) return nameOf(word, origin, at);
    // SERIAL is no time.
    return type === 'SOA' && i > 2 ? String(ttlSeconds(word) ?? word) : word;
  });
}

/** Octets of a text (RFC 1035 § 3.3). */
const TEXT_OCTETS_MAX = 255;

/** A text that is too long as several: keys are so long, and CoreDNS splits them too. */
function textsOf(word: string): readonly string[] {
  if (word.length <= TEXT_OCTETS_MAX) return [word];
  const bare = word.startsWith('"') ? word.slice(1, -1) : word;
  const octets = bare.match(/\\\d{3}|\\.|[^\\]/g) ?? [];
  const count = Math.ceil(octets.length / TEXT_OCTETS_MAX);
  return Array.from({ length: count }, (_, i) => {
    return `"${octets.slice(i * TEXT_OCTETS_MAX, (i + 1) * TEXT_OCTETS_MAX).join('')}"`;
  });
}

function minimumOf(type: string, rdata: string): number | undefined {
  return type === 'SOA' ? ttlSeconds(rdata.split(' ').at(-1) ?? '') : undefined;
}
