import {
  argumentsOf,
  cannotRead,
  oneArgument,
  onlyOne,
  readProperties,
  zonesOr,
} from '../../../../libs/corefile/arguments.ts';
import { besideCorefile } from '../../../../libs/corefile/beside-corefile.ts';
import { ConfigurationError } from '../../../../libs/corefile/configuration-error.ts';
import type { Property } from '../../../../libs/corefile/corefile.ts';
import { durationMs } from '../../../../libs/corefile/duration.ts';
import { compilePattern, readPattern } from '../../../../libs/regex/pattern.ts';
import type { Setup } from '../../plugin.ts';
import { serveZones } from '../../zone-files/served-zones.ts';
import { zoneMetrics } from '../../zone-files/zone-metrics.ts';
import { createZonesPlugin } from '../../zone-files/zones-plugin.ts';
import { AutoZones } from './auto-zones.ts';
import type { ZoneFolder } from './zone-folder.ts';
import { ZoneNames } from './zone-names.ts';

const RELOAD_MS_DEFAULT = 60_000;
/** A day: who looks less often may as well never look. */
const RELOAD_MS_MAX = 86_400_000;
/** Zones of a directive. */
const ZONES_MAX = 1000;

export interface AutoSetupDependencies {
  /** Calls again and again, until what it gives is called. */
  readonly every: (ms: number, work: () => Promise<void>) => () => void;
  /** Since 1970. */
  readonly wallMs: () => number;
}

export function createAutoSetup({ every, wallMs }: AutoSetupDependencies): Setup {
  return (directives, { zones: blockZones, root, log, metrics, server }) => {
    const directive = onlyOne(directives);
    const within = zonesOr(argumentsOf(directive, 'zones', 0, ZONES_MAX), blockZones);
    let folder: ZoneFolder | undefined;
    let reloadMs = RELOAD_MS_DEFAULT;
    readProperties(directive, {
      directory: (property) => {
        folder = readFolder(property, root);
      },
      reload: (property) => {
        reloadMs = durationMs(oneArgument(property, 'a duration'), 'reload', 0, RELOAD_MS_MAX);
      },
      // CoreDNS takes it for the sake of old files, and does nothing with it.
      upstream: () => {},
    });
    if (folder === undefined) {
      const is = 'it has no folder; expected directory DIR';
      throw new ConfigurationError(directive, `Cannot use "auto": ${is}`);
    }
    const names = new ZoneNames(() => zones.zones);
    const { count, follow } = zoneMetrics(metrics, server);
    const zones = new AutoZones(
      { within, folder },
      { plugin: 'auto', log, count, wallMs, follow, changed: (origins) => names.changed(origins) },
    );
    let stop = () => {};
    let serveNoMore = () => {};
    return {
      ...createZonesPlugin('auto', { zones: () => zones.zones, fallthrough: [] }),
      chainNames: names,
      async start() {
        await zones.look();
        serveNoMore = serveZones(() => zones.zones.values());
        if (reloadMs > 0) stop = every(reloadMs, () => zones.look());
      },
      async stop() {
        serveNoMore();
        stop();
      },
    };
  };
}

/** `directory DIR [REGEXP TEMPLATE]` */
function readFolder(property: Property, root: string | undefined): ZoneFolder {
  const [folder, regexp, template] = argumentsOf(property, 'DIR, or DIR REGEXP TEMPLATE', 1, 3);
  if (folder === undefined) throw new ConfigurationError(property, 'Cannot use no folder');
  const path = besideCorefile(folder, folder.text, root);
  if (regexp === undefined) return { path, pattern: compilePattern(DEFAULT), template: '{1}' };
  const pattern = readPattern(regexp);
  if (pattern.groups === 0) {
    throw cannotRead(regexp, 'pattern', 'it has no group', 'one in parentheses, for the template');
  }
  if (template === undefined) {
    throw cannotRead(regexp, 'pattern', 'it has no template', 'one after it, as in {1}');
  }
  return { path, pattern, template: template.text };
}

const DEFAULT = String.raw`db\.(.*)`;
