/** The federations that kube-dns knew: `federated NAME DOMAIN`. */
import {
  argumentsOf,
  cannotRead,
  type PropertyReaders,
} from '../../../../libs/corefile/arguments.ts';
import { readZones } from '../../../../libs/corefile/zone.ts';
import { isClusterName } from '../../../../libs/event/subject.ts';
import type { Federations } from '../../../../libs/federation/layer.ts';

const EXPECTED = 'NAME DOMAIN, as in fed example.org';

export function federatedReader() {
  const federations = new Map<string, string>();
  const properties: PropertyReaders = {
    federated: (property) => {
      const [name, domain] = argumentsOf(property, EXPECTED, 2, 2);
      if (name === undefined || domain === undefined) return;
      if (!isClusterName(name.text)) {
        const expected = 'a DNS label: a-z, 0-9 and -, at most 63';
        throw cannotRead(name, 'federation', 'it is no label', expected);
      }
      if (federations.has(name.text)) {
        throw cannotRead(name, 'federation', 'it has a domain already', 'each federation once');
      }
      const [zone, second] = readZones(domain);
      if (zone === undefined || second !== undefined || zone === '.') {
        throw cannotRead(domain, 'domain of a federation', 'it is none', 'as in example.org');
      }
      federations.set(name.text, zone);
    },
  };
  /** Undefined: there are none. */
  const read = (): Federations | undefined => (federations.size === 0 ? undefined : federations);
  return { properties, federations: read };
}
