/** Asks one resolver over UDP, many questions at once, over one socket. */
import { createSocket, type Socket } from 'node:dgram';
import { decode } from '../../libs/dns/decode.ts';
import { encode } from '../../libs/dns/encode.ts';
import { RCODE, rcodeName } from '../../libs/dns/iana.ts';
import { type Message, queryMessage } from '../../libs/dns/message.ts';
import { absoluteName } from '../../libs/dns/name.ts';

/** No stub resolver waits for less: what comes later is taken for silence. */
const PATIENCE_MS = 1000;
/** Between two looks at who has waited for too long. */
const LOOK_MS = 50;

export type Reply =
  | { readonly kind: 'addresses'; readonly value: string }
  /** NXDOMAIN, or NOERROR without an address. */
  | { readonly kind: 'denied' }
  | { readonly kind: 'failed'; readonly rcode: string }
  | { readonly kind: 'silent' };

export interface Answer {
  readonly name: string;
  readonly askedMs: number;
  readonly repliedMs: number;
  readonly reply: Reply;
  /** Extended errors that came with it. */
  readonly errors: readonly number[];
}

interface Waiting {
  readonly name: string;
  readonly askedMs: number;
}

export class Asker {
  readonly #address: string;
  readonly #port: number;
  readonly #tell: (answer: Answer) => void;
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  readonly #looking: NodeJS.Timeout;
  #lastId = 0;

  constructor(address: string, port: number, tell: (answer: Answer) => void) {
    this.#address = address;
    this.#port = port;
    this.#tell = tell;
    this.#socket = createSocket('udp4');
    this.#socket.on('message', (packet) => this.#heard(packet));
    this.#socket.on('error', () => {}); // nobody listens there now: silence
    this.#looking = setInterval(() => this.#look(), LOOK_MS);
  }

  ask(name: string): void {
    const id = (this.#lastId + 1) & 0xffff;
    this.#lastId = id;
    this.#waiting.set(id, { name, askedMs: performance.now() });
    this.#socket.send(queryOf(id, name), this.#port, this.#address);
  }

  close(): void {
    clearInterval(this.#looking);
    this.#socket.close();
  }

  #heard(packet: Uint8Array): void {
    const repliedMs = performance.now();
    const decoded = decode(packet);
    if (decoded.kind === 'malformed') throw new Error(`Cannot read a reply: ${decoded.why}`);
    const { message } = decoded;
    const waiting = this.#waiting.get(message.id);
    if (waiting === undefined) return;
    this.#waiting.delete(message.id);
    const errors = (message.edns?.options ?? []).flatMap(({ code, data }) =>
      code === EDE_OPTION ? [((data[0] ?? 0) << 8) | (data[1] ?? 0)] : [],
    );
    this.#tell({ ...waiting, repliedMs, reply: replyOf(message), errors });
  }

  #look(): void {
    const now = performance.now();
    for (const [id, waiting] of this.#waiting) {
      if (now - waiting.askedMs < PATIENCE_MS) return; // they wait in the order of their asking
      this.#waiting.delete(id);
      this.#tell({ ...waiting, repliedMs: now, reply: { kind: 'silent' }, errors: [] });
    }
  }
}

const EDE_OPTION = 15;

function queryOf(id: number, name: string): Uint8Array {
  return encode(
    queryMessage(absoluteName(name), 'A', {
      id,
      edns: { udpSize: 1232, version: 0, dnssecOk: false, options: [] },
    }),
  );
}

function replyOf({ rcode, answer }: Message): Reply {
  const addresses = answer.flatMap(({ type, rdata }) => (type === 'A' ? [rdata] : []));
  if (rcode === RCODE.NOERROR && addresses.length > 0) {
    return { kind: 'addresses', value: addresses.sort().join(' ') };
  }
  if (rcode === RCODE.NOERROR || rcode === RCODE.NXDOMAIN) return { kind: 'denied' };
  return { kind: 'failed', rcode: rcodeName(rcode) };
}
