/**
 * What the table does not answer: one query after another to the chain, so many at once. More are
 * dropped, and the client asks again; what the table answers is not slowed.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { TcpResponse } from '../../../libs/socket/tcp-connection.ts';
import type { Log } from '../../../libs/telemetry/log.ts';

export interface SlowClient {
  readonly address: string;
  readonly port: number;
  readonly transport: 'udp' | 'tcp';
  readonly view: number;
}

/**
 * The raw response, already of a size that the client takes; undefined for silence. Only TCP gets a
 * stream.
 */
export type AnswerSlow = (packet: Uint8Array, client: SlowClient) => Promise<TcpResponse>;

/** At 1,000 queries a second whose upstreams all time out after 4 s; a few KiB each. */
export const SLOW_IN_FLIGHT_MAX = 4096;

export class SlowPath {
  readonly #answer: AnswerSlow;
  readonly #max: number;
  readonly #log: Log;
  /** With the views that they see. */
  readonly #running = new Map<Promise<TcpResponse>, number>();
  #dropped = 0;

  constructor(answer: AnswerSlow, log: Log, max = SLOW_IN_FLIGHT_MAX) {
    this.#answer = answer;
    this.#log = log;
    this.#max = max;
  }

  get inFlight(): number {
    return this.#running.size;
  }

  /** Whether some that see one of these views are in flight. */
  hasSome(views: ReadonlySet<number>): boolean {
    return this.#of(views).length > 0;
  }

  /** Resolves when those of them that are in flight now are answered, and their responses sent. */
  async settled(views: ReadonlySet<number>): Promise<void> {
    await Promise.all(this.#of(views));
    await nextTurn();
  }

  /** Queries that found it full, since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Undefined, at once, when there is no room. Never rejects: an answer that fails is silence. */
  submit(packet: Uint8Array, client: SlowClient): Promise<TcpResponse> | undefined {
    if (this.#running.size >= this.#max) {
      this.#dropped++;
      return undefined;
    }
    const running = this.#run(packet, client).finally(() => this.#running.delete(running));
    this.#running.set(running, client.view);
    return running;
  }

  #of(views: ReadonlySet<number>): readonly Promise<TcpResponse>[] {
    return [...this.#running].flatMap(([running, view]) => (views.has(view) ? [running] : []));
  }

  async #run(packet: Uint8Array, client: SlowClient): Promise<TcpResponse> {
    try {
      return await this.#answer(packet, client);
    } catch (error) {
      this.#log.error(`Cannot answer a query of ${client.address}: ${String(error)}`);
      return undefined;
    }
  }
}

/** The response over UDP, which carries one message. */
export function oneMessage(response: TcpResponse): Uint8Array | undefined {
  return response === undefined || response instanceof Uint8Array ? response : response.first;
}
