/**
 * One `kubernetes` or `kubernetai` directive as plain data: what is served of which cluster, and
 * how its API is reached. Arguments and defaults are CoreDNS's.
 */
import {
  argumentsOf,
  cannotRead,
  oneArgument,
  type PropertyReaders,
  readProperties,
  wholeNumber,
  zonesOr,
} from '../../../libs/corefile/arguments.ts';
import { besideCorefile } from '../../../libs/corefile/beside-corefile.ts';
import type { Directive, Place, Property, Token } from '../../../libs/corefile/corefile.ts';
import { durationMs } from '../../../libs/corefile/duration.ts';
import { both } from '../../../libs/corefile/wrongs.ts';
import type { HomeOptions } from '../../../libs/federation/layer.ts';
import { homeOptionsReader } from './home-options.ts';
import { readFallthrough, readTtl, TTL, zonesByDirection } from './stanza-zones.ts';

export interface KubernetesOptions extends Place {
  /** Of the cluster's own Services. Targets of PTR lie in the first one; none: there is no PTR. */
  readonly zones: readonly string[];
  /** Of what an MCS controller imported. */
  readonly multiclusterZones: readonly string[];
  readonly reverseZones: readonly string[];
  readonly access: ClusterAccess;
  readonly limits: ApiLimits;
  readonly home: HomeOptions;
  /** Of records and of denials, in seconds. */
  readonly ttl: number;
  /** Zones in which the next stanza, or the next plugin, is asked for what does not exist here. */
  readonly fallthrough: readonly string[];
  /** After this long a warning says that the cluster is not synced yet. */
  readonly startupTimeoutMs: number;
  /** What was read but has no effect, a sentence each with its place, for the log. */
  readonly warnings: readonly string[];
}

/** How the API server of a cluster is reached. */
export type ClusterAccess =
  /** With the service account of this pod. */
  | { readonly kind: 'in-cluster' }
  | { readonly kind: 'kubeconfig'; readonly file: string; readonly context: string | undefined }
  | { readonly kind: 'endpoint'; readonly url: string; readonly tls: TlsFiles | undefined };

export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

/** Limits of requests to the API server; undefined: none was set. */
export interface ApiLimits {
  /** Requests a second, and how many at once after a pause. */
  readonly qps: number | undefined;
  readonly burst: number | undefined;
  readonly maxInflight: number | undefined;
}

/** More would not be a limit: an API server handles some thousand requests a second. */
const LIMIT_MAX = 1_000_000;
/** CoreDNS's default; a day is more than any start takes. */
const STARTUP_MS = { default: 5000, most: 86_400_000 } as const;
/** Only the first one is used. */
const ENDPOINTS_MAX = 100;

/** Throws ConfigurationError. `blockZones`: those served when the directive names none. */
export function readKubernetesOptions(
  directive: Directive,
  blockZones: readonly string[],
): KubernetesOptions {
  const home = homeOptionsReader();
  const access = accessReader();
  const limits: { -readonly [limit in keyof ApiLimits]: number | undefined } = {
    qps: undefined,
    burst: undefined,
    maxInflight: undefined,
  };
  let ttl: number = TTL.default;
  let fallthrough: readonly string[] = [];
  let multicluster: readonly Token[] = [];
  let startupTimeoutMs: number = STARTUP_MS.default;
  const readers: PropertyReaders = {
    ...access.properties,
    ...home.properties,
    apiserver_qps: (property) => {
      limits.qps = readQps(property);
    },
    apiserver_burst: (property) => {
      limits.burst = readLimit(property);
    },
    apiserver_max_inflight: (property) => {
      limits.maxInflight = readLimit(property);
    },
    ttl: (property) => {
      ttl = readTtl(property);
    },
    fallthrough: (property) => {
      fallthrough = readFallthrough(property);
    },
    multicluster: (property) => {
      multicluster = property.args;
    },
    startup_timeout: (property) => {
      const token = oneArgument(property, 'a duration');
      startupTimeoutMs = durationMs(token, 'startup_timeout', 0, STARTUP_MS.most);
    },
  };
  const [{ forward, reverse }] = both(
    () => zonesByDirection(directive, blockZones),
    () => readProperties(directive, readers),
  );
  const multiclusterZones = zonesAmong(forward, multicluster);
  const { file, line } = directive;
  return {
    file,
    line,
    zones: forward.filter((zone) => !multiclusterZones.includes(zone)),
    multiclusterZones,
    reverseZones: reverse,
    ...access.finish(),
    limits,
    home: home.finish(directive),
    ttl,
    fallthrough,
    startupTimeoutMs,
  };
}

