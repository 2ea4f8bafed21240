/** Asks a DNS server over TLS (RFC 7858) and over HTTPS (RFC 8484), as `ask.ts` in the clear. */
import { once } from 'node:events';
import type { ClientHttp2Session, OutgoingHttpHeaders } from 'node:http2';
import { connect as connectHttp2 } from 'node:http2';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { decode } from '../../libs/dns/decode.ts';
import { encode } from '../../libs/dns/encode.ts';
import { rcodeName } from '../../libs/dns/iana.ts';
import { type Message, queryMessage } from '../../libs/dns/message.ts';
import { absoluteName } from '../../libs/dns/name.ts';
import { framed, TcpFraming } from '../../libs/socket/tcp-framing.ts';

export const DOH_TYPE = 'application/dns-message';

/** A query for `name TYPE` with id 0, as HTTP caches like it. */
export function queryFor(question: string, rest: Partial<Message> = {}): Uint8Array {
  const [name = '', type = 'A'] = question.split(' ');
  return encode(
    queryMessage(absoluteName(name), type, {
      edns: { udpSize: 1232, version: 0, dnssecOk: false, options: [] },
      ...rest,
    }),
  );
}

/** Rdata of ANSWER, sorted; the response code where there is none. */
export function shortOf(packet: Uint8Array): string {
  const decoded = decode(packet);
  if (decoded.kind === 'malformed') return 'malformed';
  const { answer, rcode } = decoded.message;
  const rdatas = answer.map(({ rdata }) => rdata).sort();
  return rdatas.length > 0 ? rdatas.join(' ') : rcodeName(rcode);
}

/** A connection of TLS that stays open. The server's certificate is not looked at. */
export class TlsClient {
  readonly socket: TLSSocket;
  readonly #framing = new TcpFraming();
  readonly #messages: Uint8Array[] = [];
  #ended = false;
  #wake = () => {};

  constructor(port: number, options: ConnectionOptions = {}) {
    const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('data', (octets) => {
      this.#messages.push(...this.#framing.push(octets));
      this.#wake();
    });
    socket.on('close', () => {
      this.#ended = true;
      this.#wake();
    });
  }

  get isOpen(): boolean {
    return !this.#ended;
  }

  /** The next message after the query; undefined: the connection ended instead. */
  async ask(packet: Uint8Array): Promise<Uint8Array | undefined> {
    this.socket.write(framed(packet));
    return await this.next();
  }

  async next(): Promise<Uint8Array | undefined> {
    while (this.#messages.length === 0 && !this.#ended) {
      await new Promise<void>((wake) => {
        this.#wake = wake;
      });
    }
    return this.#messages.shift();
  }

  close(): void {
    this.socket.destroy();
  }
}

/** One query over a connection of its own, as `short`; `closed` where there is no answer. */
export async function shortTls(
  port: number,
  question: string,
  options: ConnectionOptions = {},
): Promise<string> {
  const client = new TlsClient(port, options);
  const answer = await client.ask(queryFor(question));
  client.close();
  return answer === undefined ? 'closed' : shortOf(answer);
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Uint8Array;
}

/** HTTP/2; the server's certificate is not looked at. */
export function dialHttps(port: number): ClientHttp2Session {
  const session = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
  session.on('error', () => {});
  return session;
}

export async function fetchHttps(
  session: ClientHttp2Session,
  fields: OutgoingHttpHeaders,
  body?: Uint8Array,
): Promise<HttpResponse> {
  const stream = session.request(fields, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  const [headers]: readonly unknown[] = await once(stream, 'response');
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  const known = { ...Object(headers) };
  return { status: Number(known[':status']), headers: known, body: Buffer.concat(pieces) };
}

export function pathFor(packet: Uint8Array): string {
  return `/dns-query?dns=${Buffer.from(packet).toString('base64url')}`;
}

/** One query by GET over a connection of its own, as `short`; the status where it is not 200. */
export async function shortHttps(port: number, question: string): Promise<string> {
  const session = dialHttps(port);
  const fields = { ':path': pathFor(queryFor(question)), accept: DOH_TYPE };
  const { status, body } = await fetchHttps(session, fields);
  session.destroy();
  return status === 200 ? shortOf(body) : `${status}`;
}
