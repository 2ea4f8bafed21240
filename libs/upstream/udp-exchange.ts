/** One query over UDP, and its reply: from a port of its own, which the kernel draws. */
import { createSocket } from 'node:dgram';
import { encode } from '../dns/encode.ts';
import type { Message } from '../dns/message.ts';
import type { Verdict } from './reply-check.ts';
import { judgeReply } from './reply-check.ts';
import { ExchangeFailure, tooLong, type UpstreamServer } from './upstream-server.ts';

/** Replies that are not to this query: more than one or two are guesses. */
const FOREIGN_MAX = 10;

export type UdpReply = Extract<Verdict, { readonly keepsCase: boolean }>;

export interface UdpAsking {
  readonly timeoutMs: number;
  /** The address to ask from; absent: the kernel's choice. */
  readonly source: string | undefined;
  /** Nobody needs the reply any more. */
  readonly closing: AbortSignal;
}

/** Rejects with ExchangeFailure. */
export function askOverUdp(
  query: Message,
  to: UpstreamServer,
  { timeoutMs, source, closing }: UdpAsking,
): Promise<UdpReply> {
  const packet = encode(query);
  return new Promise((resolve, reject) => {
    const socket = createSocket(to.address.includes(':') ? 'udp6' : 'udp4');
    let foreign = 0;
    const end = () => {
      closing.removeEventListener('abort', close);
      clearTimeout(timer);
      socket.removeAllListeners();
      socket.on('error', () => {});
      socket.close();
    };
    const fail = (why: string) => {
      end();
      reject(new ExchangeFailure(why));
    };
    const close = () => fail('the server is not asked any more');
    closing.addEventListener('abort', close);
    const timer = setTimeout(
      () => fail(tooLong(`no reply within ${Math.round(timeoutMs)} ms`)),
      timeoutMs,
    );
    socket.on('error', (error) => fail(error.message));
    socket.on('message', (bytes) => {
      const verdict = judgeReply(query, bytes);
      if (verdict.kind === 'broken') fail(`an unreadable reply: ${verdict.why}`);
      else if (verdict.kind !== 'foreign') {
        end();
        resolve(verdict);
      } else if (++foreign > FOREIGN_MAX) fail(`${foreign} replies to other queries`);
    });
    // Connected: the kernel drops what others send, and says when nobody listens.
    socket.on('connect', () => socket.send(packet));
    const connect = () => socket.connect(to.port, to.address);
    if (source === undefined) connect();
    else socket.bind({ address: source, exclusive: true }, connect);
  });
}
