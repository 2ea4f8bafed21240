/** A connection over HTTPS (RFC 8484): one HTTP/2 session, each query a stream of it. */
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { encode } from '../dns/encode.ts';
import type { Message } from '../dns/message.ts';
import { TCP_OCTETS_MAX } from '../dns/message.ts';
import type { RR } from '../dns/rrset.ts';
import type { Connection } from './connection-pool.ts';
import { judgeReply } from './reply-check.ts';
import { ConnectionEnded, ExchangeFailure, tooLong } from './upstream-server.ts';

export type DohMethod = 'GET' | 'POST';

export interface HttpsOptions {
  readonly socket: TLSSocket;
  /** `dns.example:443`. */
  readonly authority: string;
  readonly path: string;
  readonly method: DohMethod;
  readonly dialTimeoutMs: number;
  readonly onOpened: (ok: boolean) => void;
  readonly onEnd: () => void;
}

const MEDIA_TYPE = 'application/dns-message';
/** Streams of one session: what RFC 9113 § 6.5.2 says a server should at least grant. */
const STREAMS_MAX = 100;
/** So that equal questions are equal for HTTP caches (RFC 8484 § 4.1). */
const ID = 0;

type Headers = IncomingHttpHeaders & IncomingHttpStatusHeader;

export class HttpsConnection implements Connection {
  readonly opened: Promise<void>;
  readonly #options: HttpsOptions;
  readonly #session: ClientHttp2Session;
  #isEnding = false;
  #replies = 0;

  constructor(options: HttpsOptions) {
    const { socket, authority, dialTimeoutMs, onOpened, onEnd } = options;
    this.#options = options;
    this.#session = connect(`https://${authority}`, {
      createConnection: () => socket,
      settings: { enablePush: false },
    });
    this.opened = new Promise((resolve, reject) => {
      let why = 'the connection was closed';
      let isOpen = false;
      const timer = setTimeout(() => {
        why = tooLong(`no connection within ${Math.round(dialTimeoutMs)} ms`);
        this.#session.destroy();
      }, dialTimeoutMs);
      socket.once('secureConnect', () => {
        clearTimeout(timer);
        isOpen = socket.alpnProtocol === 'h2';
        onOpened(isOpen);
        if (isOpen) return resolve();
        why = 'it does not speak HTTP/2';
        this.#session.destroy();
      });
      socket.on('error', (error) => {
        why = error.message;
      });
      this.#session.on('error', (error) => {
        why = error.message;
      });
      this.#session.once('close', () => {
        clearTimeout(timer);
        socket.destroy();
        if (!isOpen) onOpened(false);
        reject(new ExchangeFailure(why));
        this.#isEnding = true;
        onEnd();
      });
    });
    this.opened.catch(() => {});
    this.#session.once('goaway', () => {
      this.#isEnding = true;
    });
  }

  get isEnding(): boolean {
    return this.#isEnding || this.#session.closed || this.#session.destroyed;
  }

  get comfortable(): number {
    const granted = this.#session.remoteSettings?.maxConcurrentStreams ?? STREAMS_MAX;
    return Math.max(1, Math.min(granted, STREAMS_MAX));
  }

  async ask(query: Message, timeoutMs: number): Promise<Message> {
    const asked = { ...query, id: ID };
    const stream = this.#request(encode(asked));
    const before = this.#replies;
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      if (this.#replies === before) this.#isEnding = true;
      const why = tooLong(`no reply within ${Math.round(timeoutMs)} ms over HTTPS`);
      late.reject(new ExchangeFailure(why));
      stream.close(constants.NGHTTP2_CANCEL);
    }, timeoutMs);
    try {
      // A stream that waits for its session may end without saying so.
      const { headers, octets } = await Promise.race([received(stream), late.promise]);
      this.#replies++;
      return withAge(messageOf(asked, headers, octets), headers);
    } catch (error) {
      if (error instanceof ExchangeFailure) throw error;
      throw new ConnectionEnded(error instanceof Error ? error.message : String(error));
    } finally {
      clearTimeout(timer);
    }
  }

  end(): void {
    this.#isEnding = true;
    this.#session.destroy();
  }

  #request(packet: Uint8Array): ClientHttp2Stream {
    const { path, method } = this.#options;
    const common = { ':method': method, accept: MEDIA_TYPE };
    try {
      if (method === 'GET') {
        const mark = path.includes('?') ? '&' : '?';
        const search = `${mark}dns=${Buffer.from(packet).toString('base64url')}`;
        return this.#session.request({ ...common, ':path': path + search });
      }
      const content = { 'content-type': MEDIA_TYPE, 'content-length': packet.length };
      const stream = this.#session.request({ ...common, ':path': path, ...content });
      stream.end(packet);
      return stream;
    } catch (error) {
      // The session ended meanwhile.
      throw new ConnectionEnded(error instanceof Error ? error.message : String(error));
    }
  }
}

interface Received {
  readonly headers: Headers;
  readonly octets: Uint8Array;
}

/** Headers and body of the response; rejects when the stream ends otherwise. */
function received(stream: ClientHttp2Stream): Promise<Received> {
  return new Promise((resolve, reject) => {
    const parts: Uint8Array[] = [];
    let count = 0;
    let headers: Headers = {};
    stream.on('response', (got) => {
      headers = got;
    });
    stream.on('data', (octets: Uint8Array) => {
      count += octets.length;
      if (count <= TCP_OCTETS_MAX) return parts.push(octets);
      reject(new ExchangeFailure(`a reply of more than ${TCP_OCTETS_MAX} octets`));
      stream.close(constants.NGHTTP2_CANCEL);
      return undefined;
    });
    stream.on('end', () => resolve({ headers, octets: Buffer.concat(parts) }));
    stream.on('error', reject);
    stream.on('close', () => reject(new Error('the stream was closed')));
  });
}

function messageOf(asked: Message, headers: Headers, octets: Uint8Array): Message {
  const status = headers[':status'];
  if (status === undefined) throw new Error('the stream was closed');
  if (status < 200 || status > 299) throw new ExchangeFailure(`HTTP status ${status}`);
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== MEDIA_TYPE) {
    throw new ExchangeFailure(`a body of the media type "${type ?? ''}", not ${MEDIA_TYPE}`);
  }
  const verdict = judgeReply(asked, octets);
  if (verdict.kind === 'reply') return verdict.message;
  if (verdict.kind === 'foreign') throw new ExchangeFailure('a reply to another query over HTTPS');
  const why = verdict.kind === 'broken' ? verdict.why : 'it is truncated over HTTPS';
  throw new ExchangeFailure(`an unreadable reply: ${why}`);
}

/** What a cache of HTTP kept for some time has that much less to live (RFC 8484 § 5.1). */
function withAge(message: Message, { age }: Headers): Message {
  const seconds = /^\d{1,10}$/.test(age ?? '') ? Number(age) : 0;
  if (seconds === 0) return message;
  const aged = (records: readonly RR[]) =>
    records.map((record) => ({ ...record, ttl: Math.max(0, record.ttl - seconds) }));
  return {
    ...message,
    answer: aged(message.answer),
    authority: aged(message.authority),
    additional: aged(message.additional),
  };
}
