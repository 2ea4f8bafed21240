/** What directives that serve clusters have in common: zones by direction, `ttl`, `fallthrough`. */
import { cannotRead, zonesOr } from '../../../libs/corefile/arguments.ts';
import { ConfigurationError } from '../../../libs/corefile/configuration-error.ts';
import type { Directive, Property } from '../../../libs/corefile/corefile.ts';
import { isWithin } from '../../../libs/dns/name.ts';

export interface StanzaZones {
  /** At least one. */
  readonly forward: readonly string[];
  readonly reverse: readonly string[];
}

const REVERSE = ['in-addr.arpa.', 'ip6.arpa.'];

export function isReverseZone(zone: string): boolean {
  return REVERSE.some((reverse) => isWithin(zone, reverse));
}

/** The zones of a directive, each once; those of its server block where it names none. */
export function zonesByDirection(directive: Directive, blockZones: readonly string[]): StanzaZones {
  const zones = [...new Set(zonesOr(directive.args, blockZones))];
  const forward = zones.filter((zone) => !isReverseZone(zone));
  const cannot = (is: string) =>
    new ConfigurationError(
      directive,
      `Cannot use "${directive.name}": ${is}; expected zones, as in ` +
        `"${directive.name} cluster.local in-addr.arpa ip6.arpa"`,
    );
  if (forward.length === 0) throw cannot('non-reverse zone name must be used');
  if (forward.includes('.')) throw cannot('the zone "." is everything');
  return { forward, reverse: zones.filter(isReverseZone) };
}

/** TTL of records and denials in seconds, with CoreDNS's default and limits. */
export const TTL = { default: 5, most: 3600 } as const;

/** Arguments after the first are ignored, as CoreDNS does. */
export function readTtl(property: Property): number {
  const [token = { ...property, text: '' }] = property.args;
  const ttl = /^\d{1,6}$/.test(token.text) ? Number(token.text) : Number.NaN;
  if (ttl <= TTL.most) return ttl;
  throw cannotRead(token, 'ttl', `ttl must be in range [0, ${TTL.most}]`, 'seconds');
}

/** Zones whose missing names the next in line is asked for; without arguments, all. */
export function readFallthrough(property: Property): readonly string[] {
  return property.args.length === 0 ? ['.'] : zonesOr(property.args, []);
}
