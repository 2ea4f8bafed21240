/**
 * A DNS server whose every reply a test decides: for what goes wrong on the way upstream. Real
 * sockets on loopback, UDP and TCP on one port.
 *
 *   const upstream = await startUpstream((query) => [answerTo(query, ['a. 5 IN A 192.0.2.1'])]);
 */
import { createSocket } from 'node:dgram';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import { decode } from '../../libs/dns/decode.ts';
import { encode } from '../../libs/dns/encode.ts';
import type { Message } from '../../libs/dns/message.ts';
import { parseRecord } from '../../libs/dns/presentation.ts';

/** The packets to send, in order; none is a loss. A promise is a delay. */
export type Script = (
  query: Message,
  transport: 'udp' | 'tcp',
) => readonly Uint8Array[] | Promise<readonly Uint8Array[]>;

export interface ScriptedUpstream {
  readonly address: string;
  readonly port: number;
  /** `udp a. A`, for each query that came but for probes (`. NS`). */
  readonly asked: readonly string[];
  /** The queries themselves. */
  readonly queries: readonly Message[];
  close(): Promise<void>;
}

/** Ports that were free for TCP and taken for UDP before giving up. */
const ATTEMPTS_MAX = 10;

/** Starts one on a free port of 127.0.0.1. */
export async function startUpstream(script: Script): Promise<ScriptedUpstream> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(script);
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

async function start(script: Script): Promise<ScriptedUpstream> {
  const asked: string[] = [];
  const queries: Message[] = [];
  const replies = async (bytes: Uint8Array, transport: 'udp' | 'tcp') => {
    const decoded = decode(bytes);
    if (decoded.kind !== 'message') return [];
    const { question } = decoded.message;
    if (question?.name !== '.') {
      asked.push(`${transport} ${question?.name} ${question?.type}`);
      queries.push(decoded.message);
    }
    return script(decoded.message, transport);
  };

  const connections = new Set<Socket>();
  const tcp = createServer((socket) => {
    connections.add(socket);
    socket.on('close', () => connections.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.on('data', async (bytes) => {
      // One write of the client is one segment on loopback.
      for (const reply of await replies(bytes.subarray(2), 'tcp')) {
        socket.write(Uint8Array.of(reply.length >> 8, reply.length & 0xff, ...reply));
      }
    });
  });
  const { port } = await new Promise<AddressInfo>((resolve, reject) => {
    tcp.once('error', reject);
    tcp.listen(0, '127.0.0.1', () => {
      const bound = tcp.address();
      if (bound === null || typeof bound === 'string') reject(new Error('no port'));
      else resolve(bound);
    });
  });

  const udp = createSocket('udp4');
  let isOpen = true;
  udp.on('message', async (bytes, { address, port }) => {
    for (const reply of await replies(bytes, 'udp')) if (isOpen) udp.send(reply, port, address);
  });
  await new Promise<void>((resolve, reject) => {
    udp.once('error', (error) => tcp.close(() => reject(error)));
    udp.bind(port, '127.0.0.1', resolve);
  });

  return {
    address: '127.0.0.1',
    port,
    asked,
    queries,
    async close() {
      isOpen = false;
      for (const socket of connections) socket.destroy();
      await Promise.all([
        new Promise<void>((resolve) => udp.close(resolve)),
        new Promise<void>((resolve) => tcp.close(() => resolve())),
      ]);
    },
  };
}
