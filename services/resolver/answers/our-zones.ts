/**
 * Zones of our own below a plugin that keeps answers of others: what these say of names there may
 * be wrong with the next event, or hide a name that we do not know yet.
 */
import { isWithin, lowerName } from '../../../libs/dns/name.ts';
import type { Below } from '../plugin.ts';
import type { Response } from '../response.ts';

export class OurZones {
  readonly #below: () => Pick<Below, 'plugins'>;
  readonly #all: () => readonly string[];

  /** `all`: also those of other server blocks, of which no plugin below knows. */
  constructor(below: () => Pick<Below, 'plugins'>, all: () => readonly string[]) {
    this.#below = below;
    this.#all = all;
  }

  /** Those below. */
  list(): readonly string[] {
    return this.#below().plugins.flatMap((plugin) => plugin.sourceZones?.() ?? []);
  }

  /** The name asked, and those in the answer, as far as they are in zones below. */
  namesIn(name: string, response: Pick<Response, 'answer'>): readonly string[] {
    return namesWithin(this.list(), name, response);
  }

  /** Whether an alias leads to a name of another server block: nobody below hears of its events. */
  leadsElsewhere(name: string, response: Pick<Response, 'answer'>): boolean {
    if (response.answer.length === 0) return false;
    const here = this.namesIn(name, response);
    const all = namesWithin(this.#all(), name, response);
    return all.some((one) => one !== name && !here.includes(one));
  }

  /**
   * Whether another resolver, which may hear of no event, must not be told it, nor be believed: a
   * denial there, or an alias that leads there.
   */
  mayHide(name: string, response: Pick<Response, 'answer'>): boolean {
    if (this.leadsElsewhere(name, response)) return true;
    const ours = this.namesIn(name, response);
    if (ours.length === 0) return false;
    return response.answer.length === 0 || ours.some((one) => one !== name);
  }
}

function namesWithin(
  zones: readonly string[],
  name: string,
  { answer }: Pick<Response, 'answer'>,
): readonly string[] {
  if (zones.length === 0) return [];
  const names = new Set([name]);
  for (const { name: owner, type, rdata } of answer) {
    names.add(lowerName(owner));
    if (type === 'CNAME') names.add(lowerName(rdata));
  }
  return [...names].filter((one) => zones.some((zone) => isWithin(one, zone)));
}
