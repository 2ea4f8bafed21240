/**
 * Where the time goes between the API's acknowledgement and the answer, seen from outside: while a
 * system is measured, this process watches the same API and reads the same log as well.
 *
 *   acknowledged ─► watch line ─► published to NATS ─► delivered by its log ─► answered
 *                   a plain       a plain              a log reader            the asking
 *                   watcher       subscriber           of ours
 *
 * Each comes to this process when it comes to the system, or some 0.1 ms apart; and to look costs
 * time that the system lacks, so the sum is more than the bench measures without looking.
 */
import { connect } from 'nats';
import { openJetStreamLogs } from '../../libs/log-jetstream/jetstream-logs.ts';
import { PATHS } from '../e2e/objects.ts';
import type { ApiWriter } from './api-writer.ts';
import type { Changed } from './changes.ts';

export type Point = 'watched' | 'published' | 'delivered';

export const POINT_TITLES: Readonly<Record<Point, string>> = {
  watched: 'watch line, as a plain watcher has it',
  published: 'published, as a plain subscriber of NATS has it',
  delivered: 'stored and delivered, as a reader of the log has it',
};

export class Probes {
  /** Where the text of an address was seen first, and when. */
  readonly #seen = new Map<string, number>();
  readonly #ends: (() => Promise<void> | void)[] = [];

  /** `natsUrl`: where the log is a server's. */
  static async open(api: ApiWriter, natsUrl: string | undefined): Promise<Probes> {
    const probes = new Probes();
    probes.#ends.push(await api.watch(PATHS.slices, (text) => probes.#note('watched', text)));
    if (natsUrl !== undefined) await probes.#openLog(natsUrl);
    return probes;
  }

  /** Milliseconds from the acknowledgement to each point that was seen. */
  of({ address, acknowledgedAt }: Changed): ReadonlyMap<Point, number> {
    const points = new Map<Point, number>();
    for (const point of ['watched', 'published', 'delivered'] as const) {
      const at = this.#seen.get(`${point} ${address}`);
      if (at !== undefined) points.set(point, at - acknowledgedAt);
    }
    return points;
  }

  async close(): Promise<void> {
    for (const end of this.#ends) await end();
  }

  async #openLog(natsUrl: string): Promise<void> {
    const nats = await connect({ servers: natsUrl });
    nats.subscribe('isthmus.>', {
      callback: (_error, message) => this.#note('published', message.string()),
    });
    const logs = openJetStreamLogs({ servers: [natsUrl], federation: 'default' });
    const stop = new AbortController();
    const caughtUp = Promise.withResolvers<void>();
    const text = new TextDecoder();
    const reading = async () => {
      for await (const delivery of logs.open('east').read(FROM_START, stop.signal)) {
        if (delivery.kind === 'caught-up') caughtUp.resolve();
        if (delivery.kind !== 'entries') continue;
        for (const { data } of delivery.entries) this.#note('delivered', text.decode(data));
      }
    };
    const done = reading();
    this.#ends.push(async () => {
      stop.abort();
      await done;
      await Promise.all([logs.close(), nats.close()]);
    });
    await caughtUp.promise;
  }

  #note(point: Point, text: string): void {
    const at = performance.now();
    for (const [address] of text.matchAll(/\b10\.1\.\d+\.\d+\b/g)) {
      const key = `${point} ${address}`;
      if (!this.#seen.has(key)) this.#seen.set(key, at);
    }
  }
}

const FROM_START = { kind: 'last-per-subject' } as const;
