/** The canonical order of names (RFC 4034 § 6.1): by their labels from the right, as octets. */
import { nameToWire } from '../dns/name.ts';

/** Text that sorts, by its code units, as its name does. */
export type CanonicalKey = string;

/** Of a name in lower case. */
export function canonicalKey(name: string): CanonicalKey {
  const wire = nameToWire(name);
  const labels: string[] = [];
  for (let at = 0; at < wire.length - 1; at += 1 + (wire[at] ?? 0)) {
    const label = Array.from(wire.subarray(at + 1, at + 1 + (wire[at] ?? 0)));
    // The end of a label comes before any octet.
    labels.push(`${String.fromCharCode(...label.map((octet) => octet + 1))}\0`);
  }
  return labels.toReversed().join('');
}
