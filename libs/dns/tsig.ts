/**
 * Transaction signatures (RFC 8945): who asks and who answers share a secret, and each message ends
 * with a TSIG record that holds a MAC over it.
 *
 *   packet ─ tsigOf ─► its TSIG ─ verify ─► ok, and the MAC that the reply goes on from
 *   reply ─ TsigSigner ─► reply with TSIG; in a stream each signs the MAC before it (§ 5.3.1)
 *
 * Whatever arrives gives a value. No secret is in any of them but the key itself.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { typeNumber } from './iana.ts';
import { lowerName, nameFromWire, nameToWire } from './name.ts';

/** Algorithm names (§ 6) → node's, and the octets of their MACs. */
const ALGORITHMS = {
  'hmac-sha256.': { hash: 'sha256', octets: 32 },
  'hmac-sha384.': { hash: 'sha384', octets: 48 },
  'hmac-sha512.': { hash: 'sha512', octets: 64 },
  'hmac-sha224.': { hash: 'sha224', octets: 28 },
  'hmac-sha1.': { hash: 'sha1', octets: 20 },
  'hmac-md5.sig-alg.reg.int.': { hash: 'md5', octets: 16 },
} as const;

export type TsigAlgorithm = keyof typeof ALGORITHMS;

/** Each that a key may have, as its name on the wire. */
export const TSIG_ALGORITHMS: readonly TsigAlgorithm[] = [
  'hmac-sha256.',
  'hmac-sha384.',
  'hmac-sha512.',
  'hmac-sha224.',
  'hmac-sha1.',
  'hmac-md5.sig-alg.reg.int.',
];

/** Taken only where a key names it: its use is to end (§ 6). */
const BY_NAME_ONLY: TsigAlgorithm = 'hmac-md5.sig-alg.reg.int.';

export interface TsigKey {
  /** Lower-case and absolute. */
  readonly name: string;
  /** Undefined: whichever a client signs with. We sign with HMAC-SHA256 then. */
  readonly algorithm: TsigAlgorithm | undefined;
  readonly secret: Uint8Array;
}

/** Errors of a TSIG record (§ 3), which travel in it. */
export const TSIG_ERROR = { BADSIG: 16, BADKEY: 17, BADTIME: 18, BADTRUNC: 22 } as const;
export type TsigError = keyof typeof TSIG_ERROR;

/** How far the clocks of two may be apart (§ 10 recommends 300 s). */
const FUDGE_SECONDS = 300;
/** Shortest MAC that may be sent, beside half of the whole one (§ 5.2.2.1). */
const MAC_OCTETS_MIN = 10;

const HEADER_OCTETS = 12;
const TYPE_TSIG = typeNumber('TSIG') ?? 0;
const CLASS_ANY = 255;
/** Type, class, TTL, length of rdata. */
const RR_FIXED_OCTETS = 10;
/** Time, fudge, MAC size, original id, error, size of other data. */
const RDATA_FIXED_OCTETS = 16;
/** Other data of a BADTIME: the time of the server. */
const TIME_OCTETS = 6;

/** A TSIG record, and the message that it signs. */
export interface Tsig {
  /** Lower-case, as all that is signed. */
  readonly keyName: string;
  readonly algorithmName: string;
  readonly timeSeconds: number;
  readonly fudgeSeconds: number;
  readonly mac: Uint8Array;
  readonly error: number;
  readonly other: Uint8Array;
  /** Without the TSIG, with the id that its sender gave it. */
  readonly message: Uint8Array;
}

export type Verified =
  | { readonly kind: 'unsigned' }
  /** A TSIG that can't be read, or stands where none may (§ 5.1, § 5.2): FORMERR. */
  | { readonly kind: 'malformed' }
  | {
      readonly kind: 'ok';
      readonly key: TsigKey;
      readonly algorithm: TsigAlgorithm;
      readonly tsig: Tsig;
    }
  /** The reply to a wrong key or MAC is not signed (§ 5.3.2): then there is no key here. */
  | {
      readonly kind: 'wrong';
      readonly error: TsigError;
      readonly tsig: Tsig;
      readonly key?: TsigKey;
      readonly algorithm?: TsigAlgorithm;
    };

/**
 * Judges the signature of a whole message. `keys` by lower-case name; `priorMac` is that of the
 * request, where this is the reply to one.
 */
