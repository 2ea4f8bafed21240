import { randomBytes, randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { argumentsOf, cannotRead } from '../../../../libs/corefile/arguments.ts';
import { ConfigurationError } from '../../../../libs/corefile/configuration-error.ts';
import type { Directive, Token } from '../../../../libs/corefile/corefile.ts';
import { both, each } from '../../../../libs/corefile/wrongs.ts';
import { readZones } from '../../../../libs/corefile/zone.ts';
import { parseAddress } from '../../../../libs/dns/address.ts';
import { TlsContext, whyNoTls } from '../../../../libs/tls/tls-files.ts';
import { createClient, ServerKnowledge } from '../../../../libs/upstream/server-client.ts';
import type { RandomOctets, UpstreamServer } from '../../../../libs/upstream/upstream-server.ts';
import { serverText } from '../../../../libs/upstream/upstream-server.ts';
import type { Setup, SetupContext } from '../../plugin.ts';
import { createForwardMetrics } from './forward-metrics.ts';
import type { ForwardDependencies, Forwarder } from './forwarding.ts';
import { createForward } from './handler.ts';
import { type LookUp, lookUpBy, lookUpByMachine } from './host-addresses.ts';
import { HostUpstreams } from './host-upstreams.ts';
import { Memory } from './memory.ts';
import { type ForwardOptions, readOptions } from './options.ts';
import { createPolicy } from './policy.ts';
import { type Target, targetsOf } from './to.ts';
import { Upstream } from './upstream.ts';
import { UpstreamList } from './upstream-list.ts';

/** Reads a file that a directive names. Throws what the file system throws. */
export type ReadFile = (path: string) => string;

/** Upstreams of one directive: CoreDNS's limit. */
const UPSTREAMS_MAX = 15;

/** With the disk of the machine. */
export const setup: Setup = createForwardSetup((path) => readFileSync(path, 'utf8'));

export function createForwardSetup(
  readFile: ReadFile,
  nowMs: () => number = () => performance.now(),
): Setup {
  const memory = new Memory();
  return (directives, context) => {
    const dependencies: SetupDependencies = {
      random: () => randomInt(2 ** 32) / 2 ** 32,
      randomOctets: (count) => randomBytes(count),
      nowMs,
      metrics: createForwardMetrics(context.metrics),
      readFile,
      memory,
      context,
    };
    const forwarders = each(directives, (one) => readForwarder(one, dependencies));
    return createForward(forwarders, dependencies);
  };
}

interface SetupDependencies extends ForwardDependencies {
  readonly randomOctets: RandomOctets;
  readonly readFile: ReadFile;
  readonly memory: Memory;
  readonly context: SetupContext;
}

function readForwarder(directive: Directive, dependencies: SetupDependencies): Forwarder {
  const expected = `a zone and 1 to ${UPSTREAMS_MAX} upstreams`;
  const [from, ...to] = argumentsOf(directive, expected, 2, 1 + UPSTREAMS_MAX);
  if (from === undefined) throw new RangeError(expected);
  const [options, asked] = both(
    () => readGoodOptions(directive, dependencies.context.root),
    () =>
      both(
        () => readZones(from),
        () => each(to, (token) => targetsAt(token, dependencies)).flat(),
      ),
  );
  const [zones, targets] = asked;
  return {
    fromText: from.text,
    from: zones,
    except: options.except,
    upstreams: upstreamsOf(directive, targets, options, dependencies),
    policy: createPolicy(options.policy, dependencies.random),
    transport: options.transport,
    readTimeoutMs: options.readTimeoutMs,
    attemptsMax: options.attemptsMax,
    concurrentMax: options.concurrentMax,
    failsFast: options.failsFast,
    failover: options.failover,
    next: options.next,
    nextOnNodata: options.nextOnNodata,
  };
}

function readGoodOptions(directive: Directive, root: string | undefined): ForwardOptions {
  const options = readOptions(directive, root);
  const why = whyNoTls(options.tls);
  if (why === undefined) return options;
  const place = directive.block?.findLast(({ name }) => name === 'tls') ?? directive;
  throw new ConfigurationError(place, why);
}

interface NamedTarget {
  readonly target: Target;
  readonly token: Token;
}

function targetsAt(token: Token, { readFile, context }: SetupDependencies): readonly NamedTarget[] {
  const targets = targetsOf(token, readFile);
  if (targets.length === 0) {
    const where = `${token.file}:${token.line}`;
    context.log.warning(`plugin/forward: ${token.text} names no server (${where})`);
  }
  return targets.map((target) => ({ target, token }));
}

function upstreamsOf(
  directive: Directive,
  targets: readonly NamedTarget[],
  options: ForwardOptions,
  dependencies: SetupDependencies,
): UpstreamList {
  const { log } = dependencies.context;
  const named = onlyFirst(targets.map((one) => withServerName(one, options.tlsServerName)));
  if (named.length < 1 || named.length > UPSTREAMS_MAX) {
    const is = named.length === 0 ? 'no file names a server' : `they are ${named.length}`;
    const expected = `1 to ${UPSTREAMS_MAX} upstreams`;
    throw new ConfigurationError(directive, `Cannot forward: ${is}; expected ${expected}`);
  }
  for (const one of named) checkSource(one, options.source);
  warnOfNothing(directive, named, options, dependencies.context);
  const create = creatorOf(options, dependencies);
  const lookUp = lookUpOf(options, dependencies);
  const { nowMs } = dependencies;
  return new UpstreamList(
    named.map(({ target }) => {
      if (target.kind === 'server') return create(target.server);
      const { host, server } = target;
      const createAt = (address: string) => create({ ...server, address });
      return new HostUpstreams(host, { lookUp, create: createAt, log, nowMs });
    }),
  );
}

/** One that is named twice is asked once. */
function onlyFirst(all: readonly NamedTarget[]): readonly NamedTarget[] {
  const keys = all.map(({ target }) => JSON.stringify(target));
  return all.filter((_, i) => keys.indexOf(keys[i] ?? '') === i);
}

/** `tls_servername` is of all servers that TLS is spoken with. */
function withServerName({ target, token }: NamedTarget, name: Token | undefined): NamedTarget {
  if (name === undefined || target.server.transport === 'dns') return { target, token };
  if (target.kind === 'server' && target.server.serverName !== undefined) {
    const is = `"${token.text}" has a name of its own`;
    throw cannotRead(name, 'tls_servername', is, 'one of both');
  }
  const server = { serverName: name.text };
  return target.kind === 'server'
    ? { token, target: { ...target, server: { ...target.server, ...server } } }
    : { token, target: { ...target, server: { ...target.server, ...server } } };
}

function checkSource({ target, token }: NamedTarget, source: Token | undefined): void {
  if (source === undefined || target.kind === 'host') return;
  if (isIpv6(source.text) === isIpv6(target.server.address)) return;
  const is = `it is ${isIpv6(source.text) ? 'IPv6' : 'IPv4'}, and the upstream "${token.text}" not`;
  throw cannotRead(source, 'source_address', is, 'an address of the same family');
}

const isIpv6 = (address: string) => address.includes(':');

/** What CoreDNS accepts, and what does nothing here as there. */
function warnOfNothing(
  { file, line, block = [] }: Directive,
  named: readonly NamedTarget[],
  { tlsServerName }: ForwardOptions,
  { log }: SetupContext,
): void {
  const has = (transport: string) =>
    named.some(({ target }) => target.server.transport === transport);
  const properties = new Set(block.map(({ name }) => name));
  const warn = (name: string, is: string) =>
    log.warning(`plugin/forward: ${name} does nothing (${file}:${line}): ${is}`);
  const isSecure = has('tls') || has('https');
  if (properties.has('tls') && !isSecure) warn('tls', 'no upstream is tls:// or https://');
  if (tlsServerName !== undefined && !isSecure) {
    warn('tls_servername', 'no upstream is tls:// or https://');
  }
  if (properties.has('doh_method') && !has('https')) warn('doh_method', 'none is https://');
  const hasHost = named.some(({ target }) => target.kind === 'host');
  if (properties.has('resolver') && !hasHost) warn('resolver', 'no upstream is the name of a host');
}

function creatorOf(
  options: ForwardOptions,
  { randomOctets, nowMs, metrics, memory, context }: SetupDependencies,
): (server: UpstreamServer) => Upstream {
  const tls = new TlsContext(options.tls, (text) => context.log.error(`plugin/forward: ${text}`));
  const { expireMs, ageMsMax, idleMax, dohMethod } = options;
  const source = options.source?.text;
  return (server) => {
    const how = JSON.stringify([options.tls, source, options.transport]);
    const { remembered, letGo } = memory.hold(server, how);
    const to = serverText(server);
    const client = createClient(
      server,
      { source, expireMs, ageMsMax, idleMax, tls, dohMethod },
      {
        random: randomOctets,
        nowMs,
        onSocket: (protocol, found) => metrics.socketFor(to, protocol, found),
        knowledge: remembered.knowledge,
      },
    );
    return new Upstream(server, options.check, {
      client,
      nowMs,
      probeVia: options.transport ?? 'udp',
      onProbeFailure: (text) => metrics.probeFailed(text),
      memory: remembered,
      onStop: letGo,
    });
  };
}

/** Addresses that can be asked from `source_address`. */
function lookUpOf(
  { resolvers, source }: ForwardOptions,
  { randomOctets, nowMs, readFile }: SetupDependencies,
): LookUp {
  const clients = resolvers.map((server) =>
    createClient(
      server,
      {
        source: undefined,
        expireMs: 0,
        ageMsMax: 0,
        idleMax: 0,
        tls: new TlsContext({}, () => {}),
        dohMethod: 'POST',
      },
      {
        random: randomOctets,
        nowMs,
        onSocket: () => {},
        knowledge: new ServerKnowledge(),
      },
    ),
  );
  const lookUp =
    clients.length > 0 ? lookUpBy(clients, nowMs) : lookUpByMachine(() => readFile('/etc/hosts'));
  return async (host) => {
    const found = await lookUp(host);
    return found.flatMap((address) => {
      const parsed = parseAddress(address)?.text;
      const fits =
        source === undefined || parsed === undefined || isIpv6(source.text) === isIpv6(parsed);
      return parsed !== undefined && fits ? [parsed] : [];
    });
  };
}