function zonesAmong(forward: readonly string[], tokens: readonly Token[]): readonly string[] {
  for (const token of tokens) {
    if (zonesOr([token], []).every((zone) => forward.includes(zone))) continue;
    const is = 'it is not authoritative for the multicluster zone';
    throw cannotRead(token, 'multicluster zone', is, `one of ${forward.join(', ')}`);
  }
  return [...new Set(zonesOr(tokens, []))];
}

/** 0 is what CoreDNS's client takes for "not set". */
function readQps(property: Property): number | undefined {
  const token = oneArgument(property, 'requests a second');
  const qps = /^(\d+\.?\d*|\.\d+)$/.test(token.text) ? Number(token.text) : Number.NaN;
  if (qps <= LIMIT_MAX) return qps === 0 ? undefined : qps;
  throw cannotRead(token, property.name, 'it is no such number', `0 to ${LIMIT_MAX}`);
}

function readLimit(property: Property): number | undefined {
  const limit = wholeNumber(oneArgument(property, 'a number'), property.name, 0, LIMIT_MAX);
  return limit === 0 ? undefined : limit;
}

/** Reads `endpoint`, `tls` and `kubeconfig`. The last of several is the one. */
function accessReader() {
  let kubeconfig: Extract<ClusterAccess, { kind: 'kubeconfig' }> | undefined;
  let endpoint: Token | undefined;
  let tls: (TlsFiles & Place) | undefined;
  const warnings: string[] = [];
  const warn = ({ file, line }: Place, text: string) => warnings.push(`${file}:${line}: ${text}`);
  const properties = {
    endpoint: (property: Property) => {
      const [first, ...more] = argumentsOf(property, 'the URL of an API server', 1, ENDPOINTS_MAX);
      endpoint = first;
      if (more.length === 0) return;
      warn(property, 'Only the first endpoint is used; put a load balancer before several');
    },
    tls: (property: Property) => {
      const [cert, key, ca] = argumentsOf(property, 'the files CERT KEY CA', 3, 3).map((token) =>
        besideCorefile(token, token.text),
      );
      const { file, line } = property;
      tls = { cert: cert ?? '', key: key ?? '', ca: ca ?? '', file, line };
    },
    kubeconfig: (property: Property) => {
      const [path, context] = argumentsOf(property, 'FILE, and perhaps a context', 1, 2);
      const file = besideCorefile(property, path?.text ?? '');
      kubeconfig = { kind: 'kubeconfig', file, context: context?.text };
    },
  };
  return {
    properties,
    finish: (): Pick<KubernetesOptions, 'access' | 'warnings'> => {
      if (kubeconfig !== undefined) {
        if (endpoint !== undefined) warn(endpoint, 'The endpoint is not used: kubeconfig wins');
        return { access: kubeconfig, warnings };
      }
      if (endpoint !== undefined) {
        const files = tls && { cert: tls.cert, key: tls.key, ca: tls.ca };
        return { access: { kind: 'endpoint', url: urlOf(endpoint, files), tls: files }, warnings };
      }
      if (tls !== undefined) warn(tls, 'The files of tls are not used: there is no endpoint');
      return { access: { kind: 'in-cluster' }, warnings };
    },
  };
}

/** Without a scheme it is https where there are certificates, as Kubernetes' clients have it. */
function urlOf(token: Token, tls: TlsFiles | undefined): string {
  const { text } = token;
  const hasScheme = /^[a-z]+:\/\//i.test(text);
  const url = hasScheme ? text : `${tls === undefined ? 'http' : 'https'}://${text}`;
  const parsed = /^https?:\/\/[^/?#]/i.test(url) ? URL.parse(url) : null;
  // What tls, or a kubeconfig, is for: a password here would be in each sentence about the cluster.
  const isBare =
    parsed !== null &&
    [parsed.username, parsed.password, parsed.search, parsed.hash].every((part) => part === '');
  if (isBare) return url;
  const shown = { ...token, text: text.replace(/^(\w+:\/\/)?.*@/, '$1…@').replace(/[?#].*/, '?…') };
  throw cannotRead(shown, 'endpoint', 'it is no URL of an API server', 'https://HOST:PORT');
}
