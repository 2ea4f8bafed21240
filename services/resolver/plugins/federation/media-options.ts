/**
 * The properties that say where the logs are, and the shared store, and how one is let in:
 *
 *   const reader = mediaOptionsReader();
 *   readProperties(directive, { ...reader.properties, … });
 *   const { log, store } = reader.finish(home);
 */
import {
  argumentsOf,
  cannotRead,
  oneArgument,
  type PropertyReaders,
  wholeNumber,
} from '../../../../libs/corefile/arguments.ts';
import { besideCorefile } from '../../../../libs/corefile/beside-corefile.ts';
import { ConfigurationError } from '../../../../libs/corefile/configuration-error.ts';
import type { Place, Property, Token } from '../../../../libs/corefile/corefile.ts';
import type { TlsFiles } from '../../../../libs/tls/tls-files.ts';

export type LogOptions =
  | NatsOptions
  /** Undefined: in the state directory. */
  | { readonly kind: 'sqlite'; readonly directory: string | undefined }
  | { readonly kind: 'memory' };

export interface NatsOptions {
  readonly kind: 'nats';
  readonly servers: readonly Token[];
  /** Files, by their paths. */
  readonly credentials?: Token | undefined;
  readonly nkey?: Token | undefined;
  readonly tls?: TlsOptions | undefined;
  /** The JetStream domain of the logs, where it is not that of the server. */
  readonly domain?: string | undefined;
  /** Where the home cluster's log is read instead: at its own site. */
  readonly near?: { readonly cluster: string; readonly servers: readonly Token[] } | undefined;
  /** Copies of the streams that are made. */
  readonly replicas?: number | undefined;
  /** Whose inbox replies come to: a watcher's cluster, or a word that no cluster can be called. */
  readonly who: string;
}

export interface StoreOptions {
  readonly url: Token;
  readonly tls: TlsOptions | undefined;
}

export interface TlsOptions extends Place, TlsFiles {}

export interface MediaOptions {
  readonly log: LogOptions;
  readonly store: StoreOptions | undefined;
}

export interface MediaOptionsReader {
  readonly properties: PropertyReaders;
  /** What was read. Throws ConfigurationError for what does not go together. */
  finish(home: string): MediaOptions;
}

/** Servers of one cluster that are worth naming. */
const SERVERS_MAX = 16;
/** JetStream keeps at most five copies of a stream. */
const REPLICAS_MAX = 5;
const SERVER = /^(nats|tls):\/\/./;
const STORE = /^redis(s?(\+(cluster|sentinel))?):\/\/./;
/** What may stand between dots of a subject. */
const DOMAIN = /^[^\s.*>/\\]{1,63}$/;

export function mediaOptionsReader(): MediaOptionsReader {
  let log: LogOptions | undefined;
  let url: Token | undefined;
  let near: readonly Token[] | undefined;
  const [logTls, storeTls] = [tlsReader(), tlsReader()];
  const nats: { [key in 'credentials' | 'nkey' | 'domain' | 'replicas']?: Token } = {};
  /** The first property that makes sense on NATS only, and one on a store. */
  let [natsOnly, storeOnly]: (Property | undefined)[] = [];
  const ofNats = (read: (property: Property) => void) => (property: Property) => {
    natsOnly ??= property;
    read(property);
  };
  const ofStore = (read: (property: Property) => void) => (property: Property) => {
    storeOnly ??= property;
    read(property);
  };
  const one = (key: keyof typeof nats, expected: string) =>
    ofNats((property) => {
      nats[key] = oneArgument(property, expected);
    });
  const properties: PropertyReaders = {
    log: (property) => {
      log = readLog(property);
    },
    log_home: ofNats((property) => {
      near = readServers(property);
    }),
    log_credentials: one('credentials', 'a file of credentials'),
    log_nkey: one('nkey', 'a file with the seed of an nkey'),
    log_tls: ofNats(logTls.files),
    log_tls_servername: ofNats(logTls.serverName),
    log_domain: one('domain', 'a JetStream domain'),
    log_replicas: one('replicas', 'how many copies'),
    store: (property) => {
      url = readStore(property);
    },
    store_tls: ofStore(storeTls.files),
    store_tls_servername: ofStore(storeTls.serverName),
  };
  const finish = (home: string) => {
    const isNats = log?.kind === 'nats';
    if (natsOnly !== undefined && !isNats) throw useless(natsOnly, 'log nats://HOST:PORT');
    if (storeOnly !== undefined && url === undefined) throw useless(storeOnly, 'store rediss://…');
    const atHome = near && { cluster: home, servers: near };
    const full =
      log?.kind === 'nats'
        ? { ...log, ...finishNats(nats), near: atHome, tls: logTls.finish() }
        : log;
    return {
      log: full ?? { kind: 'sqlite' as const, directory: undefined },
      store: url && { url, tls: storeTls.finish() },
    };
  };
  return { properties, finish };
}

