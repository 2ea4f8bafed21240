/**
 * A DNS server whose every reply a test decides: for what goes wrong on the way upstream. Real
 * sockets on loopback, UDP and TCP on one port; secure-upstream.ts has TLS and HTTPS.
 *
 *   const upstream = await startUpstream((query) => [answerTo(query, ['a. 5 IN A 192.0.2.1'])]);
 */
import { createSocket } from 'node:dgram';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { decode } from '../../libs/dns/decode.ts';
import { encode } from '../../libs/dns/encode.ts';
import type { Message } from '../../libs/dns/message.ts';
import { lowerName, nameFromWire } from '../../libs/dns/name.ts';
import { parseRecord } from '../../libs/dns/presentation.ts';
import { framed, TcpFraming } from '../../libs/socket/tcp-framing.ts';

export type Transport = 'udp' | 'tcp' | 'tls' | 'https';

/** A packet; or octets as they are, no name changed and no length before; or the end. */
export type Sent = Uint8Array | { readonly raw: Uint8Array } | 'close';

/**
 * What to send, in order; nothing is a loss. A promise is a delay. The name of the query is in
 * lower case, however it was asked.
 */
export type Script = (
  query: Message,
  transport: Transport,
) => readonly Sent[] | Promise<readonly Sent[]>;

export interface ScriptOptions {
  /** False: the reply has the name in lower case, however it was asked. */
  readonly keepsCase?: boolean;
}

export interface ScriptedUpstream {
  readonly address: string;
  readonly port: number;
  /** `udp a. A`, for each query that came but for probes (`. NS`). */
  readonly asked: readonly string[];
  /** The queries themselves, in the case that was asked. */
  readonly queries: readonly Message[];
  /** The addresses that they came from. */
  readonly sources: ReadonlySet<string>;
  /** Connections that are open, and how many were. */
  readonly connections: { readonly open: number; readonly total: number };
  close(): Promise<void>;
}

/** Ports that were free for TCP and taken for UDP before giving up. */
const ATTEMPTS_MAX = 10;
const HEADER_OCTETS = 12;

/** Starts one on a free port of 127.0.0.1. */
export async function startUpstream(
  script: Script,
  options: ScriptOptions = {},
): Promise<ScriptedUpstream> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(new Scripted(script, options));
    } catch (error) {
      if (attempt === ATTEMPTS_MAX) throw error;
    }
  }
}

/** The reply to a query: records as zone-file text, and what is to be changed in it. */
export function answerTo(
  query: Message,
  answer: readonly string[] = [],
  change: Partial<Message> = {},
): Uint8Array {
  return encode({
    ...query,
    flags: { ...query.flags, response: true, recursionAvailable: true },
    answer: answer.map(parseRecord),
    ...change,
  });
}

/** The script at work, whatever carries the packets. */
export class Scripted {
  readonly asked: string[] = [];
  readonly queries: Message[] = [];
  readonly sources = new Set<string>();
  readonly sockets = new Set<Socket>();
  total = 0;
  readonly #script: Script;
  readonly #keepsCase: boolean;

  constructor(script: Script, { keepsCase = true }: ScriptOptions) {
    this.#script = script;
    this.#keepsCase = keepsCase;
  }

  get connections(): { readonly open: number; readonly total: number } {
    return { open: this.sockets.size, total: this.total };
  }

  async replies(bytes: Uint8Array, transport: Transport): Promise<readonly Sent[]> {
    const decoded = decode(bytes);
    if (decoded.kind !== 'message') return [];
    const { message } = decoded;
    const name = lowerName(message.question?.name ?? '');
    if (name !== '.') {
      this.asked.push(`${transport} ${name} ${message.question?.type}`);
      this.queries.push(message);
    }
    const question = message.question && { ...message.question, name };
    const sent = await this.#script({ ...message, question }, transport);
    return this.#keepsCase ? sent.map((one) => inCaseOf(bytes, one)) : sent;
  }

  /** Queries of a connection, in whatever pieces they come. */
  serve(socket: Socket, transport: Transport): void {
    this.track(socket);
    const framing = new TcpFraming();
    const serveOne = async (query: Uint8Array) => {
      for (const one of await this.replies(query, transport)) {
        if (one === 'close') socket.destroy();
        else if (socket.writable) socket.write('raw' in one ? one.raw : framed(one));
      }
    };
    socket.on('data', (octets) => {
      for (const query of framing.push(octets)) void serveOne(query);
    });
  }

  track(socket: Socket): void {
    this.sources.add(socket.remoteAddress ?? '');
    this.total++;
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  }

  async close(server: Server): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}

/** Listens on a free port of 127.0.0.1. */
export function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const bound: AddressInfo | string | null = server.address();
      if (bound === null || typeof bound === 'string') reject(new Error('no port'));
      else resolve(bound.port);
    });
  });
}

async function start(scripted: Scripted): Promise<ScriptedUpstream> {
  const tcp = createServer((socket) => scripted.serve(socket, 'tcp'));
  const port = await listen(tcp);
  const udp = createSocket('udp4');
  let isOpen = true;
  udp.on('message', async (bytes, { address, port }) => {
    scripted.sources.add(address);
    for (const one of await scripted.replies(bytes, 'udp')) {
      if (isOpen && one !== 'close') udp.send('raw' in one ? one.raw : one, port, address);
    }
  });
  await new Promise<void>((resolve, reject) => {
    udp.once('error', (error) => tcp.close(() => reject(error)));
    udp.bind(port, '127.0.0.1', resolve);
  });
  return {
    address: '127.0.0.1',
    port,
    asked: scripted.asked,
    queries: scripted.queries,
    sources: scripted.sources,
    get connections() {
      return scripted.connections;
    },
    async close() {
      isOpen = false;
      await Promise.all([new Promise<void>((resolve) => udp.close(resolve)), scripted.close(tcp)]);
    },
  };
}

/** A reply to the question of the query has its name as it was asked. */
function inCaseOf(query: Uint8Array, sent: Sent): Sent {
  if (sent === 'close' || 'raw' in sent) return sent;
  const asked = nameFromWire(query, HEADER_OCTETS);
  const answered = nameFromWire(sent, HEADER_OCTETS);
  const isSame =
    asked !== undefined &&
    asked.end === answered?.end &&
    lowerName(asked.name) === lowerName(answered.name);
  if (!isSame) return sent;
  const changed = Uint8Array.from(sent);
  changed.set(query.subarray(HEADER_OCTETS, asked.end), HEADER_OCTETS);
  return changed;
}
