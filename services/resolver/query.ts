/** A query as the chain of plugins has it. */
import type { EdnsOption, Message, Question } from '../../libs/dns/message.ts';
import type { Response } from './response.ts';

/**
 * What a client asked: one question of class IN (or one that a plugin takes), opcode QUERY. Other
 * messages were answered before the chain.
 */
export interface Query {
  readonly message: Message;
  /** As it was asked, in the client's case. */
  readonly question: Question;
  /** The name asked, in lower case. */
  readonly name: string;
  readonly client: Client;
  /** The key that it was signed with (RFC 8945), lower-case, where that was verified. */
  readonly signedBy?: string;
  /**
   * Asks all of the listener, whichever server block serves the name, as if the client did: the
   * target of an alias may be served by another block. Absent where there is no listener.
   */
  readonly askServer?: Next;
  /** What plugins know of it, where the `metadata` plugin collects that. */
  readonly metadata?: Metadata;
  /**
   * EDNS options that whoever asks upstream sends: those of the operator. The client's are for us.
   * An answer to them is not one to the same question without.
   */
  readonly upstreamOptions?: readonly EdnsOption[];
  /** Of its packet; absent for what did not come as one. */
  readonly octets?: number;
  /** Where it was asked; the address is empty where one socket listens on all of them. */
  readonly server?: { readonly address: string; readonly port: number };
}

/** Facts of a query by label (`kubernetes/service`); each is found out when it is read. */
export type Metadata = ReadonlyMap<string, () => string>;

export interface Client {
  readonly address: string;
  readonly port: number;
  readonly transport: 'udp' | 'tcp';
}

/** The rest of the chain. At its end nobody answers: REFUSED. */
export type Next = (query: Query) => Promise<Response>;
