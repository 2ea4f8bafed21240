/** Heartbeats over the simulated network, as lossy as it is. */
import { type Heard, type Heartbeats, Waiting } from '../../libs/log/heartbeats.ts';
import type { LogServer } from './log-server.ts';
import type { Stream, Wire } from './network.ts';

export class SimHeartbeats implements Heartbeats {
  readonly #wire: Wire;
  readonly #server: LogServer;

  constructor(wire: Wire, server: LogServer) {
    this.#wire = wire;
    this.#server = server;
  }

  beat(cluster: string, data: Uint8Array): void {
    this.#wire.tell(`${cluster} beats`, () => pushAll(this.#server.hearing, { cluster, data }));
  }

  async *hear(signal: AbortSignal): AsyncGenerator<Heard> {
    const waiting = new Waiting<Heard>();
    let isDeaf = false;
    const subscribe = () => {
      this.#wire.insist('hears', () => {
        const take = ({ cluster, data }: { cluster: string; data: Uint8Array }) =>
          waiting.push({ kind: 'beat', cluster, data });
        this.#server.hearing.add(this.#wire.stream('a beat', take, () => {}));
      });
    };
    const forget = this.#wire.onChange((isConnected) => {
      if (isConnected === isDeaf) waiting.push({ kind: isConnected ? 'hearing' : 'deaf' });
      isDeaf = !isConnected;
      if (isConnected) subscribe();
    });
    waiting.push({ kind: 'hearing' });
    subscribe();
    try {
      yield* waiting.take(signal);
    } finally {
      forget();
    }
  }

  ask(): void {
    this.#wire.tell('asks for beats', () => pushAll(this.#server.asked, undefined));
  }

  async *asked(signal: AbortSignal): AsyncGenerator<void> {
    const waiting = new Waiting<void>();
    const subscribe = () => {
      this.#wire.insist('waits to be asked', () => {
        const take = () => waiting.push(undefined);
        this.#server.asked.add(this.#wire.stream('asked for beats', take, () => {}));
      });
    };
    const forget = this.#wire.onChange((isConnected) => isConnected && subscribe());
    subscribe();
    try {
      yield* waiting.take(signal);
    } finally {
      forget();
    }
  }
}

function pushAll<T>(streams: Set<Stream<T>>, item: T): void {
  for (const stream of streams) {
    if (stream.isOpen()) stream.send(item);
    else streams.delete(stream);
  }
}
