import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  argumentsOf,
  cannotRead,
  noArguments,
  oneArgument,
  oneOf,
  readProperties,
  wholeNumber,
} from '../../../../libs/corefile/arguments.ts';
import type { Directive, Property, Token } from '../../../../libs/corefile/corefile.ts';
import { durationMs } from '../../../../libs/corefile/duration.ts';
import { readZones } from '../../../../libs/corefile/zone.ts';
import type { Setup } from '../../plugin.ts';
import type { ServerAddress } from './exchange.ts';
import { exchange } from './exchange.ts';
import { createForwardMetrics } from './forward-metrics.ts';
import type { ForwardDependencies, Forwarder } from './handler.ts';
import { createForward } from './handler.ts';
import type { PolicyName } from './policy.ts';
import { createPolicy } from './policy.ts';
import { serversOf } from './to.ts';
import type { HealthCheck } from './upstream.ts';
import { Upstream } from './upstream.ts';

/** Reads a file that a directive names. Throws what the file system throws. */
export type ReadFile = (path: string) => string;

/** Upstreams of one directive: CoreDNS's limit. */
const UPSTREAMS_MAX = 15;
/** Each waiting query holds a socket; a process has 1,024 of them or more. */
const CONCURRENT_DEFAULT = 1000;
const CONCURRENT_MAX = 100_000;
/** Longest time that is configurable, a minute: no client waits longer. */
const TIMEOUT_MS_MAX = 60_000;
/** Property lists are bounded by what one sees on a line. */
const ZONES_MAX = 1000;

/** Of CoreDNS, and not here yet. */
const NOT_YET = [
  ...['tls', 'tls_servername', 'expire', 'max_age', 'max_idle_conns', 'doh_method', 'next'],
  ...['next_on_nodata', 'failover', 'source_address', 'resolver'],
];

/** With the disk of the machine. */
export const setup: Setup = createForwardSetup((path) => readFileSync(path, 'utf8'));

export function createForwardSetup(readFile: ReadFile): Setup {
  return (directives, { metrics }) => {
    const dependencies: ForwardDependencies = {
      exchange,
      random: () => randomInt(2 ** 32) / 2 ** 32,
      nowMs: () => performance.now(),
      metrics: createForwardMetrics(metrics),
    };
    const forwarders = directives.map((each) => readForwarder(each, readFile, dependencies));
    return createForward(forwarders, dependencies);
  };
}

interface Options {
  except: readonly string[];
  policy: PolicyName;
  transport: Forwarder['transport'];
  readTimeoutMs: number;
  attemptsMax: number | undefined;
  concurrentMax: number;
  failsFast: boolean;
  check: HealthCheck;
}

function readForwarder(
  directive: Directive,
  readFile: ReadFile,
  dependencies: ForwardDependencies,
): Forwarder {
  const expected = `a zone and 1 to ${UPSTREAMS_MAX} upstreams`;
  const [from, ...to] = argumentsOf(directive, expected, 2, 1 + UPSTREAMS_MAX);
  if (from === undefined) throw new RangeError(expected);
  const servers = to.flatMap((token) => serversOf(token, readFile));
  const options = readOptions(directive);
  const { random, metrics, exchange } = dependencies;
  const create = (server: ServerAddress) =>
    new Upstream(server, options.check, {
      exchange,
      randomId: () => Math.floor(random() * 65_536),
      probeTransport: options.transport ?? 'udp',
      onProbeFailure: (text) => metrics.probeFailed(text),
    });
  return {
    fromText: from.text,
    from: readZones(from),
    except: options.except,
    upstreams: servers.slice(0, UPSTREAMS_MAX).map(create),
    policy: createPolicy(options.policy, random),
    transport: options.transport,
    readTimeoutMs: options.readTimeoutMs,
    attemptsMax: options.attemptsMax ?? 2 * servers.length,
    concurrentMax: options.concurrentMax,
    failsFast: options.failsFast,
  };
}

function readOptions(directive: Directive): Options {
  const options: Options = {
    except: [],
    policy: 'random',
    transport: undefined,
    readTimeoutMs: 2000,
    attemptsMax: undefined,
    concurrentMax: CONCURRENT_DEFAULT,
    failsFast: false,
    check: { intervalMs: 500, recursionDesired: true, name: '.', failsMax: 2 },
  };
  const number = (property: Property, least: number, most: number) =>
    wholeNumber(oneArgument(property, 'a number'), property.name, least, most);
  const time = (token: Token, name: string) => durationMs(token, name, 1, TIMEOUT_MS_MAX);
  const transport = (property: Property, value: 'udp' | 'tcp') => {
    noArguments(property);
    // As in CoreDNS, force_tcp wins over prefer_udp.
    options.transport = options.transport === 'tcp' ? 'tcp' : value;
  };
  const readers = {
    except: (property: Property) => {
      const zones = argumentsOf(property, 'zones', 1, ZONES_MAX);
      options.except = [...options.except, ...zones.flatMap((token) => readZones(token))];
    },
    force_tcp: (property: Property) => transport(property, 'tcp'),
    prefer_udp: (property: Property) => transport(property, 'udp'),
    read_timeout: (property: Property) => {
      options.readTimeoutMs = time(oneArgument(property, 'a duration'), property.name);
    },
    max_fails: (property: Property) => {
      options.check = { ...options.check, failsMax: number(property, 0, 1_000_000) };
    },
    max_connect_attempts: (property: Property) => {
      options.attemptsMax = number(property, 1, 100);
    },
    max_concurrent: (property: Property) => {
      // 0 is no limit in CoreDNS: here the most that a machine can do.
      options.concurrentMax = number(property, 0, CONCURRENT_MAX) || CONCURRENT_MAX;
    },
    policy: (property: Property) => {
      const names = ['random', 'round_robin', 'sequential'] as const;
      options.policy = oneOf(oneArgument(property, names.join(', ')), 'policy', names);
    },
    health_check: (property: Property) => {
      options.check = readHealthCheck(property, options.check);
    },
    failfast_all_unhealthy_upstreams: (property: Property) => {
      noArguments(property);
      options.failsFast = true;
    },
  };
  readProperties(directive, readers, NOT_YET);
  return options;
}

function readHealthCheck(property: Property, check: HealthCheck): HealthCheck {
  const expected = 'a duration, and perhaps no_rec and domain NAME';
  const [interval, ...more] = argumentsOf(property, expected, 1, 4);
  if (interval === undefined) throw new RangeError(expected);
  const intervalMs = durationMs(interval, 'health_check', 1, TIMEOUT_MS_MAX);
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
