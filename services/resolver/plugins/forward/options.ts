/** The properties of one directive. */
import {
  argumentsOf,
  cannotRead,
  noArguments,
  oneArgument,
  oneOf,
  type PropertyReaders,
  readProperties,
  wholeNumber,
} from '../../../../libs/corefile/arguments.ts';
import { besideCorefile } from '../../../../libs/corefile/beside-corefile.ts';
import { ConfigurationError } from '../../../../libs/corefile/configuration-error.ts';
import type { Directive, Property, Token } from '../../../../libs/corefile/corefile.ts';
import { durationMs } from '../../../../libs/corefile/duration.ts';
import { readZones } from '../../../../libs/corefile/zone.ts';
import { parseAddress } from '../../../../libs/dns/address.ts';
import type { TlsFiles } from '../../../../libs/tls/tls-files.ts';
import type { DohMethod } from '../../../../libs/upstream/https-connection.ts';
import type { UpstreamServer } from '../../../../libs/upstream/upstream-server.ts';
import type { PolicyName } from './policy.ts';
import { rcodeOf } from './rcodes.ts';
import { plainServer } from './to.ts';
import type { HealthCheck } from './upstream.ts';

export interface ForwardOptions {
  except: readonly string[];
  policy: PolicyName;
  /** Undefined: as the client came. */
  transport: 'udp' | 'tcp' | undefined;
  readTimeoutMs: number;
  /** Undefined: twice as many as there are upstreams. */
  attemptsMax: number | undefined;
  concurrentMax: number;
  failsFast: boolean;
  check: HealthCheck;
  expireMs: number;
  ageMsMax: number;
  idleMax: number;
  dohMethod: DohMethod;
  tls: TlsFiles;
  /** `tls_servername`, where it is. */
  tlsServerName: Token | undefined;
  failover: ReadonlySet<number>;
  next: ReadonlySet<number>;
  nextOnNodata: boolean;
  source: Token | undefined;
  /** Who knows the addresses of hosts; none: the machine. */
  resolvers: readonly UpstreamServer[];
}

/** Each waiting query holds a socket; a process has 1,024 of them or more. */
const CONCURRENT_DEFAULT = 1000;
const CONCURRENT_MAX = 100_000;
/** Attempts for one query where the Corefile wants no limit: each takes some time. */
const ATTEMPTS_MAX = 100;
/** Longest time that is waited for a server, a minute: no client waits longer. */
const TIMEOUT_MS_MAX = 60_000;
/** Longest time of what happens in the background, a day. */
const DAY_MS = 24 * 3_600_000;
/** Property lists are bounded by what one sees on a line. */
const WORDS_MAX = 1000;
/** As resolv.conf(5) has them, and some. */
const RESOLVERS_MAX = 15;

/** `root`: where relative paths begin. */
export function readOptions(directive: Directive, root: string | undefined): ForwardOptions {
  const options: ForwardOptions = {
    except: [],
    policy: 'random',
    transport: undefined,
    readTimeoutMs: 2000,
    attemptsMax: undefined,
    concurrentMax: CONCURRENT_DEFAULT,
    failsFast: false,
    check: { intervalMs: 500, recursionDesired: true, name: '.', failsMax: 2 },
    expireMs: 10_000,
    ageMsMax: 0,
    idleMax: 0,
    dohMethod: 'POST',
    tls: {},
    tlsServerName: undefined,
    failover: new Set(),
    next: new Set(),
    nextOnNodata: false,
    source: undefined,
    resolvers: [],
  };
  const readers = {
    ...readersOfQueries(options),
    ...readersOfHealth(options),
    ...readersOfConnections(options, root),
    ...readersOfReplies(options),
  };
  readProperties(directive, readers);
  if (options.ageMsMax > 0 && options.ageMsMax < options.expireMs) {
    const { ageMsMax, expireMs } = options;
    const is = `it is ${ageMsMax} ms, and expire is ${expireMs} ms`;
    const property = directive.block?.findLast(({ name }) => name === 'max_age') ?? directive;
    throw new ConfigurationError(
      property,
      `Cannot use max_age: ${is}; expected 0, or no less than expire`,
    );
  }
  return options;
}

const number = (property: Property, least: number, most: number) =>
  wholeNumber(oneArgument(property, 'a number'), property.name, least, most);
const time = (property: Property, leastMs: number, mostMs: number) =>
  durationMs(oneArgument(property, 'a duration'), property.name, leastMs, mostMs);

