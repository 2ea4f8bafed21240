/** What the table holds for one type of a name, in the words of the control thread. */
import type { RR } from '../dns/rrset.ts';

export interface TableAnswer {
  readonly type: string;
  /** NOERROR unless said. Only the four bits of the header fit. */
  readonly rcode?: number;
  readonly authoritative: boolean;
  readonly recursionAvailable?: boolean;
  readonly authenticData?: boolean;
  readonly answer: readonly RR[];
  readonly authority: readonly RR[];
  readonly additional: readonly RR[];
  /** Each response begins with another of the equally long address records that end ANSWER. */
  readonly rotate?: boolean;
  /** Only of what is kept, not of what is put: the answer is somebody else's, and ends. */
  readonly cached?: CachedTimes;
}

/**
 * Seconds since 1970. Readers answer until it expires, with each TTL less by the time since it was
 * said; from then on the chain does.
 */
export interface CachedTimes {
  readonly saidAtSeconds: number;
  readonly expiresAtSeconds: number;
  /** NXDOMAIN or NODATA: only says how hits are counted. */
  readonly denial: boolean;
}

/** A zone whose absence of names the table may state. */
export interface TableZone {
  /** Absolute, lower case. */
  readonly apex: string;
  /** What denies: goes into AUTHORITY as it is, so its TTL is the negative one (RFC 2308 § 3). */
  readonly soa: RR;
  /** False: some names may be missing, so what is not here is the chain's to answer. */
  readonly complete: boolean;
  readonly recursionAvailable?: boolean;
  /** Readers count its answers by it; 0 unless said. The same for as long as the zone is set. */
  readonly group?: number;
}

export interface PutOptions {
  /** The chain answers for this name and what is below it: a delegation, a wildcard. */
  readonly handOver?: boolean;
  /** The chain answers for what does not exist below this name: some of it is not in the table. */
  readonly handOverBelow?: boolean;
}

/** `full`: no room, the chain answers. */
export type PutOutcome = 'stored' | 'full';

/** `taken`: a zone has that name, nothing cached may hide it. */
export type KeepOutcome = PutOutcome | 'taken';
