/** What resolvers say of themselves over HTTP, all the time. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Resolver } from './resolver.ts';

const EVERY_MS = 500;
/** Two cores run it all: what matters is what is said, not how soon. */
const PATIENCE_MS = 5000;

/** One look. A status of 0: it did not answer. */
export interface Look {
  readonly resolver: string;
  readonly atMs: number;
  readonly health: number;
  readonly ready: number;
  /** With `?verbose`. */
  readonly notes: string;
  readonly metrics: Metrics;
}

/** `isthmus_cluster_…{cluster="…"}` → value. */
export type Metrics = ReadonlyMap<string, number>;

export class HealthWatch {
  #looks: Look[] = [];
  readonly #stopping = new AbortController();
  readonly #watching: Promise<unknown>;

  constructor(resolvers: readonly Resolver[]) {
    this.#watching = Promise.all(resolvers.map((resolver) => this.#watch(resolver)));
  }

  /** Those since the last call. */
  take(): readonly Look[] {
    const looks = this.#looks;
    this.#looks = [];
    return looks;
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#watching;
  }

  async #watch(resolver: Resolver): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      this.#looks.push(await look(resolver));
      await delay(EVERY_MS, undefined, { signal }).catch(() => {});
    }
  }
}

export async function look(resolver: Resolver): Promise<Look> {
  const atMs = performance.now();
  const [health, ready, metrics] = await Promise.all([
    get(resolver.health),
    get(resolver.ready),
    metricsOf(resolver),
  ]);
  const notes = ready.text.trim().replaceAll('\n', '; ');
  const { name } = resolver;
  return { resolver: name, atMs, health: health.status, ready: ready.status, notes, metrics };
}

export async function metricsOf({ metrics }: Pick<Resolver, 'metrics'>): Promise<Metrics> {
  const page = await get(metrics);
  const lines = page.text.split('\n').filter((line) => line.startsWith('isthmus_cluster_'));
  return new Map(
    lines.map((line) => {
      const end = line.lastIndexOf(' ');
      return [line.slice(0, end), Number(line.slice(end + 1))];
    }),
  );
}

async function get(url: string): Promise<{ readonly status: number; readonly text: string }> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
    return { status: response.status, text: await response.text() };
  } catch {
    return { status: 0, text: '' };
  }
}
