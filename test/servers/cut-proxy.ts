/**
 * A TCP proxy that loses things: what a network does to acknowledgements and connections, on
 * demand.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from './free-port.ts';

export class CutProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isMute = false;
  #isAway = false;

  private constructor(port: number, target: number) {
    this.port = port;
    this.#server = createServer((near) => {
      if (this.#isAway) {
        near.destroy();
        return;
      }
      const far = connect(target, '127.0.0.1');
      for (const socket of [near, far]) {
        socket.setNoDelay(true);
        this.#sockets.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => {
          this.#sockets.delete(socket);
          near.destroy();
          far.destroy();
        });
      }
      near.on('data', (octets) => far.write(octets));
      far.on('data', (octets) => this.#isMute || near.write(octets));
    });
  }

  static async start(target: number): Promise<CutProxy> {
    const proxy = new CutProxy(await freePort(), target);
    await new Promise<void>((resolve) =>
      proxy.#server.listen(proxy.port, '127.0.0.1', () => resolve()),
    );
    return proxy;
  }

  /** From now on nothing comes back; what is sent still arrives. */
  mute(): void {
    this.#isMute = true;
  }

  /** Ends all connections; new ones work again. */
  cut(): void {
    this.#isMute = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Ends all connections, and lets none through until it is back. */
  goAway(): void {
    this.#isAway = true;
    this.cut();
  }

  comeBack(): void {
    this.#isAway = false;
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