export function verify(
  packet: Uint8Array,
  keys: ReadonlyMap<string, TsigKey>,
  nowSeconds: number,
  priorMac?: Uint8Array,
): Verified {
  const tsig = tsigOf(packet);
  if (tsig === 'unsigned' || tsig === 'malformed') return { kind: tsig };
  const key = keys.get(tsig.keyName);
  const algorithm = TSIG_ALGORITHMS.find((name) => name === tsig.algorithmName);
  if (key === undefined || algorithm === undefined || !mayUse(key, algorithm)) {
    return { kind: 'wrong', error: 'BADKEY', tsig };
  }
  const { octets } = ALGORITHMS[algorithm];
  const size = tsig.mac.length;
  if (size > octets || size < Math.max(MAC_OCTETS_MIN, octets / 2)) return { kind: 'malformed' };
  const mac = hmac(key, algorithm, [...prior(priorMac), tsig.message, variables(tsig)]);
  if (!timingSafeEqual(mac.subarray(0, size), tsig.mac)) {
    return { kind: 'wrong', error: 'BADSIG', tsig };
  }
  const wrong = (error: TsigError): Verified => ({ kind: 'wrong', error, tsig, key, algorithm });
  if (Math.abs(nowSeconds - tsig.timeSeconds) > tsig.fudgeSeconds) return wrong('BADTIME');
  // Who shares a secret with us has no need to save octets.
  if (size < octets) return wrong('BADTRUNC');
  return { kind: 'ok', key, algorithm, tsig };
}

/** Signs messages in the order in which they are sent: a request, or all of one reply. */
export class TsigSigner {
  readonly #key: TsigKey;
  readonly #algorithm: TsigAlgorithm;
  readonly #nowSeconds: () => number;
  #priorMac: Uint8Array | undefined;
  #isFirst = true;

  /** `priorMac`: of the request that is replied to. */
  constructor(
    key: TsigKey,
    nowSeconds: () => number,
    priorMac?: Uint8Array,
    algorithm: TsigAlgorithm = key.algorithm ?? 'hmac-sha256.',
  ) {
    this.#key = key;
    this.#algorithm = algorithm;
    this.#nowSeconds = nowSeconds;
    this.#priorMac = priorMac;
  }

