/** What a cache is told: options.ts reads it. */
import type { KeepOptions } from '../../answers/keeping.ts';
import type { PrefetchOptions } from './popularity.ts';
import type { StaleOptions } from './stale.ts';

export interface CacheOptions extends KeepOptions {
  readonly zones: readonly string[];
  readonly successCapacity: number;
  readonly denialCapacity: number;
  readonly prefetch: PrefetchOptions;
  /** There is no `prefetch` that says which names: those in use are asked for again. */
  readonly refreshesInUse: boolean;
  readonly stale: StaleOptions;
  /** Clients get TTLs as they were kept, not what is left of them. */
  readonly keepsTtl: boolean;
}