/** Which queries, and how they are asked. */
function readersOfQueries(options: ForwardOptions): PropertyReaders {
  const transport = (property: Property, value: 'udp' | 'tcp') => {
    noArguments(property);
    // As in CoreDNS, force_tcp wins over prefer_udp.
    options.transport = options.transport === 'tcp' ? 'tcp' : value;
  };
  return {
    except: (property) => {
      const zones = argumentsOf(property, 'zones', 1, WORDS_MAX);
      options.except = [...options.except, ...zones.flatMap((token) => readZones(token))];
    },
    force_tcp: (property) => transport(property, 'tcp'),
    prefer_udp: (property) => transport(property, 'udp'),
    read_timeout: (property) => {
      options.readTimeoutMs = time(property, 1, TIMEOUT_MS_MAX);
    },
    max_connect_attempts: (property) => {
      options.attemptsMax = number(property, 0, ATTEMPTS_MAX) || ATTEMPTS_MAX;
    },
    max_concurrent: (property) => {
      // 0 is no limit in CoreDNS: here the most that a machine can do.
      options.concurrentMax = number(property, 0, CONCURRENT_MAX) || CONCURRENT_MAX;
    },
    policy: (property) => {
      const names = ['random', 'round_robin', 'sequential'] as const;
      options.policy = oneOf(oneArgument(property, names.join(', ')), 'policy', names);
    },
    source_address: (property) => {
      const token = oneArgument(property, 'an IP address');
      const address = parseAddress(token.text);
      if (address === undefined) {
        throw cannotRead(token, 'source_address', 'it is no IP address', 'one of this machine');
      }
      options.source = { ...token, text: address.text };
    },
  };
}

function readersOfHealth(options: ForwardOptions): PropertyReaders {
  return {
    max_fails: (property) => {
      options.check = { ...options.check, failsMax: number(property, 0, 1_000_000) };
    },
    health_check: (property) => {
      options.check = readHealthCheck(property, options.check);
    },
    failfast_all_unhealthy_upstreams: (property) => {
      noArguments(property);
      options.failsFast = true;
    },
  };
}

function readersOfConnections(options: ForwardOptions, root: string | undefined): PropertyReaders {
  return {
    expire: (property) => {
      options.expireMs = time(property, 0, DAY_MS);
    },
    max_age: (property) => {
      options.ageMsMax = time(property, 0, 365 * DAY_MS);
    },
    max_idle_conns: (property) => {
      options.idleMax = number(property, 0, 1_000_000);
    },
    doh_method: (property) => {
      const methods = ['GET', 'POST'] as const;
      options.dohMethod = oneOf(oneArgument(property, 'GET or POST'), 'doh_method', methods);
    },
    tls: (property) => {
      const expected = 'nothing, CA, CERT KEY, or CERT KEY CA';
      const tokens = argumentsOf(property, expected, 0, 3);
      const files = tokens.map((token) => besideCorefile(token, token.text, root));
      const ca = files.length === 1 ? files[0] : files[2];
      const [cert, key] = files.length > 1 ? files : [];
      options.tls = {
        ...(ca !== undefined && { ca }),
        ...(cert !== undefined && key !== undefined && { pair: { cert, key } }),
      };
    },
    tls_servername: (property) => {
      options.tlsServerName = oneArgument(property, 'the name in the certificate');
    },
    resolver: (property) => {
      const expected = 'ADDRESS, ADDRESS:PORT or [IPV6]:PORT';
      options.resolvers = argumentsOf(property, expected, 1, RESOLVERS_MAX).map((token) => {
        const server = plainServer(token);
        if (server !== undefined) return server;
        throw cannotRead(token, 'resolver', 'it is no IP address', expected);
      });
    },
  };
}

/** What becomes of replies. */
function readersOfReplies(options: ForwardOptions): PropertyReaders {
  const rcodes = (property: Property, but?: string) =>
    argumentsOf(property, 'response codes', 1, WORDS_MAX).map((token) => rcodeOf(token, but));
  return {
    failover: (property) => {
      options.failover = new Set([...options.failover, ...rcodes(property, 'NOERROR')]);
    },
    next: (property) => {
      options.next = new Set([...options.next, ...rcodes(property)]);
    },
    next_on_nodata: (property) => {
      noArguments(property);
      options.nextOnNodata = true;
    },
  };
}

function readHealthCheck(property: Property, check: HealthCheck): HealthCheck {
  const expected = 'a duration, and perhaps no_rec and domain NAME';
  const [interval, ...more] = argumentsOf(property, expected, 1, 4);
  if (interval === undefined) throw new RangeError(expected);
  const intervalMs = durationMs(interval, 'health_check', 1, DAY_MS);
  let read: HealthCheck = { ...check, intervalMs };
  for (let i = 0; i < more.length; i++) {
    const token = more[i];
    if (token === undefined) break;
    if (oneOf(token, 'option', ['no_rec', 'domain'] as const) === 'no_rec') {
      read = { ...read, recursionDesired: false };
      continue;
    }
    const name = more[++i];
    if (name === undefined) throw cannotRead(token, 'option', 'it names nothing', 'domain NAME');
    read = { ...read, name: readZones(name)[0] ?? '.' };
  }
  return read;
}
