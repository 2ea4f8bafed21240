/** A DNS message (RFC 1035 § 4, RFC 6891) as plain data. */
import { CLASS_IN, OPCODE, RCODE } from './iana.ts';
import type { RR } from './rrset.ts';

export interface Message {
  readonly id: number;
  readonly flags: Flags;
  readonly opcode: number;
  /** All twelve bits: the upper eight travel in OPT (RFC 6891 § 6.1.3). */
  readonly rcode: number;
  readonly question: Question | undefined;
  readonly answer: readonly RR[];
  readonly authority: readonly RR[];
  readonly additional: readonly RR[];
  readonly edns: Edns | undefined;
}

export interface Question {
  /** Absolute, in the case it was asked. */
  readonly name: string;
  readonly type: string;
  readonly class: number;
}

export interface Flags {
  readonly response: boolean;
  readonly authoritative: boolean;
  readonly truncated: boolean;
  readonly recursionDesired: boolean;
  readonly recursionAvailable: boolean;
  readonly authenticData: boolean;
  readonly checkingDisabled: boolean;
}

export const NO_FLAGS: Flags = {
  response: false,
  authoritative: false,
  truncated: false,
  recursionDesired: false,
  recursionAvailable: false,
  authenticData: false,
  checkingDisabled: false,
};

export interface Edns {
  /** What the sender can receive over UDP, in octets. */
  readonly udpSize: number;
  readonly version: number;
  /** DO (RFC 3225). */
  readonly dnssecOk: boolean;
  readonly options: readonly EdnsOption[];
}

export interface EdnsOption {
  readonly code: number;
  readonly data: Uint8Array;
}

/**
 * The size we announce, and the largest that we send over UDP: 1232 octets cross every IPv6 path
 * unfragmented (DNS Flag Day 2020).
 */
export const UDP_OCTETS_MAX = 1232;
/** What a client without EDNS can receive (RFC 1035 § 2.3.4). */
export const UDP_OCTETS_PLAIN = 512;
/** TCP's length field ends here (RFC 1035 § 4.2.2). */
export const TCP_OCTETS_MAX = 65535;
/** EDNS option code of a name server's identifier (RFC 5001). */
export const OPTION_NSID = 3;
/** EDNS option code of an extended DNS error (RFC 8914). */
export const OPTION_EDE = 15;

/** As the resolver of a pod asks: RD, without EDNS. `name`: absolute; `change`: what is not so. */
export function queryMessage(name: string, type: string, change: Partial<Message> = {}): Message {
  return {
    id: 0,
    flags: { ...NO_FLAGS, recursionDesired: true },
    opcode: OPCODE.QUERY,
    rcode: RCODE.NOERROR,
    question: { name, type, class: CLASS_IN },
    answer: [],
    authority: [],
    additional: [],
    edns: undefined,
    ...change,
  };
}

/** How large a UDP response to this query may be, in octets. */
export function udpLimit(query: Pick<Message, 'edns'>): number {
  if (query.edns === undefined) return UDP_OCTETS_PLAIN;
  return Math.min(Math.max(query.edns.udpSize, UDP_OCTETS_PLAIN), UDP_OCTETS_MAX);
}
