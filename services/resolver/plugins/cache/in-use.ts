/**
 * Which names are asked for again before they expire although no `prefetch` says so: those in use.
 * Their next query would ask upstream anyway, and until its answer is here all queries for them
 * would leave the table for the chain. Pure.
 *
 *   said ──────── hits are counted ────────► look ─ 10 hits? ask again ─► expires
 *                                            └── at most 3 s, spread by name ──┘
 *
 * With 10 hits in a lifetime the next is about a tenth of that away, which is how many more queries
 * upstream may see. A name that nobody asks for any more is asked for once more.
 */

/** Hits since it was said that make a name one in use. */
export const IN_USE_HITS = 10;

/**
 * How long before its expiry: a tenth of the lifetime, but at most what a slow upstream takes, and
 * at least two ticks of the cache.
 */
const AHEAD_MS = { least: 500, most: 1000 } as const;
/** So much earlier, as far as the tenth goes: what was said in one moment is not asked in one. */
const SPREAD_MS_MAX = 2000;

/** When to look whether the name is in use, and to ask again if it is. */
export function aheadAtMs(key: string, expiresAtMs: number, lifetimeSeconds: number): number {
  const tenthMs = lifetimeSeconds * 100;
  const aheadMs = Math.min(Math.max(tenthMs, AHEAD_MS.least), AHEAD_MS.most);
  const spreadMs = Math.min(Math.max(tenthMs - aheadMs, 0), SPREAD_MS_MAX);
  return expiresAtMs - aheadMs - spreadMs * fractionOf(key);
}

/** Evenly from 0 to 1, and always the same of one key (FNV-1a, with a last step that mixes). */
function fractionOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}
