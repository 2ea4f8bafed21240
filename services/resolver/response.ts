/** A response as plugins make it. */
import type { EdnsOption, Flags } from '../../libs/dns/message.ts';
import type { RR } from '../../libs/dns/rrset.ts';

/**
 * What a plugin answers. The server makes the message of it: id, question, flags of the query,
 * EDNS, size.
 */
export interface Response {
  readonly rcode: number;
  readonly authoritative: boolean;
  readonly recursionAvailable: boolean;
  readonly authenticData: boolean;
  readonly answer: readonly RR[];
  readonly authority: readonly RR[];
  readonly additional: readonly RR[];
  /** EDNS options to send when the client speaks EDNS: an extended error, say. */
  readonly options: readonly EdnsOption[];
  /** Who made it, for metrics: the chain says it, plugins need not. Empty: none of them did. */
  readonly plugin?: string;
  /**
   * Answer sections of further messages, which only TCP can carry: a zone transfer (RFC 5936
   * § 2.2). Read while the client reads.
   */
  readonly more?: Iterable<readonly RR[]>;
  /** Flags of the reply, whatever they would be. */
  readonly flags?: ReplyFlags;
  /** True: the client gets no reply at all. */
  readonly silent?: boolean;
  /** Why there was none, where a plugin made this of it: for who writes that. */
  readonly failure?: Error;
}

/** What plugins may change of a header. */
export type ReplyFlags = Partial<
  Pick<Flags, 'authoritative' | 'recursionAvailable' | 'recursionDesired'>
>;

/** A response with empty sections; authoritative ones set that themselves. */
export function emptyResponse(rcode: number): Response {
  return {
    rcode,
    authoritative: false,
    recursionAvailable: false,
    authenticData: false,
    answer: [],
    authority: [],
    additional: [],
    options: [],
  };
}
