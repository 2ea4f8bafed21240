/**
 * Servers that are asked for what is not known here: where each is, and how one speaks with it.
 *
 *   query ─► client of the server ─┬─ dns   ─► UDP ─TC─► TCP ─┐
 *                                  ├─ tls   ─► connections   ─┼─► reply, checked against the query
 *                                  └─ https ─► HTTP/2        ─┘
 */
import type { Message } from '../dns/message.ts';

export interface UpstreamServer {
  readonly transport: 'dns' | 'tls' | 'https';
  /** IPv4 or IPv6; a link-local one with its interface, `fe80::1%eth0`. */
  readonly address: string;
  readonly port: number;
  /** The name in its certificate; absent: its address is there. */
  readonly serverName?: string;
  /** Of https. */
  readonly path?: string;
}

/** As metrics and messages name it: `192.0.2.1:53`, `[2001:db8::1]:853`. */
export function serverText({ address, port }: UpstreamServer): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** How one query is asked. */
export interface Asking {
  /** How the client came, or what the configuration wants; tls and https do not heed it. */
  readonly via: 'udp' | 'tcp';
  /** Longest wait for a connection. */
  readonly dialTimeoutMs: number;
  /** Longest wait for the reply, once the query is sent. */
  readonly readTimeoutMs: number;
  /** When all must be over, by the client's clock. */
  readonly endMs: number;
}

export interface ServerClient {
  /** Its id is drawn anew. Rejects with ExchangeFailure. */
  ask(query: Message, asking: Asking): Promise<Message>;
  close(): void;
}

/** Ends what took too long: those who follow errors, `errors` for one, look for these words. */
export function tooLong(what: string): string {
  return `${what}: i/o timeout`;
}

/** The server did not answer, or not in time, or with something that is no reply. */
export class ExchangeFailure extends Error {
  override readonly name: string = 'ExchangeFailure';
}

/** The connection ended before the reply came. */
export class ConnectionEnded extends ExchangeFailure {
  override readonly name = 'ConnectionEnded';
}

/** So many octets that nobody can guess. */
export type RandomOctets = (count: number) => Uint8Array;

/** An id of sixteen bits. */
export function randomId(random: RandomOctets): number {
  const [high = 0, low = 0] = random(2);
  return (high << 8) | low;
}
