/** The federation directive as plain data: what is served, and of whom it is learnt. */
import {
  argumentsOf,
  cannotRead,
  oneArgument,
  type PropertyReaders,
  readProperties,
  wholeNumber,
  zonesOr,
} from '../../../../libs/corefile/arguments.ts';
import { besideCorefile } from '../../../../libs/corefile/beside-corefile.ts';
import { ConfigurationError } from '../../../../libs/corefile/configuration-error.ts';
import type { Directive, Place, Property, Token } from '../../../../libs/corefile/corefile.ts';
import { durationMs } from '../../../../libs/corefile/duration.ts';
import { both } from '../../../../libs/corefile/wrongs.ts';
import { readZones } from '../../../../libs/corefile/zone.ts';
import { isWithin } from '../../../../libs/dns/name.ts';
import { isClusterName } from '../../../../libs/event/subject.ts';
import type { ManyClusters } from '../../../../libs/federation/federation-layers.ts';
import type { HomeOptions } from '../../../../libs/federation/layer.ts';
import { homeOptionsReader } from '../../stanza/home-options.ts';
import { isReverseZone } from '../../stanza/stanza-zones.ts';
import { manyOptionsReader } from './many-options.ts';
import { type LogOptions, mediaOptionsReader, type StoreOptions } from './media-options.ts';

export interface FederationOptions extends Place {
  /** Names the federation on a log that several may share. */
  readonly name: string;
  readonly log: LogOptions;
  /** What resolvers share. */
  readonly store: StoreOptions | undefined;
  readonly home: string;
  readonly homeZone: string | undefined;
  readonly clustersetZone: string | undefined;
  /** In which each cluster has a label. */
  readonly qualifiedZone: string | undefined;
  readonly reverseZones: readonly string[];
  /** Clusters that this process watches itself. */
  readonly clusters: readonly ClusterOptions[];
  /** In seconds. */
  readonly ttl: number;
  /** What of the home cluster is shown, and how. */
  readonly homeOptions: HomeOptions;
  readonly many: ManyClusters;
  readonly liveness: LivenessOptions;
  /** Zones in which the next plugin is asked for names that do not exist here. */
  readonly fallthrough: readonly string[];
}

/** After how long a cluster of which nothing is heard counts as stale, and as lost. */
export interface LivenessOptions {
  readonly staleMs: number;
  readonly lostMs: number;
}

export interface ClusterOptions extends Place {
  readonly name: string;
  readonly source:
    | { readonly kind: 'manifests'; readonly directory: string }
    /** With the service account of this pod. */
    | { readonly kind: 'in-cluster' }
    | {
        readonly kind: 'kubeconfig';
        readonly file: string;
        readonly context: string | undefined;
      };
}

/** TTL of records and denials in seconds, as the kubernetes plugin has it, with the same limits. */
const TTL = { default: 5, max: 3600 } as const;
/**
 * A watcher beats each five seconds. An API server that is upgraded is away for a minute or two,
 * and its pods serve on: five minutes are well above that, and a fifth of what users of other
 * systems measured until a dead cluster left the answers.
 */
export const LIVENESS_DEFAULTS: LivenessOptions = { staleMs: 30_000, lostMs: 300_000 };
/** Two beats may be lost. */
const STALE_MS_MIN = 15_000;
const LOST_MS_MAX = 24 * 3_600_000;
const CLUSTERSET = 'clusterset.local.';

