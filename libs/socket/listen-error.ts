/** Why a socket could not be opened, for who wrote the configuration. */
import { constants } from 'node:os';
import type { Endpoint } from './socket-address.ts';
import { endpointText } from './socket-address.ts';

const REASONS: Readonly<Record<string, readonly [is: string, expected: string]>> = {
  EADDRINUSE: ['the port is in use', 'a free port, or that other server stopped'],
  EADDRNOTAVAIL: ['no interface has this address', 'an address of this machine'],
  EACCES: ['not permitted', 'a port from 1024 on, or the capability CAP_NET_BIND_SERVICE'],
  EINVAL: ['it is no address', 'an IPv4 or IPv6 address'],
};

const NAMES = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));

export class ListenError extends Error {
  override readonly name = 'ListenError';
  /** As Node names it: EADDRINUSE. */
  readonly code: string;

  constructor(endpoint: Endpoint, transport: 'udp' | 'tcp', code: string) {
    const [is, expected] = REASONS[code] ?? [code, 'an address and port that can be bound'];
    super(`Cannot listen on ${endpointText(endpoint)}/${transport}: ${is}; expected ${expected}`);
    this.code = code;
  }
}

/** EADDRINUSE for 98. */
export function errnoName(errno: number): string {
  return NAMES.get(errno) ?? `errno ${errno}`;
}

/** What Node names an error of the system. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
