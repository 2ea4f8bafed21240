/**
 * Hashes of facts, so that a watcher remembers what it told of tens of thousands of objects without
 * keeping them.
 *
 * Two facts have the same hash when they say the same: the order of fields, and fields that are
 * undefined, make no difference. When a slice's change was triggered is about its making and no
 * part of what it says: an event for that alone would change no answer.
 */
import { hash } from 'node:crypto';
import type { ClusterObject } from '../../libs/event/object.ts';

/** Octets of SHA-256 kept: among 10^6 facts two collide with a chance of 10^-27. */
const HASH_OCTETS = 16;

/**
 * Of objects that are still on their way: each is hashed when it is observed and when it is stored,
 * and the second time a reader of the log waits for it.
 */
const hashes = new WeakMap<ClusterObject, string>();

export function factHash(object: ClusterObject): string {
  const known = hashes.get(object);
  if (known !== undefined) return known;
  const digest = hash('sha256', canonicalJson(object), 'buffer');
  const made = digest.toString('base64url', 0, HASH_OCTETS);
  hashes.set(object, made);
  return made;
}

/**
 * The hash that Synced carries, of the keys (see refKey) of all objects there are: the sum of their
 * hashes, in four lanes, which is the same in whatever order they come and go. Kept up with each, it
 * costs nothing when Synced is due; of 200,000 keys at once it would hold up all else for 0.5 s.
 */
export class KeySum {
  readonly #lanes = new Uint32Array(4);

  add(key: string): void {
    const octets = hash('sha256', key, 'buffer');
    for (const i of this.#lanes.keys()) this.#shift(i, octets.readUInt32BE(4 * i));
  }

  remove(key: string): void {
    const octets = hash('sha256', key, 'buffer');
    for (const i of this.#lanes.keys()) this.#shift(i, -octets.readUInt32BE(4 * i));
  }

  plus(other: KeySum): void {
    for (const [i, lane] of other.#lanes.entries()) this.#shift(i, lane);
  }

  toString(): string {
    return [...this.#lanes].map((lane) => lane.toString(16).padStart(8, '0')).join('');
  }

  #shift(lane: number, by: number): void {
    this.#lanes[lane] = (this.#lanes[lane] ?? 0) + by; // modulo 2^32
  }
}

export function hashOfKeys(keys: readonly string[]): string {
  const sum = new KeySum();
  for (const key of keys) sum.add(key);
  return sum.toString();
}

function canonicalJson(object: ClusterObject): string {
  return JSON.stringify(object, (field, value: unknown) => {
    if (field === 'triggeredAt' && object.kind === 'EndpointSlice') return undefined;
    return isPlainObject(value) ? sorted(value) : value;
  });
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function sorted(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)));
}
