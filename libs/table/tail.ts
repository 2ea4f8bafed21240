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
  readonly cached: CachedTail | undefined;
}

/** `count` neighbours of `octets` each, from `start` of the tail. */
export interface Rotation {
  readonly start: number;
  readonly octets: number;
  readonly count: number;
}

/** Of a cached answer, as the extras have it: times since EXPIRY_ZERO_SECONDS. */
export interface CachedTail {
  readonly expiry: number;
  readonly saidAt: number;
  /** CACHED_SUCCESS or CACHED_DENIAL. */
  readonly kind: number;
  readonly hits: number;
  /** Where TTLs stand in the tail. */
  readonly ttlOffsets: readonly number[];
}
