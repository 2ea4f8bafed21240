/** Who asks one server: by UDP, and over connections that are kept. */
import { setMaxListeners } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls, type SecureContext, type TLSSocket } from 'node:tls';
import type { Message } from '../dns/message.ts';
import { lowerName } from '../dns/name.ts';
import type { TlsContext } from '../tls/tls-files.ts';
import { type Connection, ConnectionPool } from './connection-pool.ts';
import { DialTimeout } from './dial-timeout.ts';
import { type DohMethod, HttpsConnection } from './https-connection.ts';
import { CaseKeeping, inRandomCase } from './query-case.ts';
import { padded } from './query-padding.ts';
import { StreamConnection } from './stream-connection.ts';
import { askOverUdp, type UdpReply } from './udp-exchange.ts';
import {
  type Asking,
  ExchangeFailure,
  type RandomOctets,
  randomId,
  type ServerClient,
  type UpstreamServer,
} from './upstream-server.ts';

export interface ClientOptions {
  /** The address to ask from. */
  readonly source?: string | undefined;
  readonly expireMs: number;
  readonly ageMsMax: number;
  readonly idleMax: number;
  /** For tls and https. */
  readonly tls: TlsContext;
  readonly dohMethod: DohMethod;
}

export interface ClientDependencies {
  readonly random: RandomOctets;
  readonly nowMs: () => number;
  /** A query had a socket or connection already, or not: `udp`, `tcp`, `tcp-tls`, `https`. */
  readonly onSocket: (protocol: string, found: boolean) => void;
  readonly knowledge: ServerKnowledge;
}

/** What is found out about a server by asking it. */
export class ServerKnowledge {
  readonly dialTimeout = new DialTimeout();
  readonly caseKeeping = new CaseKeeping();
}

export function createClient(
  server: UpstreamServer,
  options: ClientOptions,
  dependencies: ClientDependencies,
): ServerClient {
  const pool = createPool(server, options, dependencies);
  const isPlain = server.transport === 'dns';
  const closing = new AbortController();
  // One listener for each query that waits.
  setMaxListeners(0, closing.signal);
  const plain = { ...dependencies, pool, source: options.source, closing: closing.signal };
  return {
    ask(query, asking) {
      const asked = inCase(query, lowerName);
      if (!isPlain) return pool.ask(padded(asked), asking);
      if (asking.via === 'tcp') return pool.ask(asked, asking);
      return askPlain(server, asked, asking, plain);
    },
    close() {
      closing.abort();
      pool.close();
    },
  };
}

interface PlainDependencies extends ClientDependencies {
  readonly pool: ConnectionPool;
  readonly source: string | undefined;
  readonly closing: AbortSignal;
}

/** By UDP, in a case that is drawn, and by TCP when the reply is truncated. */
async function askPlain(
  server: UpstreamServer,
  wanted: Message,
  asking: Asking,
  { pool, source, closing, random, nowMs, onSocket, knowledge }: PlainDependencies,
): Promise<Message> {
  const { caseKeeping } = knowledge;
  const query = caseKeeping.isDoubted(nowMs()) ? withoutEdns(wanted) : wanted;
  const askOnce = async (isDrawn: boolean): Promise<Asked> => {
    const leftMs = Math.min(asking.readTimeoutMs, asking.endMs - nowMs());
    if (leftMs <= 0) throw new ExchangeFailure('there is no time left to ask');
    if (closing.aborted) throw new ExchangeFailure('the server is not asked any more');
    onSocket('udp', false);
    const asked = isDrawn ? inCase(query, (name) => inRandomCase(name, random)) : query;
    const how = { timeoutMs: leftMs, source, closing };
    const reply = await askOverUdp({ ...asked, id: randomId(random) }, server, how);
    return { reply, isMixed: asked.question?.name !== query.question?.name };
  };
  const isDrawn = caseKeeping.isDrawn(nowMs());
  let first: Asked;
  try {
    first = await askOnce(isDrawn);
  } catch (error) {
    // Perhaps it is the case that it does not like, or EDNS.
    if (isDrawn && !caseKeeping.isKnown) caseKeeping.isSilent(nowMs());
    throw error;
  }
  const reply = isDrawn ? await settle(first, askOnce, caseKeeping, nowMs) : first.reply;
  return reply.kind === 'truncated' ? pool.ask(query, asking) : reply.message;
}

