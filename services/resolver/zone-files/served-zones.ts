/**
 * The zones of files that are served now. Another configuration goes on with them, whatever else it
 * says: reading a large zone again would hold up its start, and who follows a zone by differences
 * would have to fetch all of it.
 */
import type { FileZone, FileZoneOptions } from './file-zone.ts';

type Zones = () => Iterable<FileZone>;

const served = new Set<Zones>();

/** Serves what these are at any time, until the function returned is called. */
export function serveZones(zones: Zones): () => void {
  served.add(zones);
  return () => void served.delete(zones);
}

/** One that was read from this file, and is served as this zone. */
export function servedAs(options: FileZoneOptions): FileZone | undefined {
  for (const zones of served) {
    for (const zone of zones()) if (isRead(zone) && isAs(options, zone.options)) return zone;
  }
  return undefined;
}

function isRead({ current }: FileZone): boolean {
  return current !== undefined;
}

function isAs(one: FileZoneOptions, other: FileZoneOptions): boolean {
  const isSame = one.origin === other.origin && one.path === other.path;
  return isSame && one.byMtime === other.byMtime;
}
