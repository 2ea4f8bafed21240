/**
 * A zone that can be handed out: whole (RFC 5936), or as what changed since a serial (RFC 1995).
 * Who serves the zone implements it; who transfers it asks.
 */
import type { RR } from '../dns/rrset.ts';

export interface ZoneSource {
  readonly zone: string;
  /** As of now; undefined while the zone is not known completely. */
  soa(): RR | undefined;
  /** All records but the SOA, of the serial that `soa` says, in one order. */
  records(): Iterable<RR>;
  /** From that serial to now; undefined when nobody remembers so far back. */
  differencesSince(serial: number): readonly ZoneDifference[] | undefined;
  /**
   * The same from what was before this process: from a log that has it. Absent where there is none.
   */
  differencesFromLog?(serial: number): Promise<readonly ZoneDifference[] | undefined>;
  /** Calls back after the content changed, until the function returned is called. */
  onChange(listener: () => void): () => void;
}

/** One step from a serial to a later one. Both SOAs are left out of the records. */
export interface ZoneDifference {
  readonly from: RR;
  readonly to: RR;
  readonly removed: readonly RR[];
  readonly added: readonly RR[];
}
