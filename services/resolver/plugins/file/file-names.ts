/**
 * Names of the zones whose missing names are others': of those the table must not have what others
 * said. Of the other zones nobody below says anything.
 */
import { lowerName, parentName } from '../../../../libs/dns/name.ts';
import { rrsetOf, type Zone } from '../../../../libs/zone/zone.ts';
import type { ChainNames, ChainNamesChange } from '../../chain-names.ts';

export interface FileNamesSource {
  /** Zones where a name falls through, as they are now. */
  zones(): Iterable<Zone>;
  /** Whether a name is in one of these, and there. */
  has(name: string): boolean;
}

export class FileNames implements ChainNames {
  readonly #source: FileNamesSource;
  readonly #told: ((change: ChainNamesChange) => void)[] = [];

  constructor(source: FileNamesSource) {
    this.#source = source;
  }

  has(name: string): boolean {
    return this.#source.has(name);
  }

  isOpen(name: string): boolean {
    for (const zone of this.#source.zones()) if (opens(zone, name)) return true;
    return false;
  }

  *list(): Iterable<string> {
    for (const zone of this.#source.zones()) {
      yield* namesOf(zone);
      yield* openOf(zone);
    }
  }

  follow(told: (change: ChainNamesChange) => void): void {
    this.#told.push(told);
  }

  /** One of the zones is another now. */
  replaced(before: Zone | undefined, now: Zone): void {
    if (this.#told.length === 0) return;
    const zones = [before, now].flatMap((zone) => zone ?? []);
    const names = zones.flatMap((zone) => [...onlyOf(zone, namesOf, zones, hasRecords)]);
    const open = zones.flatMap((zone) => [...onlyOf(zone, openOf, zones, opens)]);
    if (names.length + open.length === 0) return;
    const change = { names: [...names, ...open], hasOthers: open.length > 0 };
    for (const told of this.#told) told(change);
  }
}

/** Those with records. */
function* namesOf({ names }: Zone): Iterable<string> {
  for (const [name, { rrsets }] of names) if (rrsets.length > 0) yield name;
}

/** Those with names below them that no list has: of wildcards, beyond cuts, and DNAMEs. */
function* openOf(zone: Zone): Iterable<string> {
  for (const [name, at] of zone.names) {
    if (name.startsWith('*.')) yield parentName(name) ?? '.';
    const isCut = name !== zone.origin && rrsetOf(at, 'NS') !== undefined;
    if (isCut || rrsetOf(at, 'DNAME') !== undefined) yield name;
  }
}

function opens(zone: Zone, name: string): boolean {
  const at = zone.names.get(lowerName(name));
  if (at === undefined) return false;
  if (zone.names.has(name === '.' ? '*.' : `*.${name}`)) return true;
  const isCut = name !== zone.origin && rrsetOf(at, 'NS') !== undefined;
  return isCut || rrsetOf(at, 'DNAME') !== undefined;
}

function hasRecords({ names }: Zone, name: string): boolean {
  return (names.get(name)?.rrsets.length ?? 0) > 0;
}

/** What a zone lists, and no other of these has. */
function* onlyOf(
  zone: Zone,
  list: (zone: Zone) => Iterable<string>,
  zones: readonly Zone[],
  has: (zone: Zone, name: string) => boolean,
): Iterable<string> {
  const others = zones.filter((one) => one !== zone);
  for (const name of list(zone)) if (!others.some((other) => has(other, name))) yield name;
}
