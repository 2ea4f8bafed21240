/**
 * Asks one name over UDP again and again, the next question as soon as the last is answered, until
 * the answer is the one that is waited for. One question is under way at a time, as with a client.
 */
import { createSocket, type Socket } from 'node:dgram';
import { decode } from '../../libs/dns/decode.ts';
import { encode } from '../../libs/dns/encode.ts';
import { RCODE } from '../../libs/dns/iana.ts';
import { queryMessage } from '../../libs/dns/message.ts';
import { absoluteName } from '../../libs/dns/name.ts';

/** Answers seen before the change, in a row: what was asked for is known to be the old answer. */
const OLD_ANSWERS = 20;
/** A datagram not answered by then was lost, or its server is not up yet. */
const LOST_MS = 250;

export interface Asking {
  readonly name: string;
  /** The address that the changed answer consists of. */
  readonly address: string;
  /** Between an answer and the next question, in ms; 0: none. */
  readonly pauseMs?: number;
  readonly timeoutMs: number;
}

export class Asker {
  readonly #socket: Socket;
  #id = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => {}); // nobody listens there yet: asked again after LOST_MS
  }

  static async open(port: number): Promise<Asker> {
    const socket = createSocket('udp4');
    await new Promise<void>((done) => socket.connect(port, '127.0.0.1', done));
    return new Asker(socket);
  }

  /** `old`: some answers came and were not yet the new one. `changedAt`: of performance.now(). */
  start({ name, address, pauseMs = 0, timeoutMs }: Asking) {
    const { query, octets } = prepare(name, address);
    const old = Promise.withResolvers<void>();
    const changed = Promise.withResolvers<number>();
    let answers = 0;
    let askedAt = 0;
    const ask = () => {
      askedAt = performance.now();
      this.#id = (this.#id + 1) & 0xffff;
      query.writeUInt16BE(this.#id);
      this.#socket.send(query);
    };
    const hear = (packet: Buffer) => {
      const at = performance.now();
      if (packet.readUInt16BE() !== this.#id) return; // of a question given up
      if (packet.indexOf(octets) >= 12 && isAnswer(packet, address)) {
        end();
        changed.resolve(at);
        return;
      }
      answers++;
      if (answers === OLD_ANSWERS) old.resolve();
      if (pauseMs === 0) ask();
      else setTimeout(ask, pauseMs);
    };
    const watch = setInterval(() => {
      if (performance.now() - askedAt > LOST_MS + pauseMs) ask();
    }, LOST_MS);
    const late = setTimeout(() => {
      end();
      const is = `it did not become ${address} within ${timeoutMs} ms (${answers} answers)`;
      changed.reject(new Error(`Cannot see the change of "${name}": ${is}; expected it to`));
    }, timeoutMs);
    const end = () => {
      clearInterval(watch);
      clearTimeout(late);
      this.#socket.off('message', hear);
    };
    this.#socket.on('message', hear);
    changed.promise.catch(() => {});
    ask();
    return { old: old.promise, changedAt: changed.promise };
  }

  /** Asks until the answer is this. */
  async until(asking: Asking): Promise<void> {
    await this.start(asking).changedAt;
  }

  close(): void {
    this.#socket.close();
  }
}

function prepare(name: string, address: string) {
  const message = encode(
    queryMessage(absoluteName(name), 'A', {
      edns: { udpSize: 1232, version: 0, dnssecOk: false, options: [] },
    }),
  );
  return { query: Buffer.from(message), octets: Buffer.from(address.split('.').map(Number)) };
}

/** The whole of it: NOERROR, and this address alone. */
function isAnswer(packet: Uint8Array, address: string): boolean {
  const decoded = decode(packet);
  if (decoded.kind === 'malformed' || decoded.message.rcode !== RCODE.NOERROR) return false;
  const { answer } = decoded.message;
  return answer.length === 1 && answer[0]?.type === 'A' && answer[0].rdata === address;
}
