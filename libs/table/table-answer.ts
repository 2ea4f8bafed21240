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
  /**
   * A cached answer: seconds since 1970. Until then all its TTLs are what is left; from then on the
   * chain answers.
   */
  readonly expiresAt?: number;
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
}