  /** What a signature adds to a message. */
  get octets(): number {
    return tsigOctets(this.#key.name, this.#algorithm) + ALGORITHMS[this.#algorithm].octets;
  }

  /** The MAC of the message signed last. */
  get mac(): Uint8Array | undefined {
    return this.#priorMac;
  }

  sign(message: Uint8Array): Uint8Array {
    return this.#sign(message, {
      timeSeconds: this.#nowSeconds(),
      fudgeSeconds: FUDGE_SECONDS,
      error: 0,
      other: new Uint8Array(0),
    });
  }

  /** The reply to a request that was signed right and is refused nevertheless (§ 5.2.3). */
  signError(message: Uint8Array, error: TsigError, { timeSeconds, fudgeSeconds }: Tsig) {
    const isTime = error === 'BADTIME';
    return this.#sign(message, {
      timeSeconds: isTime ? timeSeconds : this.#nowSeconds(),
      fudgeSeconds: isTime ? fudgeSeconds : FUDGE_SECONDS,
      error: TSIG_ERROR[error],
      other: isTime ? timeOctets(this.#nowSeconds()) : new Uint8Array(0),
    });
  }

  #sign(
    message: Uint8Array,
    said: Pick<Tsig, 'timeSeconds' | 'fudgeSeconds' | 'error' | 'other'>,
  ): Uint8Array {
    const names = { keyName: this.#key.name, algorithmName: this.#algorithm };
    const signed = this.#isFirst ? variables({ ...names, ...said }) : timers(said);
    const mac = hmac(this.#key, this.#algorithm, [...prior(this.#priorMac), message, signed]);
    this.#priorMac = mac;
    this.#isFirst = false;
    return append(message, { ...names, ...said, mac });
  }
}

/** The reply that tells of a wrong key or MAC: a TSIG with the error and no MAC (§ 5.3.2). */
export function tellError(message: Uint8Array, error: TsigError, tsig: Tsig): Uint8Array {
  const nothing = new Uint8Array(0);
  return append(message, { ...tsig, mac: nothing, error: TSIG_ERROR[error], other: nothing });
}

/** The most that the reply to this request grows by its TSIG, error included. */
export function replyOctets({ keyName, algorithmName }: Tsig): number {
  const most = Math.max(...Object.values(ALGORITHMS).map(({ octets }) => octets));
  return tsigOctets(keyName, algorithmName) + most + TIME_OCTETS;
}

/** The TSIG at the end of a message. */
function tsigOf(packet: Uint8Array): Tsig | 'unsigned' | 'malformed' {
  if (packet.length < HEADER_OCTETS) return 'malformed';
  const data = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const additional = data.getUint16(10);
  const before = data.getUint16(6) + data.getUint16(8);
  let at = HEADER_OCTETS;
  for (let n = data.getUint16(4); n > 0; n--) {
    const name = nameFromWire(packet, at);
    if (name === undefined || name.end + 4 > packet.length) return 'malformed';
    at = name.end + 4;
  }
  for (let left = before + additional; left > 0; left--) {
    const name = nameFromWire(packet, at);
    if (name === undefined || name.end + RR_FIXED_OCTETS > packet.length) return 'malformed';
    const rdata = name.end + RR_FIXED_OCTETS;
    const end = rdata + data.getUint16(rdata - 2);
    if (end > packet.length) return 'malformed';
    if (data.getUint16(name.end) === TYPE_TSIG) {
      const isLast = left === 1 && additional > 0 && end === packet.length;
      const isPlain = data.getUint16(name.end + 2) === CLASS_ANY && data.getUint32(rdata - 6) === 0;
      if (!isLast || !isPlain) return 'malformed';
      return readRdata(packet, data, rdata, { start: at, keyName: lowerName(name.name) });
    }
    at = end;
  }
  return at === packet.length ? 'unsigned' : 'malformed';
}

function readRdata(
  packet: Uint8Array,
  data: DataView,
  at: number,
  { start, keyName }: { readonly start: number; readonly keyName: string },
): Tsig | 'malformed' {
  const algorithm = nameFromWire(packet, at);
  if (algorithm === undefined) return 'malformed';
  const fixed = algorithm.end;
  if (fixed + RDATA_FIXED_OCTETS > packet.length) return 'malformed';
  const macAt = fixed + 10;
  const macEnd = macAt + data.getUint16(fixed + 8);
  if (macEnd + 6 > packet.length) return 'malformed';
  const otherAt = macEnd + 6;
  if (otherAt + data.getUint16(macEnd + 4) !== packet.length) return 'malformed';
  const message = new Uint8Array(packet.subarray(0, start));
  const header = new DataView(message.buffer);
  header.setUint16(0, data.getUint16(macEnd)); // a forwarder may have changed it
  header.setUint16(10, data.getUint16(10) - 1);
  return {
    keyName,
    algorithmName: lowerName(algorithm.name),
    timeSeconds: data.getUint16(fixed) * 2 ** 32 + data.getUint32(fixed + 2),
    fudgeSeconds: data.getUint16(fixed + 6),
    mac: new Uint8Array(packet.subarray(macAt, macEnd)),
    error: data.getUint16(macEnd + 2),
    other: new Uint8Array(packet.subarray(otherAt)),
    message,
  };
}

/** The message with one record more. */
function append(message: Uint8Array, tsig: Omit<Tsig, 'message'>): Uint8Array {
  const { keyName, algorithmName, mac, other } = tsig;
  const name = nameToWire(keyName);
  const algorithm = nameToWire(algorithmName);
  const fixed = new DataView(new ArrayBuffer(RR_FIXED_OCTETS));
  fixed.setUint16(0, TYPE_TSIG);
  fixed.setUint16(2, CLASS_ANY);
  fixed.setUint16(8, algorithm.length + RDATA_FIXED_OCTETS + mac.length + other.length);
  const signed = Buffer.concat([
    message,
    name,
    bytesOf(fixed),
    algorithm,
    timers(tsig),
    u16(mac.length),
    mac,
    message.subarray(0, 2),
    u16(tsig.error),
    u16(other.length),
    other,
  ]);
  signed.writeUInt16BE(signed.readUInt16BE(10) + 1, 10);
  return new Uint8Array(signed.buffer, signed.byteOffset, signed.byteLength);
}

/** What is signed beside the message (§ 4.3.3). */
function variables(tsig: Omit<Tsig, 'message' | 'mac'>): Uint8Array {
  return Buffer.concat([
    nameToWire(tsig.keyName),
    u16(CLASS_ANY),
    u16(0),
    u16(0), // TTL
    nameToWire(tsig.algorithmName),
    timers(tsig),
    u16(tsig.error),
    u16(tsig.other.length),
    tsig.other,
  ]);
}

/** All that is signed beside the later messages of a stream. */
function timers({ timeSeconds, fudgeSeconds }: Pick<Tsig, 'timeSeconds' | 'fudgeSeconds'>) {
  return Buffer.concat([timeOctets(timeSeconds), u16(fudgeSeconds)]);
}

function prior(mac: Uint8Array | undefined): readonly Uint8Array[] {
  return mac === undefined ? [] : [u16(mac.length), mac];
}

function hmac(key: TsigKey, algorithm: TsigAlgorithm, parts: readonly Uint8Array[]): Uint8Array {
  const mac = createHmac(ALGORITHMS[algorithm].hash, key.secret);
  for (const part of parts) mac.update(part);
  return mac.digest();
}

function mayUse({ algorithm }: TsigKey, used: TsigAlgorithm): boolean {
  return algorithm === undefined ? used !== BY_NAME_ONLY : algorithm === used;
}

/** Without MAC and other data. */
function tsigOctets(keyName: string, algorithmName: string): number {
  const names = nameToWire(keyName).length + nameToWire(algorithmName).length;
  return names + RR_FIXED_OCTETS + RDATA_FIXED_OCTETS;
}

function timeOctets(seconds: number): Uint8Array {
  const data = new DataView(new ArrayBuffer(TIME_OCTETS));
  data.setUint16(0, Math.floor(seconds / 2 ** 32));
  data.setUint32(2, seconds % 2 ** 32);
  return bytesOf(data);
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 0xff);
}

function bytesOf({ buffer }: DataView): Uint8Array {
  return new Uint8Array(buffer);
}
