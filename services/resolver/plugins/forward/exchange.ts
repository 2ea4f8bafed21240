/**
 * One query to one server, and its reply. What is not the reply to this query is ignored, so that a
 * liar off the path must guess the id and the port, and gets few tries (RFC 5452).
 *
 *   UDP from a new port ─► reply ─TC?─► TCP ─► reply
 */
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { decode } from '../../../../libs/dns/decode.ts';
import { encode } from '../../../../libs/dns/encode.ts';
import type { Message } from '../../../../libs/dns/message.ts';
import { lowerName } from '../../../../libs/dns/name.ts';

export interface ServerAddress {
  readonly address: string;
  readonly port: number;
}

export type Exchange = (
  query: Message,
  to: ServerAddress,
  transport: 'udp' | 'tcp',
  timeoutMs: number,
) => Promise<Message>;

/** The server did not answer, or not in time, or with something that is no message. */
export class ExchangeFailure extends Error {
  override readonly name = 'ExchangeFailure';
}

/** Replies that are not to this query: more than one or two are guesses. */
const FOREIGN_MAX = 10;

/** Asks over the transport, and again over TCP when the reply over UDP is truncated. */
export const exchange: Exchange = async (query, to, transport, timeoutMs) => {
  const startedMs = performance.now();
  if (transport === 'tcp') return overTcp(query, to, timeoutMs);
  const reply = await overUdp(query, to, timeoutMs);
  if (!reply.flags.truncated) return reply;
  return overTcp(query, to, Math.max(1, timeoutMs - (performance.now() - startedMs)));
};

type Verdict =
  | { readonly kind: 'reply'; readonly message: Message }
  /** To this query, and unreadable. */
  | { readonly kind: 'broken'; readonly why: string }
  /** To some other query. */
  | { readonly kind: 'foreign' };

function judge(query: Message, bytes: Uint8Array): Verdict {
  const decoded = decode(bytes);
  if (decoded.kind === 'malformed') {
    const { id, why } = decoded;
    return id === query.id ? { kind: 'broken', why } : { kind: 'foreign' };
  }
  const { message } = decoded;
  const [asked, answered] = [query.question, message.question];
  const isReply = message.id === query.id && message.flags.response;
  if (!isReply) return { kind: 'foreign' };
  // A server that could not read the query need not repeat its question.
  if (answered === undefined && message.rcode !== 0) return { kind: 'reply', message };
  const matches =
    lowerName(answered?.name ?? '') === lowerName(asked?.name ?? '') &&
    answered?.type === asked?.type &&
    answered?.class === asked?.class;
  return matches ? { kind: 'reply', message } : { kind: 'foreign' };
}

function overUdp(query: Message, to: ServerAddress, timeoutMs: number): Promise<Message> {
  return new Promise((resolve, reject) => {
    // A socket of its own gives each query a port of its own, which the kernel draws.
    const socket = createSocket(to.address.includes(':') ? 'udp6' : 'udp4');
    let foreign = 0;
    const fail = (why: string) => {
      end();
      reject(new ExchangeFailure(why));
    };
    const timer = setTimeout(() => fail(`no reply within ${timeoutMs} ms`), timeoutMs);
    const end = () => {
      clearTimeout(timer);
      socket.removeAllListeners();
      socket.on('error', () => {});
      socket.close();
    };
    socket.on('error', (error) => fail(error.message));
    socket.on('message', (bytes) => {
      const verdict = judge(query, bytes);
      if (verdict.kind === 'reply') {
        end();
        resolve(verdict.message);
      } else if (verdict.kind === 'broken') fail(`an unreadable reply: ${verdict.why}`);
      else if (++foreign > FOREIGN_MAX) fail(`${foreign} replies to other queries`);
    });
    // Connected: the kernel drops what others send, and says when nobody listens.
    socket.connect(to.port, to.address, () => socket.send(encode(query)));
  });
}

function overTcp(query: Message, to: ServerAddress, timeoutMs: number): Promise<Message> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: to.address, port: to.port, noDelay: true });
    let received: Uint8Array = new Uint8Array();
    const fail = (why: string) => {
      end();
      reject(new ExchangeFailure(why));
    };
    const timer = setTimeout(() => fail(`no reply within ${timeoutMs} ms over TCP`), timeoutMs);
    const end = () => {
      clearTimeout(timer);
      socket.removeAllListeners();
      socket.on('error', () => {});
      socket.destroy();
    };
    socket.on('error', (error) => fail(error.message));
    socket.on('close', () => fail('the connection was closed'));
    socket.on('connect', () => {
      const bytes = encode(query);
      socket.write(Uint8Array.of(bytes.length >> 8, bytes.length & 0xff, ...bytes));
    });
    socket.on('data', (bytes) => {
      received = Buffer.concat([received, bytes]);
      const length = ((received[0] ?? 0) << 8) | (received[1] ?? 0);
      if (received.length < 2 || received.length < 2 + length) return;
      const verdict = judge(query, received.subarray(2, 2 + length));
      if (verdict.kind !== 'reply') return fail('a reply to another query over TCP');
      end();
      resolve(verdict.message);
    });
  });
}
