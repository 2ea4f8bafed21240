/** A response without its header and question, and how a reader makes it a message again. */
export interface Tail {
  /** RR type it answers. */
  readonly type: number;
  readonly octets: Uint8Array;
  /** Exceeds every message: TC, and `octets` is empty. */
  readonly tooLong: boolean;
  /** Header octets 2 and 3, the first in the lower half. */
  readonly header: number;
  readonly answers: number;
  readonly authorities: number;
  readonly additionals: number;
  readonly rotation: Rotation | undefined;
  readonly expiry: Expiry | undefined;
}

/** `count` neighbours of `octets` each, from `start` of the tail. */
export interface Rotation {
  readonly start: number;
  readonly octets: number;
  readonly count: number;
}

/** Where TTLs stand in the tail, which then count down to `atSeconds` since 1970. */
export interface Expiry {
  readonly atSeconds: number;
  readonly ttlOffsets: readonly number[];
}
