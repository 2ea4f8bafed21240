/** Where a server of the tests runs: on loopback, unless a test has a network of its own for it. */
export interface Place {
  /** IPv4, to listen on and to be reached at. */
  readonly address: string;
  /** Words before its command that put it there. */
  readonly under: readonly string[];
}

export const LOOPBACK: Place = { address: '127.0.0.1', under: [] };
