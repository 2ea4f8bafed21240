/**
 * Many questions to one server at once, over one UDP socket, or a TCP connection each; a reply, or
 * the fact that there is none after some tries.
 */
import { createSocket, type Socket } from 'node:dgram';
import { connect } from 'node:net';

/**
 * How long each try waits, in ms. UDP on loopback loses what does not fit into a socket's buffer;
 * a server on a busy machine that has not answered the last try will not.
 */
const PATIENCE_MS: readonly number[] = [500, 1000, 3000];

export type Transport = 'udp' | 'tcp';

export class Exchange {
  readonly #port: number;
  readonly #socket: Socket;
  readonly #waiting = new Map<number, (reply: Uint8Array) => void>();
  #nextId = 1;

  private constructor(port: number, socket: Socket) {
    this.#port = port;
    this.#socket = socket;
    socket.on('message', (packet) => this.#waiting.get(packet.readUInt16BE(0))?.(packet));
    socket.on('error', () => {}); // nobody listens there yet: silence
  }

  static async open(port: number): Promise<Exchange> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
    await new Promise<void>((done) => socket.bind(0, '127.0.0.1', done));
    return new Exchange(port, socket);
  }

  /** The reply to the packet, whose id is changed; undefined: silence. */
  async ask(
    packet: Uint8Array,
    transport: Transport,
    tries = PATIENCE_MS.length,
  ): Promise<Uint8Array | undefined> {
    for (const ms of PATIENCE_MS.slice(0, tries)) {
      const asked = transport === 'udp' ? this.#overUdp(packet, ms) : this.#overTcp(packet, ms);
      const reply = await asked;
      if (reply !== undefined) return reply;
    }
    return undefined;
  }

  close(): Promise<void> {
    return new Promise((done) => this.#socket.close(done));
  }

  #overUdp(packet: Uint8Array, patienceMs: number): Promise<Uint8Array | undefined> {
    const id = this.#nextId;
    this.#nextId = (this.#nextId % 0xffff) + 1;
    return new Promise((done) => {
      const end = (reply: Uint8Array | undefined) => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        done(reply);
      };
      const timer = setTimeout(() => end(undefined), patienceMs);
      this.#waiting.set(id, (reply) => end(new Uint8Array(reply)));
      this.#socket.send(withId(packet, id), this.#port, '127.0.0.1');
    });
  }

  #overTcp(packet: Uint8Array, patienceMs: number): Promise<Uint8Array | undefined> {
    return new Promise((done) => {
      const socket = connect({ host: '127.0.0.1', port: this.#port });
      const end = (reply: Uint8Array | undefined) => {
        clearTimeout(timer);
        socket.destroy();
        done(reply);
      };
      const timer = setTimeout(() => end(undefined), patienceMs);
      let received = Buffer.alloc(0);
      socket.on('connect', () => {
        const length = Buffer.of(packet.length >> 8, packet.length & 0xff);
        socket.write(Buffer.concat([length, withId(packet, 1)]));
      });
      socket.on('data', (data) => {
        received = Buffer.concat([received, data]);
        if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
        end(new Uint8Array(received.subarray(2, 2 + received.readUInt16BE(0))));
      });
      socket.on('close', () => end(undefined));
      socket.on('error', () => end(undefined));
    });
  }
}

function withId(packet: Uint8Array, id: number): Uint8Array {
  const sent = packet.slice();
  sent[0] = id >> 8;
  sent[1] = id & 0xff;
  return sent;
}
