/**
 * Numbers of the DNS as IANA assigns them. Code speaks mnemonics ('A', 'SRV'); numbers appear on
 * the wire only.
 */

const TYPES = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  MB: 7,
  MG: 8,
  MR: 9,
  PTR: 12,
  HINFO: 13,
  MINFO: 14,
  MX: 15,
  TXT: 16,
  RP: 17,
  AFSDB: 18,
  RT: 21,
  SIG: 24,
  KEY: 25,
  PX: 26,
  AAAA: 28,
  LOC: 29,
  SRV: 33,
  NAPTR: 35,
  KX: 36,
  CERT: 37,
  DNAME: 39,
  OPT: 41,
  DS: 43,
  SSHFP: 44,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  DHCID: 49,
  NSEC3: 50,
  NSEC3PARAM: 51,
  TLSA: 52,
  SMIMEA: 53,
  CDS: 59,
  CDNSKEY: 60,
  OPENPGPKEY: 61,
  CSYNC: 62,
  ZONEMD: 63,
  SVCB: 64,
  HTTPS: 65,
  SPF: 99,
  EUI48: 108,
  EUI64: 109,
  TKEY: 249,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
  URI: 256,
  CAA: 257,
};

const TYPE_NUMBERS = new Map(Object.entries(TYPES));
const TYPE_NAMES = new Map([...TYPE_NUMBERS].map(([name, number]) => [number, name]));

/**
 * Number of a type mnemonic, also in the form TYPE65280 (RFC 3597 § 5); undefined when it is
 * neither.
 */
export function typeNumber(type: string): number | undefined {
  const known = TYPE_NUMBERS.get(type);
  if (known !== undefined) return known;
  const generic = /^TYPE(\d{1,5})$/.exec(type);
  const number = generic === null ? Number.NaN : Number(generic[1]);
  return number <= 0xffff ? number : undefined;
}

/** Mnemonic of a type number; unknown ones as TYPE65280 (RFC 3597 § 5). */
export function typeName(number: number): string {
  return TYPE_NAMES.get(number) ?? `TYPE${number}`;
}

export const CLASS_IN = 1;
/** What a server says of itself (RFC 4892). */
export const CLASS_CH = 3;

export const OPCODE = { QUERY: 0, NOTIFY: 4 } as const;

/**
 * Response codes (RFC 6895 § 2.3). BADVERS and BADCOOKIE need EDNS to be said: their upper bits
 * travel in OPT (RFC 6891 § 6.1.3).
 */
export const RCODE = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  YXDOMAIN: 6,
  YXRRSET: 7,
  NXRRSET: 8,
  NOTAUTH: 9,
  NOTZONE: 10,
  BADVERS: 16,
  BADCOOKIE: 23,
} as const;

const RCODE_NAMES = new Map<number, string>(
  Object.entries(RCODE).map(([name, number]) => [number, name]),
);

/** Response codes by mnemonic: what a configuration may name. */
export const RCODE_NUMBERS: ReadonlyMap<string, number> = new Map(Object.entries(RCODE));

/** Mnemonic of a response code, for logs and metric labels; unknown ones as RCODE24. */
export function rcodeName(rcode: number): string {
  return RCODE_NAMES.get(rcode) ?? `RCODE${rcode}`;
}

/** Extended DNS error codes we send (RFC 8914 § 4). */
export const EDE = {
  STALE_ANSWER: 3,
  NOT_READY: 14,
  BLOCKED: 15,
  FILTERED: 17,
  STALE_NXDOMAIN_ANSWER: 19,
} as const;
