/**
 * DNS Cookies (RFC 7873) as servers make them (RFC 9018): what a server says to a client that sent
 * a COOKIE option proves, when it comes back, that the client has the address it claims.
 *
 *   client cookie 8 │ version 1, reserved 3, time 4 │ hash 8 of all that and the client's address
 *
 * Readers answer with it, so nothing is allocated: option and address are read where they stand,
 * and what is found is in fields until it is written. Secrets are words that readers share; one
 * that is replaced in the midst of a hash gives a cookie that nobody accepts, and the client gets
 * another with its next query.
 */
import { SipHash } from './sip-hash.ts';

/** EDNS option code (RFC 7873 § 4). */
export const OPTION_COOKIE = 10;
export const CLIENT_COOKIE_OCTETS = 8;
/** Of our option: a client's cookie, and ours. */
const COOKIE_OCTETS = 24;
/** Code and length, then that. */
const OPTION_HEADER_OCTETS = 4;
export const COOKIE_OPTION_OCTETS = OPTION_HEADER_OCTETS + COOKIE_OCTETS;
/** A client that has no cookie of a server sends its own; with one, 8 to 32 octets more (§ 4). */
const OCTETS_MIN = 16;
const OCTETS_MAX = 40;

export const SECRET_OCTETS = 16;
/** The one that cookies are made with, and one more that they may be made with (RFC 9018 § 5). */
export const SECRETS_MAX = 2;
const SECRET_WORDS = 4;
/** Words of the secrets: how many there are, then each. */
export const SECRETS_WORDS = 1 + SECRETS_MAX * SECRET_WORDS;

/** Age and lead of a cookie that is accepted, and the age that it is given again (§ 4.3). */
const AGE_SECONDS_MAX = 3600;
const LEAD_SECONDS_MAX = 300;
const AGAIN_SECONDS_MAX = 1800;
/** Version 1, as the word of the option; reserved octets are 0. */
const VERSION = 1;

/** Whether a COOKIE option may have so many octets; others are FORMERR (RFC 7873 § 5.2.2). */
export function isCookieLength(octets: number): boolean {
  return octets === CLIENT_COOKIE_OCTETS || (octets >= OCTETS_MIN && octets <= OCTETS_MAX);
}

/** Puts one or two secrets of SECRET_OCTETS each where a ServerCookies has them. */
export function putSecrets(words: Int32Array, at: number, secrets: readonly Uint8Array[]): void {
  if (secrets.length < 1 || secrets.length > SECRETS_MAX) {
    throw new RangeError(
      `Cannot use ${secrets.length} cookie secrets: expected 1 to ${SECRETS_MAX}`,
    );
  }
  for (const [i, secret] of secrets.entries()) {
    if (secret.length !== SECRET_OCTETS) {
      throw new RangeError(
        `Cannot use a cookie secret of ${secret.length} octets: expected ${SECRET_OCTETS}`,
      );
    }
    const first = at + 1 + i * SECRET_WORDS;
    for (let word = 0; word < SECRET_WORDS; word++) words[first + word] = wordAt(secret, 4 * word);
  }
  words[at] = secrets.length;
}

export class ServerCookies {
  readonly #secrets: Int32Array;
  readonly #at: number;
  readonly #hash = new SipHash();
  /** Client cookie, version and time, address, length: up to 33 octets, so five blocks. */
  readonly #message = new Int32Array(10);
  /** Time and hash of the cookie to give, as words of the option. */
  #head = 0;
  #time = 0;
  #low = 0;
  #high = 0;
  /** Whether the query came with a cookie of ours that is not too old. */
  isValid = false;

  /** `secrets`: putSecrets puts them there, from word `at` on. */
  constructor(secrets: Int32Array, at: number) {
    this.#secrets = secrets;
    this.#at = at;
  }

  /** Without secrets nobody can be answered. */
  get areSet(): boolean {
    return this.#secrets[this.#at] !== 0;
  }

  /**
   * Finds the cookie to give. `cookie`: where the data of the option begins, `octets` of them, a
   * length that it may have. `client`: where the octets of its address are, 4-aligned; 1 more says
   * that they are 16, not 4.
   */
  take(
    bytes: Uint8Array,
    cookie: number,
    octets: number,
    client: number,
    nowSeconds: number,
  ): void {
    const message = this.#message;
    const isIPv6 = (client & 1) !== 0;
    const address = client & ~1;
    const blocks = isIPv6 ? 5 : 3;
    message[0] = wordAt(bytes, cookie);
    message[1] = wordAt(bytes, cookie + 4);
    message[4] = wordAt(bytes, address);
    message[5] = 20 << 24;
    if (isIPv6) {
      for (let word = 1; word < 4; word++) message[4 + word] = wordAt(bytes, address + 4 * word);
      message[8] = 0;
      message[9] = 32 << 24;
    }
    this.isValid = false;
    if (octets === COOKIE_OCTETS && bytes[cookie + 8] === VERSION) {
      this.#head = wordAt(bytes, cookie + 8);
      this.#time = wordAt(bytes, cookie + 12);
      this.#low = wordAt(bytes, cookie + 16);
      this.#high = wordAt(bytes, cookie + 20);
      const age = (nowSeconds - swapped(this.#time)) | 0; // of serial numbers (RFC 1982)
      const secret = age > AGE_SECONDS_MAX || age < -LEAD_SECONDS_MAX ? -1 : this.#secretOf(blocks);
      this.isValid = secret >= 0;
      if (secret === 0 && age <= AGAIN_SECONDS_MAX) return;
    }
    this.#head = VERSION;
    this.#time = swapped(nowSeconds | 0);
    this.#hashWith(0, blocks);
    this.#low = this.#hash.low;
    this.#high = this.#hash.high;
  }

  /** Writes the option, COOKIE_OPTION_OCTETS, as it was found. */
  write(data: DataView, option: number): void {
    const at = option + OPTION_HEADER_OCTETS;
    data.setInt32(option, (OPTION_COOKIE << 16) | COOKIE_OCTETS);
    data.setInt32(at, this.#message[0] ?? 0, true);
    data.setInt32(at + 4, this.#message[1] ?? 0, true);
    data.setInt32(at + 8, this.#head, true);
    data.setInt32(at + 12, this.#time, true);
    data.setInt32(at + 16, this.#low, true);
    data.setInt32(at + 20, this.#high, true);
  }

  /** Which secret the cookie was made with; -1: none of them. */
  #secretOf(blocks: number): number {
    const count = this.#secrets[this.#at] ?? 0;
    for (let secret = 0; secret < count; secret++) {
      this.#hashWith(secret, blocks);
      if (((this.#hash.low ^ this.#low) | (this.#hash.high ^ this.#high)) === 0) return secret;
    }
    return -1;
  }

  #hashWith(secret: number, blocks: number): void {
    this.#message[2] = this.#head;
    this.#message[3] = this.#time;
    this.#hash.hash(this.#secrets, this.#at + 1 + secret * SECRET_WORDS, this.#message, blocks);
  }
}

/** Little-endian, at any offset. */
function wordAt(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] ?? 0) |
    ((bytes[at + 1] ?? 0) << 8) |
    ((bytes[at + 2] ?? 0) << 16) |
    ((bytes[at + 3] ?? 0) << 24)
  );
}

/** The octets of a word in the other order. */
function swapped(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}
