/**
 * Records as plain data, in the words of a zone file: type mnemonics, and rdata in presentation
 * form (RFC 1035 § 5.1; RFC 3597 § 5 for types that have none). Everything between the wire and the
 * wire speaks this.
 */

/**
 * One resource record of class IN. `name` and the names in `rdata` are absolute; `ttl` in seconds.
 */
export interface RR {
  readonly name: string;
  readonly type: string;
  readonly ttl: number;
  readonly rdata: string;
}

/**
 * The records of one name and type (RFC 2181 § 5); they share their TTL, and there is at least one.
 */
export interface RRset {
  readonly name: string;
  readonly type: string;
  readonly ttl: number;
  readonly rdatas: readonly string[];
}

/** The records of a set, one by one. */
export function recordsOf(rrset: RRset): readonly RR[] {
  const { name, type, ttl } = rrset;
  return rrset.rdatas.map((rdata) => ({ name, type, ttl, rdata }));
}

/** Longest TTL, in seconds: 31 bits (RFC 2181 § 8). */
export const TTL_SECONDS_MAX = 0x7fffffff;
