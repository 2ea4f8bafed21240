/**
 * Objects that are larger than an entry of the log may be: they are told in part. Left out, they
 * would be denied, though they exist.
 *
 *   EndpointSlice   as many of its endpoints as fit: any subset of them answers
 *   others          without labels and annotations, which alone can be so large (project.ts)
 */
import type { ClusterObject } from '../../libs/event/object.ts';
import { ENTRY_OCTETS_MAX } from '../../libs/log/log.ts';

/** Of an event, for what is said beside its object. */
const ENVELOPE_OCTETS = 1024;
const OBJECT_OCTETS_MAX = ENTRY_OCTETS_MAX - ENVELOPE_OCTETS;

export interface Fitted {
  readonly object: ClusterObject;
  /** For people. */
  readonly why: string;
}

/** What can be told of it; undefined: all. */
export function fitted(object: ClusterObject): Fitted | undefined {
  const octets = octetsOf(object);
  if (octets <= OBJECT_OCTETS_MAX) return undefined;
  const { kind, namespace, name } = object;
  const place = namespace === '' ? name : `${namespace}/${name}`;
  const told = (what: string) =>
    `${kind} "${place}" takes ${octets} octets; expected at most ${OBJECT_OCTETS_MAX}: ` +
    `it is told ${what}`;
  const { labels: _, ...bare } = { labels: undefined, ...object };
  if (bare.kind === 'Service') {
    const { annotations: __, ...rest } = bare;
    return { object: rest, why: told('without labels and annotations') };
  }
  if (bare.kind !== 'EndpointSlice') return { object: bare, why: told('without labels') };
  const { endpoints } = bare;
  let count = endpoints.length;
  let part = bare;
  while (count > 0 && octetsOf(part) > OBJECT_OCTETS_MAX) {
    count = Math.min(count - 1, Math.floor((count * OBJECT_OCTETS_MAX) / octetsOf(part)));
    part = { ...bare, endpoints: endpoints.slice(0, count) };
  }
  return { object: part, why: told(`with ${count} of its ${endpoints.length} endpoints`) };
}

/** As it is written; a character takes at most three octets, and mostly it is one. */
function octetsOf(object: ClusterObject): number {
  const text = JSON.stringify(object);
  return text.length * 3 <= OBJECT_OCTETS_MAX ? text.length : Buffer.byteLength(text);
}
