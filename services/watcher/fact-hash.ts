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

/** Of SHA-256, 6 bits each: among 10^6 facts two collide with a chance of 10^-28. */
const HASH_CHARACTERS = 22;

/**
 * Of objects that are still on their way: each is hashed when it is observed and when it is stored,
 * and the second time a reader of the log waits for it.
 */
const hashes = new WeakMap<ClusterObject, string>();

export function factHash(object: ClusterObject): string {
  const known = hashes.get(object);
  if (known !== undefined) return known;
  const made = hash('sha256', canonicalText(object), 'base64url').slice(0, HASH_CHARACTERS);
  hashes.set(object, made);
  return made;
}

/**
 * Two facts have the same text if they say the same, and only then: fields are in one order, texts
 * have their length before them. JSON.stringify would need a callback, and copies.
 */
function canonicalText(object: ClusterObject): string {
  return textOf(object, object.kind === 'EndpointSlice' ? 'triggeredAt' : undefined);
}

function textOf(value: unknown, without?: string): string {
  if (typeof value === 'string') return `${value.length}:${value}`;
  if (Array.isArray(value)) {
    let text = '[';
    for (const item of value) text += textOf(item);
    return `${text}]`;
  }
  if (!isFields(value)) return `${value};`;
  let text = '{';
  for (const field of Object.keys(value).sort()) {
    const said = value[field];
    if (said === undefined || field === without) continue;
    text += `${field.length}:${field}${textOf(said)}`;
  }
  return `${text}}`;
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
