/** Zones of files that the Corefile names. */
import { isWithin } from '../../../../libs/dns/name.ts';
import type { Plugin } from '../../plugin.ts';
import type { FileZone } from '../../zone-files/file-zone.ts';
import { createZonesPlugin, isThere, servedZones } from '../../zone-files/zones-plugin.ts';
import { FileNames } from './file-names.ts';

export interface FileOptions {
  /** Each of another origin. */
  readonly zones: readonly FileZone[];
  /** Zones whose missing names are the next plugin's. */
  readonly fallthrough: readonly string[];
}

/** Looks after the files while they are served. */
export interface Care {
  start(): void;
  stop(): void;
}

export function createFile({ zones, fallthrough }: FileOptions, care: Care): Plugin {
  const byOrigin = new Map(zones.map((zone) => [zone.zone, zone]));
  const files = { zones: () => byOrigin, fallthrough };
  const served = servedZones(files);
  // Some names of a zone may fall through where not all do.
  const shared = zones.filter(({ zone }) =>
    fallthrough.some((name) => isWithin(name, zone) || isWithin(zone, name)),
  );
  const names = new FileNames({
    zones: () => shared.flatMap(({ current }) => current ?? []),
    // While nothing is known of a zone nobody is asked about its names, so nothing is cached.
    has: (name) =>
      served.fallsThrough(name) && served.zoneOf(name, 'A') !== 'unknown' && isThere(served, name),
  });
  const ends = shared.map((zone) => zone.onReplaced((...change) => names.replaced(...change)));
  return {
    ...createZonesPlugin('file', files),
    ...(shared.length === 0 ? {} : { chainNames: names }),
    async start() {
      care.start();
    },
    async stop() {
      care.stop();
      for (const end of ends) end();
    },
  };
}