interface Asked {
  readonly reply: UdpReply;
  /** The case that was drawn is another than lower case. */
  readonly isMixed: boolean;
}

/**
 * What came in another case is a guess, or comes from a server that does not keep it: two in a row,
 * to different ids and ports, are no guess. And until a server is known, only an answer counts:
 * some take names in another case for other names.
 */
async function settle(
  first: Asked,
  askOnce: (isDrawn: boolean) => Promise<Asked>,
  caseKeeping: CaseKeeping,
  nowMs: () => number,
): Promise<UdpReply> {
  const { reply, isMixed } = first.reply.keepsCase ? first : await askOnce(true);
  if (!reply.keepsCase) caseKeeping.doesNotKeep(nowMs());
  if (!reply.keepsCase || caseKeeping.isKnown || !isMixed) return reply;
  if (reply.kind === 'truncated' || reply.message.answer.length > 0) {
    caseKeeping.keeps();
    return reply;
  }
  const plain = await askOnce(false);
  if (saying(plain.reply) === saying(reply)) caseKeeping.deniesBoth();
  else caseKeeping.doesNotKeep(nowMs());
  return plain.reply;
}

/** What can't differ between two replies to one question, but by its case. */
function saying(reply: UdpReply): string {
  if (reply.kind === 'truncated') return reply.kind;
  return `${reply.message.rcode} ${reply.message.answer.length > 0}`;
}

/** Where nothing is asked with it but for a larger reply. */
function withoutEdns(query: Message): Message {
  const { edns } = query;
  const isNeeded = edns?.dnssecOk === true || (edns?.options.length ?? 0) > 0;
  return isNeeded ? query : { ...query, edns: undefined };
}

function inCase(query: Message, change: (name: string) => string): Message {
  const { question } = query;
  return question === undefined
    ? query
    : { ...query, question: { ...question, name: change(question.name) } };
}

const PROTOCOLS = { dns: 'tcp', tls: 'tcp-tls', https: 'https' } as const;

function createPool(
  server: UpstreamServer,
  { source, expireMs, ageMsMax, idleMax, tls, dohMethod }: ClientOptions,
  { random, nowMs, onSocket, knowledge }: ClientDependencies,
): ConnectionPool {
  const { address, port, transport } = server;
  const to = { host: address, port, ...(source === undefined ? {} : { localAddress: source }) };
  const secure = (alpn: readonly string[]): TLSSocket => {
    const { serverName } = server;
    let secureContext: SecureContext;
    try {
      secureContext = tls.now;
    } catch (error) {
      throw new ExchangeFailure(error instanceof Error ? error.message : String(error));
    }
    return connectTls({
      ...to,
      ...(alpn.length === 0 ? {} : { ALPNProtocols: [...alpn] }),
      ...(serverName === undefined ? {} : { servername: serverName }),
      secureContext,
      // Whatever the environment says.
      rejectUnauthorized: true,
    });
  };
  const open = (dialTimeoutMs: number, onEnd: () => void): Connection => {
    const startedMs = nowMs();
    const onOpened = () => knowledge.dialTimeout.took(nowMs() - startedMs);
    const common = { dialTimeoutMs, onOpened, onEnd };
    if (transport === 'https') {
      const host = server.serverName ?? (address.includes(':') ? `[${address}]` : address);
      const authority = port === 443 ? host : `${host}:${port}`;
      const { path = '/dns-query' } = server;
      const socket = secure(['h2']);
      return new HttpsConnection({ ...common, socket, authority, path, method: dohMethod });
    }
    return transport === 'tls'
      ? new StreamConnection({ ...common, random, socket: secure([]), openEvent: 'secureConnect' })
      : new StreamConnection({ ...common, random, socket: connectTcp(to), openEvent: 'connect' });
  };
  return new ConnectionPool({
    open,
    ...{ expireMs, ageMsMax, idleMax, nowMs },
    dialTimeoutMs: () => knowledge.dialTimeout.ms,
    onQuery: (found) => onSocket(PROTOCOLS[transport], found),
  });
}
