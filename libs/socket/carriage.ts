/** How messages travel in a TCP connection: as they are, over TLS, or over HTTPS. */
import type { Socket } from 'node:net';
import type { Endpoint } from './socket-address.ts';
import type { Bounds } from './tcp-connection.ts';
import type { HttpLimits } from './tcp-limits.ts';
import type { Security } from './tls-acceptor.ts';

/** RFC 7766, RFC 7858, RFC 8484. */
export type StreamScheme = 'dns' | 'tls' | 'https';

/** A connection as its carriage has it. */
export interface Carried {
  readonly socket: Socket;
  readonly client: Endpoint;
  readonly bounds: Bounds;
  readonly security: Security | undefined;
  readonly http: HttpLimits;
  /** Called when it is known how the connection is told that it is to end. */
  readonly onGoodbye: (sayGoodbye: () => void) => void;
}

/** Reads the messages of a connection, and answers them. */
export type Carriage = (carried: Carried) => void;
