import {
  argumentsOf,
  noArguments,
  oneArgument,
  readProperties,
  zonesOr,
} from '../../../../libs/corefile/arguments.ts';
import { besideCorefile } from '../../../../libs/corefile/beside-corefile.ts';
import { ConfigurationError } from '../../../../libs/corefile/configuration-error.ts';
import type { Directive, Token } from '../../../../libs/corefile/corefile.ts';
import { durationMs } from '../../../../libs/corefile/duration.ts';
import { each } from '../../../../libs/corefile/wrongs.ts';
import { ZoneFileError } from '../../../../libs/zone-file/zone-file-error.ts';
import type { Setup, SetupContext } from '../../plugin.ts';
import { readFallthrough } from '../../stanza/stanza-zones.ts';
import { FileZone } from '../../zone-files/file-zone.ts';
import { servedAs, serveZones } from '../../zone-files/served-zones.ts';
import { zoneMetrics } from '../../zone-files/zone-metrics.ts';
import { createFile } from './handler.ts';
import { Upkeep, type UpkeepDependencies } from './upkeep.ts';

/** Words of a line. */
const WORDS_MAX = 1000;
const RELOAD_MS_DEFAULT = 60_000;
/** A day: who looks less often may as well never look. */
const RELOAD_MS_MAX = 86_400_000;

export type FileDependencies = Pick<UpkeepDependencies, 'every'> & {
  /** Since 1970. */
  readonly wallMs: () => number;
};

export function createFileSetup({ every, wallMs }: FileDependencies): Setup {
  return (directives, context) => {
    const options = each(directives, (directive) => readDirective(directive, context));
    const fallthrough = options.flatMap((one) => one.fallthrough);
    checkOrigins(options);
    const metrics = zoneMetrics(context.metrics, context.server);
    const kept = options.flatMap(({ origins, path, byMtime, reloadMs, token }) =>
      origins.map((origin) => {
        const before = servedAs({ origin, path, byMtime });
        const zone = before ?? new FileZone({ origin, path, byMtime }, wallMs);
        if (before === undefined) load(zone, token, reloadMs, context);
        metrics.follow(zone);
        return { zone, reloadMs, isNew: before === undefined };
      }),
    );
    const { log } = context;
    const { count } = metrics;
    const zones = kept.map(({ zone }) => zone);
    const upkeep = new Upkeep(kept, { plugin: 'file', log, every, count });
    let serveNoMore = () => {};
    return createFile(
      { zones, fallthrough },
      {
        start() {
          serveNoMore = serveZones(() => zones);
          upkeep.start();
        },
        stop() {
          serveNoMore();
          upkeep.stop();
        },
      },
    );
  };
}

interface DirectiveOptions {
  readonly path: string;
  /** Where the file is named. */
  readonly token: Token;
  readonly origins: readonly string[];
  readonly reloadMs: number;
  readonly byMtime: boolean;
  readonly fallthrough: readonly string[];
}

function readDirective(directive: Directive, { zones, root }: SetupContext): DirectiveOptions {
  const [token, ...zoneTokens] = argumentsOf(directive, 'a file and zones', 1, WORDS_MAX);
  if (token === undefined) throw new ConfigurationError(directive, 'Cannot serve no file');
  let reloadMs = RELOAD_MS_DEFAULT;
  let byMtime = false;
  let fallthrough: readonly string[] = [];
  readProperties(directive, {
    reload: (property) => {
      reloadMs = durationMs(oneArgument(property, 'a duration'), 'reload', 0, RELOAD_MS_MAX);
    },
    reload_by_mtime: (property) => {
      noArguments(property);
      byMtime = true;
    },
    fallthrough: (property) => {
      fallthrough = readFallthrough(property);
    },
    // CoreDNS takes it for the sake of old files, and does nothing with it.
    upstream: () => {},
  });
  const origins = [...new Set(zonesOr(zoneTokens, zones))];
  const path = besideCorefile(token, token.text, root);
  return { path, token, origins, reloadMs, byMtime, fallthrough };
}

/** Of two files for one zone nobody would know which is served. */
function checkOrigins(options: readonly DirectiveOptions[]): void {
  const lines = new Map<string, number>();
  for (const { origins, token } of options) {
    for (const origin of origins) {
      const line = lines.get(origin);
      if (line !== undefined) {
        const expected = 'one file for a zone';
        const is = `line ${line} has a file for it`;
        throw new ConfigurationError(
          token,
          `Cannot serve ${origin} from "${token.text}": ${is}; expected ${expected}`,
        );
      }
      lines.set(origin, token.line);
    }
  }
}

/** What is wrong with a file is told before anything is served; one that is missing may come. */
function load(zone: FileZone, token: Token, reloadMs: number, { log }: SetupContext): void {
  try {
    for (const sentence of zone.load().leftOut) log.warning(`plugin/file: ${sentence}`);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (error instanceof ZoneFileError) {
      throw new ConfigurationError(token, `Cannot serve ${zone.zone}: ${why}`);
    }
    const cannot = `Cannot read "${zone.options.path}" of ${zone.zone}: ${why}`;
    if (reloadMs === 0) {
      throw new ConfigurationError(token, `${cannot}; expected a readable file, or reload`);
    }
    zone.missed(why);
    log.warning(`plugin/file: ${cannot}; its names are SERVFAIL until it can be read`);
  }
}