/** Throws ConfigurationError. `blockZones`: those served when the directive names none. */
export function readFederationOptions(
  directive: Directive,
  blockZones: readonly string[],
): FederationOptions {
  let name = 'default';
  let home: Token | undefined;
  let clusterset: string | undefined;
  let qualified: string | undefined;
  let ttl: number = TTL.default;
  let fallthrough: readonly string[] = [];
  let liveness = LIVENESS_DEFAULTS;
  const clusters: ClusterOptions[] = [];
  const media = mediaOptionsReader();
  const homeOptions = homeOptionsReader();
  const many = manyOptionsReader();
  const readers: PropertyReaders = {
    name: (property) => {
      name = clusterName(oneArgument(property, 'the name of the federation'), 'federation');
    },
    ...media.properties,
    home: (property) => {
      home = oneArgument(property, 'the cluster whose zone this is');
      clusterName(home, 'cluster');
    },
    clusterset: (property) => {
      clusterset = readZones(oneArgument(property, 'one zone'))[0];
    },
    qualified: (property) => {
      qualified = readZones(oneArgument(property, 'one zone'))[0];
    },
    ttl: (property) => {
      ttl = wholeNumber(oneArgument(property, 'seconds'), 'ttl', 0, TTL.max);
    },
    fallthrough: (property) => {
      fallthrough = property.args.length === 0 ? ['.'] : zonesOr(property.args, []);
    },
    liveness: (property) => {
      liveness = readLiveness(property);
    },
    cluster: (property) => {
      clusters.push(readCluster(property, clusters));
    },
    ...many.properties,
    ...homeOptions.properties,
  };
  const [zones] = both(
    () => zonesOr(directive.args, blockZones),
    () => readProperties(directive, readers),
  );
  const { file, line } = directive;
  const names = clusters.map((cluster) => cluster.name);
  const homeCluster = homeOf(directive, home, clusters);
  const { log, store } = media.finish(homeCluster);
  const isOpen = log.kind === 'nats' || names.length === 0;
  const options = {
    homeOptions: homeOptions.finish(directive),
    many: many.finish(isOpen ? undefined : names),
  };
  refuseWithout(directive, options);
  const zonesOfRoles = zonesByRole(directive, zones, clusterset, qualified);
  if (options.many.federations !== undefined && zonesOfRoles.homeZone === undefined) {
    const is = 'no home zone is served, where its names are';
    const expected = 'one, as in "federation cluster.local"';
    throw new ConfigurationError(directive, `Cannot use federated: ${is}; expected ${expected}`);
  }
  return {
    file,
    line,
    name,
    log,
    store,
    home: homeCluster,
    ...zonesOfRoles,
    clusters,
    ttl,
    ...options,
    liveness,
    fallthrough,
  };
}

function readLiveness(property: Property): LivenessOptions {
  const [stale, lost] = argumentsOf(property, 'STALE LOST, as in 30s 5m', 2, 2);
  if (stale === undefined || lost === undefined) return LIVENESS_DEFAULTS;
  const staleMs = durationMs(stale, 'liveness', STALE_MS_MIN, LOST_MS_MAX);
  return { staleMs, lostMs: durationMs(lost, 'liveness', staleMs, LOST_MS_MAX) };
}

function readCluster(property: Property, others: readonly ClusterOptions[]): ClusterOptions {
  const expected = 'NAME manifests DIR, NAME kubeconfig FILE [CONTEXT], or NAME in_cluster';
  const [first, kind, path, context] = argumentsOf(property, expected, 2, 4);
  if (first === undefined || kind === undefined) {
    throw new ConfigurationError(property, `Cannot read "cluster": expected ${expected}`);
  }
  const { file, line } = property;
  const name = clusterName(first, 'cluster');
  const same = others.find((other) => other.name === name);
  if (same !== undefined) {
    throw cannotRead(first, 'cluster', `line ${same.line} has it`, 'each cluster once');
  }
  if (kind.text === 'in_cluster' && path === undefined) {
    return { file, line, name, source: { kind: 'in-cluster' } };
  }
  if (path === undefined) {
    throw cannotRead(kind, 'source of a cluster', 'it says not where', expected);
  }
  const place = besideCorefile(path, path.text);
  if (kind.text === 'manifests' && context === undefined) {
    return { file, line, name, source: { kind: 'manifests', directory: place } };
  }
  if (kind.text === 'kubeconfig') {
    return {
      file,
      line,
      name,
      source: { kind: 'kubeconfig', file: place, context: context?.text },
    };
  }
  throw cannotRead(kind, 'source of a cluster', 'it is unknown', expected);
}

