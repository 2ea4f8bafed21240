import type { RR } from '../../../libs/dns/rrset.ts';
import type { Names } from '../../../libs/federation/names.ts';

/** Where computed names go: the table, or a test's map. */
export interface NameSink {
  /** The zone's SOA, and whether what it lacks may be denied from the table. */
  setZone(zone: string, soa: RR, denies: boolean): void;
  /**
   * All that the name has now: its RRsets are among `names`, and so are the addresses of its
   * targets. `isOpen`: names below it may exist that are never put, so they must not be denied.
   */
  put(zone: string, name: string, names: Names, isOpen?: boolean): void;
  remove(zone: string, name: string): void;
  /** All that happened up to the serial of this SOA has been told of the zone. */
  settle?(zone: string, soa: RR): void;
}
