/** Asks many names over one UDP socket, and hears what is said: for who waits for right answers. */
import { createSocket, type Socket } from 'node:dgram';
import { decode } from '../../libs/dns/decode.ts';
import { encode } from '../../libs/dns/encode.ts';
import { RCODE } from '../../libs/dns/iana.ts';
import { queryMessage } from '../../libs/dns/message.ts';

export interface Wanted {
  readonly name: string;
  /** Whole answers that are right, each in any order; 'denied': NXDOMAIN. */
  readonly answers: readonly (readonly string[])[] | 'denied';
}

/** Between two looks at what is still to be asked. */
const TURN_MS = 2;
/** Names asked in one turn. */
const TURN_NAMES = 1;

export class ScaleAsker {
  readonly #socket: Socket;
  readonly #asked = new Map<number, Waiting>();
  readonly #waiting: Waiting[] = [];
  readonly #turns: NodeJS.Timeout;
  #turn = 0;
  #id = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => {}); // nobody listens there yet
    socket.on('message', (packet) => this.#hear(packet));
    this.#turns = setInterval(() => this.#askSome(), TURN_MS);
  }

  static async open(port: number): Promise<ScaleAsker> {
    const socket = createSocket('udp4');
    await new Promise<void>((done) => socket.connect(port, '127.0.0.1', done));
    return new ScaleAsker(socket);
  }

  /** Asks in turn with the others until the answer is right; when it was (performance.now()). */
  untilRight(wanted: Wanted): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<number>();
    const { name, answers } = wanted;
    const right = answers === 'denied' ? [answers] : answers.map((one) => [...one].sort().join());
    const waiting = { query: queryFor(name), right: new Set(right), resolve };
    this.#waiting.push(waiting);
    return promise;
  }

  close(): void {
    clearInterval(this.#turns);
    this.#socket.close();
  }

  #askSome(): void {
    for (let i = Math.min(TURN_NAMES, this.#waiting.length); i > 0; i--) {
      const waiting = this.#waiting[this.#turn++ % this.#waiting.length];
      if (waiting === undefined) return;
      this.#id = (this.#id + 1) & 0xffff;
      this.#asked.set(this.#id, waiting);
      waiting.query.writeUInt16BE(this.#id);
      this.#socket.send(Buffer.from(waiting.query));
    }
  }

  #hear(packet: Buffer): void {
    const at = performance.now();
    const id = packet.readUInt16BE();
    const waiting = this.#asked.get(id);
    this.#asked.delete(id);
    if (waiting === undefined || !waiting.right.has(saidBy(packet))) return;
    const place = this.#waiting.indexOf(waiting);
    if (place >= 0) this.#waiting.splice(place, 1);
    waiting.resolve(at);
  }
}

interface Waiting {
  readonly query: Buffer;
  readonly right: ReadonlySet<string>;
  readonly resolve: (at: number) => void;
}

function saidBy(packet: Uint8Array): string {
  const decoded = decode(packet);
  if (decoded.kind === 'malformed') return '';
  const { rcode, answer } = decoded.message;
  if (rcode === RCODE.NXDOMAIN) return 'denied';
  const rdatas = answer.map(({ rdata }) => rdata);
  return rcode === RCODE.NOERROR ? rdatas.sort().join() : '';
}

function queryFor(name: string): Buffer {
  const message = encode(queryMessage(name, 'A'));
  return Buffer.from(message);
}