/** Home may be left out where there is one cluster. */
function homeOf(
  directive: Directive,
  home: Token | undefined,
  clusters: readonly ClusterOptions[],
): string {
  const names = clusters.map(({ name }) => name);
  if (home === undefined) {
    const [only, second] = names;
    if (only !== undefined && second === undefined) return only;
    throw new ConfigurationError(
      directive,
      'Cannot use federation: home is missing; expected "home CLUSTER", whose zone is served',
    );
  }
  if (names.length > 0 && !names.includes(home.text)) {
    throw cannotRead(home, 'home', 'it is no cluster here', names.join(' or '));
  }
  return home.text;
}

/** Whether a Service has a ready endpoint is not known where endpoints are not looked at. */
function refuseWithout(
  directive: Directive,
  { homeOptions, many }: Pick<FederationOptions, 'homeOptions' | 'many'>,
): void {
  if (homeOptions.endpoints || many.across === 'local') return;
  throw new ConfigurationError(
    directive,
    `Cannot use "across ${many.across}" with noendpoints: which cluster is ready, endpoints say; ` +
      'expected one of them',
  );
}

/** Reverse zones, the clusterset's, that of the clusters' labels; what remains is home's. */
function zonesByRole(
  directive: Directive,
  zones: readonly string[],
  clusterset: string | undefined,
  qualifiedZone: string | undefined,
): Pick<FederationOptions, 'homeZone' | 'clustersetZone' | 'qualifiedZone' | 'reverseZones'> {
  const forward = zones.filter((zone) => !isReverseZone(zone));
  for (const [what, zone] of [
    ['clusterset', clusterset],
    ['qualified', qualifiedZone],
  ] as const) {
    if (zone === undefined || forward.includes(zone)) continue;
    throw new ConfigurationError(
      directive,
      `Cannot serve the ${what} zone "${zone}": it is not among the zones; ` +
        `expected one of ${forward.join(', ')}`,
    );
  }
  const clustersetZone = clusterset ?? forward.find((zone) => zone === CLUSTERSET);
  const others = forward.filter((zone) => zone !== clustersetZone && zone !== qualifiedZone);
  const [homeZone, second] = others;
  if (second !== undefined) {
    throw new ConfigurationError(
      directive,
      `Cannot serve the zone "${second}": "${homeZone}" is the home cluster's already; ` +
        'expected one zone, the clusterset zone, the qualified zone and reverse zones',
    );
  }
  if (homeZone === '.' || qualifiedZone === '.') {
    throw new ConfigurationError(
      directive,
      'Cannot serve the zone ".": it is everything; ' +
        'expected zones, as in "federation cluster.local"',
    );
  }
  refuseWithin(directive, qualifiedZone, [homeZone, clustersetZone]);
  return { homeZone, clustersetZone, qualifiedZone, reverseZones: zones.filter(isReverseZone) };
}

/** There, another zone's Services would hide those of the clusters. */
function refuseWithin(
  directive: Directive,
  qualified: string | undefined,
  others: readonly (string | undefined)[],
): void {
  const other = others.find(
    (one) => one !== undefined && qualified !== undefined && isWithin(qualified, one),
  );
  if (other === undefined) return;
  throw new ConfigurationError(
    directive,
    `Cannot serve the qualified zone "${qualified}": it lies in "${other}"; ` +
      'expected one of its own',
  );
}

function clusterName(token: Token, what: string): string {
  if (isClusterName(token.text)) return token.text;
  const expected = 'a DNS label: a-z, 0-9 and -, at most 63';
  throw cannotRead(token, `name of a ${what}`, 'it is no label', expected);
}
