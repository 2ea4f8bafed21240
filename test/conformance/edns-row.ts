/** What rows of header and EDNS are made of. Names are those of the zone in edns.test.ts. */
import { head, type Octets, question, raw } from './raw-packet.ts';

export interface EdnsRow {
  readonly what: string;
  readonly packet: Uint8Array;
  /** Over UDP; over TCP too unless that is said. */
  readonly said: string;
  readonly overTcp?: string;
  /**
   * What CoreDNS says where it is something else. It says the client's UDP size as its own (RFC 6891
   * § 6.2.3), which is not counted here.
   */
  readonly theirs?: string;
  readonly theirsOverTcp?: string;
}

export const RD = 0x0100;
export const WEB = 'web.shop.svc.cluster.local. A';
export const OK = `NOERROR aa rd | ${WEB} | 1 0 0`;
export const OK_EDNS = `${OK} | EDNS 0 1232`;
export const MALFORMED = 'FORMERR rd';
/** CoreDNS reads the question although what follows is malformed. */
export const MALFORMED_AFTER = `FORMERR rd | ${WEB}`;

/** A query with an OPT. */
export function edns(...list: readonly Octets[]): Uint8Array {
  return raw(head(RD, 1, 0, 0, 1), question(WEB), ...list);
}

/** A query without. */
export function plain(flags: number, asked = WEB): Uint8Array {
  return raw(head(flags, 1), question(asked));
}
