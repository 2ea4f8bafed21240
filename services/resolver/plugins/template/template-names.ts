/** The names of a plugin's zones, all of them, as those that the chain answers. */
import { isWithin } from '../../../../libs/dns/name.ts';
import type { ChainNames } from '../../chain-names.ts';

export function namesWithin(zones: readonly string[]): ChainNames {
  const has = (name: string) => zones.some((zone) => isWithin(name, zone));
  return { has, isOpen: has, list: () => zones, follow: () => {} };
}
