import {
  argumentsOf,
  noArguments,
  noBlock,
  oneArgument,
  onlyOne,
  wholeNumber,
  zonesOr,
} from '../../../../libs/corefile/arguments.ts';
import { besideCorefile } from '../../../../libs/corefile/beside-corefile.ts';
import { ConfigurationError } from '../../../../libs/corefile/configuration-error.ts';
import type { Directive, Property } from '../../../../libs/corefile/corefile.ts';
import { durationMs } from '../../../../libs/corefile/duration.ts';
import { both, each } from '../../../../libs/corefile/wrongs.ts';
import { isWithin } from '../../../../libs/dns/name.ts';
import type { Setup } from '../../plugin.ts';
import { readFallthrough } from '../../stanza/stanza-zones.ts';
import { createHosts } from './handler.ts';
import { type HostLine, hostAddress } from './host-table.ts';
import { HostsFile, type HostsFileDependencies } from './hosts-file.ts';

const DEFAULT_PATH = '/etc/hosts';
/** Of records, in seconds: CoreDNS's. */
const TTL = { least: 1, most: 65_535, default: 3600 } as const;
const RELOAD_MS_DEFAULT = 5000;
/** A day: who looks less often may as well never look. */
const RELOAD_MS_MAX = 86_400_000;
/** Words of a line. */
const WORDS_MAX = 1000;

export function createHostsSetup({ every }: Pick<HostsFileDependencies, 'every'>): Setup {
  return (directives, { log, metrics, root, zones: blockZones }) => {
    const directive = onlyOne(directives);
    const [file, ...zoneTokens] = argumentsOf(directive, 'a file and zones', 0, WORDS_MAX);
    const [zones, options] = both(
      () => zonesOr(zoneTokens, blockZones),
      () => readOptions(directive),
    );
    const path = file === undefined ? DEFAULT_PATH : besideCorefile(file, file.text, root);
    const entries = metrics.gauge({
      name: 'coredns_hosts_entries',
      help: 'Addresses of names, and names of addresses.',
      labels: ['hostsfile'],
    });
    const changed = metrics.gauge({
      name: 'coredns_hosts_reload_timestamp_seconds',
      help: 'When the hosts file that was read last had been changed.',
    });
    const has = (name: string) => zones.some((zone) => isWithin(name, zone));
    const source = new HostsFile(
      { ...options, path, has },
      {
        log,
        every,
        onRead: (table, changedMs) => {
          entries.set(table.entries, [path]);
          changed.set(changedMs / 1000);
        },
      },
    );
    return createHosts({ ...options, zones }, source);
  };
}

function readOptions(directive: Directive) {
  const inline: HostLine[] = [];
  let ttl: number = TTL.default;
  let reloadMs = RELOAD_MS_DEFAULT;
  let reverse = true;
  let fallthrough: readonly string[] = [];
  let unsupported: Property | undefined;
  const readers: Readonly<Record<string, (property: Property) => void>> = {
    ttl: (property) => {
      ttl = wholeNumber(oneArgument(property, 'seconds'), 'ttl', TTL.least, TTL.most);
    },
    no_reverse: (property) => {
      noArguments(property);
      reverse = false;
    },
    reload: (property) => {
      reloadMs = durationMs(oneArgument(property, 'a duration'), 'reload', 0, RELOAD_MS_MAX);
    },
    fallthrough: (property) => {
      fallthrough = readFallthrough(property);
    },
    fallthrough_unsupported: (property) => {
      noArguments(property);
      unsupported = property;
    },
  };
  each(directive.block ?? [], (property) => {
    const reader = Object.hasOwn(readers, property.name) ? readers[property.name] : undefined;
    if (reader === undefined) inline.push(readLine(property, Object.keys(readers)));
    else {
      noBlock(property);
      reader(property);
    }
  });
  if (unsupported !== undefined && fallthrough.length === 0) {
    const is = 'nothing falls through';
    throw new ConfigurationError(
      unsupported,
      `Cannot use "${unsupported.name}" of hosts: ${is}; expected fallthrough as well`,
    );
  }
  const unsupportedFalls = unsupported !== undefined;
  return { inline, ttl, reloadMs, reverse, fallthrough, unsupportedFalls };
}

function readLine(property: Property, known: readonly string[]): HostLine {
  const address = hostAddress(property.name);
  if (address === undefined) {
    const expected = `an address with its names, or one of ${known.join(', ')}`;
    throw new ConfigurationError(
      property,
      `Cannot use "${property.name}" of hosts: it is unknown; expected ${expected}`,
    );
  }
  const names = argumentsOf(property, 'names of the address', 1, WORDS_MAX);
  return { ...address, names: names.map(({ text }) => text) };
}