function finishNats(read: { readonly [key in keyof NatsOptions]?: Token }) {
  const { credentials, nkey, domain, replicas } = read;
  if (credentials !== undefined && nkey !== undefined) {
    throw new ConfigurationError(
      nkey,
      'Cannot use log_nkey with log_credentials: both say who we are; expected one of them',
    );
  }
  if (domain !== undefined && !DOMAIN.test(domain.text)) {
    throw cannotRead(domain, 'log_domain', 'it is no JetStream domain', 'a word without dots');
  }
  return {
    credentials: credentials && atItsPlace(credentials),
    nkey: nkey && atItsPlace(nkey),
    domain: domain?.text,
    replicas: replicas && wholeNumber(replicas, 'log_replicas', 1, REPLICAS_MAX),
  };
}

/** `[CERT KEY] [CA]`, as CoreDNS's plugins have it: none, the CA, a pair, or all three. */
function tlsReader() {
  let tls: TlsOptions | undefined;
  return {
    files(property: Property): void {
      const paths = argumentsOf(property, '[CERT KEY] [CA]', 0, 3).map(atItsPlace);
      const [first, second, third] = paths.map(({ text }) => text);
      const { file, line } = property;
      const ca = paths.length === 1 ? first : third;
      tls = {
        ...tls,
        file,
        line,
        ...(ca !== undefined && { ca }),
        ...(first !== undefined && second !== undefined && { pair: { cert: first, key: second } }),
      };
    },
    serverName(property: Property): void {
      const { file, line, text } = oneArgument(property, "the name in the server's certificate");
      tls = { file, line, ...tls, serverName: text };
    },
    finish: () => tls,
  };
}

function readLog(property: Property): LogOptions {
  const expected = 'nats://HOST:PORT, sqlite or memory';
  const [first, ...more] = argumentsOf(property, expected, 1, SERVERS_MAX);
  if (first !== undefined && SERVER.test(first.text)) {
    return { kind: 'nats', servers: [first, ...more], who: '_resolver' };
  }
  if (first?.text === 'memory' && more.length === 0) return { kind: 'memory' };
  if (first !== undefined && /^sqlite(:|$)/.test(first.text) && more.length === 0) {
    const path = first.text.slice('sqlite:'.length);
    return { kind: 'sqlite', directory: path === '' ? undefined : besideCorefile(first, path) };
  }
  const token = withoutSecret(first ?? { ...property, text: '' });
  throw cannotRead(token, 'log', 'it is unknown', 'nats://HOST:PORT, sqlite, sqlite:DIR or memory');
}

function readServers(property: Property): readonly Token[] {
  const servers = argumentsOf(property, 'nats://HOST:PORT', 1, SERVERS_MAX);
  const wrong = servers.find(({ text }) => !SERVER.test(text));
  if (wrong === undefined) return servers;
  throw cannotRead(withoutSecret(wrong), property.name, 'it is no NATS URL', 'nats://HOST:PORT');
}

function readStore(property: Property): Token {
  const url = oneArgument(property, 'a redis:// URL');
  if (STORE.test(url.text)) return url;
  throw cannotRead(withoutSecret(url), 'store', 'it is no Redis URL', 'redis://HOST:PORT');
}

function useless(property: Property, expected: string): ConfigurationError {
  return new ConfigurationError(
    property,
    `Cannot use "${property.name}": there is nothing that it is for; expected "${expected}"`,
  );
}

function atItsPlace(path: Token): Token {
  return { ...path, text: besideCorefile(path, path.text) };
}

/** URLs may carry a password, also where they are wrong, and errors are logged. */
function withoutSecret(token: Token): Token {
  return { ...token, text: token.text.replace(/^([\w+.-]+:\/\/)?.*@/, '$1…@') };
}
