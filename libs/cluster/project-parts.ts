/** Parts that several kinds of objects have: ports, addresses, labels. */
import { parseAddress } from '../dns/address.ts';
import type { Labels, ServicePort } from '../event/object.ts';
import { at, type Field, items, textOf, textsByKey, wholeNumberOf, wrong } from './field.ts';
import { isLabel } from './object-name.ts';

/** The API bounds ports by the size of an object only; this is generous. */
const PORTS_MAX = 1000;
/** Port numbers (RFC 6335 § 6). */
const PORT_MAX = 65_535;

/** Sorted, as their order says nothing. One without a number is a slice's "all ports": port 0. */
export function portsOf(field: Field): readonly ServicePort[] {
  return items(field, PORTS_MAX)
    .map((item): ServicePort => {
      const name = at(item, 'name');
      if (textOf(name) !== '' && !isLabel(textOf(name))) wrong(name, 'a DNS label (RFC 1123)');
      const protocol = at(item, 'protocol');
      if (textOf(protocol) !== '' && !/^[A-Za-z0-9]{1,15}$/.test(textOf(protocol))) {
        wrong(protocol, 'TCP, UDP or SCTP');
      }
      const port = wholeNumberOf(at(item, 'port'), 1, PORT_MAX) ?? 0;
      return { name: textOf(name), protocol: textOf(protocol) || 'TCP', port };
    })
    .sort((a, b) => compare(a.name, b.name) || compare(a.protocol, b.protocol) || a.port - b.port);
}

/** The canonical text; faults the field when it holds no address. */
export function addressOf(field: Field): string {
  const address = parseAddress(textOf(field));
  if (address === undefined) wrong(field, 'an IPv4 or IPv6 address');
  return address?.text ?? '';
}

/** `{ labels }`, or nothing when there are none: for spreading into a fact. */
export function labelsIn(
  metadata: Field,
  isWanted: (key: string) => boolean = () => true,
): { readonly labels?: Labels } {
  const labels = textsByKey(at(metadata, 'labels'), isWanted);
  return labels === undefined ? {} : { labels };
}

/** By code units: the same on every machine, unlike localeCompare. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
