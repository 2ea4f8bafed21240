/**
 * Asks one resolver as fast as it answers, and keeps every question that got no answer, or one that
 * is not right.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { decode } from '../../libs/dns/decode.ts';
import { encode } from '../../libs/dns/encode.ts';
import { rcodeName } from '../../libs/dns/iana.ts';
import { queryMessage } from '../../libs/dns/message.ts';

/** For each name the answers that are right, rdata or response codes. */
export type Truth = Readonly<Record<string, readonly string[]>>;

/** A query without an answer for so long, in ms, is lost: a busy machine may take seconds. */
const LOST_MS = 10_000;

export class Load {
  readonly wrong: string[] = [];
  lost = 0;
  answered = 0;
  #stopping = false;
  readonly #lanes: Promise<unknown>;

  /** `lanes`: clients at once, each with a port of its own; each asks when it was answered. */
  constructor(port: number, truth: Truth, lanes: number) {
    const names = Object.keys(truth);
    this.#lanes = Promise.all(
      Array.from({ length: lanes }, (_, lane) => this.#ask(port, truth, names, lane)),
    );
  }

  /** Until so many more have been answered. */
  async more(count: number): Promise<void> {
    const enough = this.answered + count;
    while (this.answered < enough && this.wrong.length + this.lost === 0) {
      await new Promise((done) => setImmediate(done));
    }
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#lanes;
  }

  async #ask(port: number, truth: Truth, names: readonly string[], lane: number): Promise<void> {
    const socket = createSocket('udp4');
    socket.on('error', () => {}); // nobody listens there now: nothing comes
    socket.connect(port, '127.0.0.1');
    await once(socket, 'connect');
    for (let id = lane; !this.#stopping; id = (id + 1) % 65536) {
      const name = names[id % names.length] ?? '';
      const answer = await exchange(socket, packetOf(name, id), id);
      if (answer === undefined) this.lost++;
      else if (truth[name]?.includes(answer) !== true) this.wrong.push(`${name}: ${answer}`);
      else this.answered++;
    }
    socket.close();
  }
}

const packets = new Map<string, Uint8Array>();

function packetOf(name: string, id: number): Uint8Array {
  const known = packets.get(name) ?? encode(queryMessage(name, 'A'));
  packets.set(name, known);
  const packet = Uint8Array.from(known);
  packet.set([id >> 8, id & 255]);
  return packet;
}

/** Rdata, sorted, or the response code; undefined when nothing came. */
function exchange(socket: Socket, packet: Uint8Array, id: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const end = (answer: string | undefined) => {
      clearTimeout(timer);
      socket.off('message', hear);
      resolve(answer);
    };
    const hear = (octets: Uint8Array) => {
      const decoded = decode(octets);
      if (decoded.kind === 'malformed') return end(`malformed: ${decoded.why}`);
      const { message } = decoded;
      if (message.id !== id) return;
      const rdatas = message.answer.map(({ rdata }) => rdata).sort();
      end(rdatas.length > 0 ? rdatas.join(' ') : rcodeName(message.rcode));
    };
    const timer = setTimeout(() => end(undefined), LOST_MS);
    socket.on('message', hear);
    socket.send(packet);
  });
}
