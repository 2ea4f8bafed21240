/** The order of names in a zone: each before those below it, the apex first (RFC 4034 § 6.1). */
import { labelsOf } from '../dns/name.ts';

/** Text that sorts where the name does. A blank is below whatever a label has. */
export function orderKey(name: string, zone: string): string {
  if (name === zone) return '';
  return labelsOf(name.slice(0, -zone.length)).toReversed().join(' ');
}
