/** Asks at a given pace over UDP, whatever is answered when: so that slow answers are not fewer. */
import { createSocket, type Socket } from 'node:dgram';
import { encode } from '../../libs/dns/encode.ts';
import { RCODE } from '../../libs/dns/iana.ts';
import { queryMessage } from '../../libs/dns/message.ts';

/** A query without an answer for so long, in ms, is lost. */
const LOST_MS = 2000;

export interface Paced {
  /** From just before the packet is sent to its answer, in ms. */
  readonly latenciesMs: readonly number[];
  readonly lost: number;
  /** Answered with another code than NOERROR. */
  readonly failed: number;
}

export class PacedClient {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static async open(port: number): Promise<PacedClient> {
    const socket = createSocket('udp4');
    await new Promise<void>((done) => socket.connect(port, '127.0.0.1', done));
    return new PacedClient(socket);
  }

  /** `name`: of each query in turn. */
  async ask(perSecond: number, seconds: number, name: () => string): Promise<Paced> {
    const count = perSecond * seconds;
    const sentAtMs = new Map<number, number>();
    const latenciesMs: number[] = [];
    let failed = 0;
    const hear = (packet: Buffer) => {
      const id = packet.readUInt16BE();
      const sentMs = sentAtMs.get(id);
      if (sentMs === undefined) return;
      sentAtMs.delete(id);
      latenciesMs.push(performance.now() - sentMs);
      if (((packet[3] ?? 0) & 15) !== RCODE.NOERROR) failed++;
    };
    this.#socket.on('message', hear);
    const begunMs = performance.now();
    for (let sent = 0; sent < count; ) {
      const due = Math.min(count, Math.ceil(((performance.now() - begunMs) * perSecond) / 1000));
      for (; sent < due; sent++) {
        const id = sent & 0xffff;
        const packet = queryOf(name(), id);
        sentAtMs.set(id, performance.now());
        this.#socket.send(packet);
      }
      await new Promise((done) => setTimeout(done, 1));
    }
    const giveUpMs = performance.now() + LOST_MS;
    while (sentAtMs.size > 0 && performance.now() < giveUpMs) {
      await new Promise((done) => setTimeout(done, 1));
    }
    this.#socket.off('message', hear);
    return { latenciesMs, lost: sentAtMs.size, failed };
  }

  close(): void {
    this.#socket.close();
  }
}

function queryOf(name: string, id: number): Uint8Array {
  return encode(queryMessage(name, 'A', { id }));
}
