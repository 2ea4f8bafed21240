/**
 * The port to heartbeats: small messages beside the logs, to whoever listens now. Nothing is kept,
 * and any may be lost.
 *
 *   watcher ── beat(cluster, data) ──► hear() ── resolvers, `isthmus status`
 *   watcher ◄── asked() ──────────────── ask()   a listener that does not want to wait
 */
export interface Heartbeats {
  /** Lost when nobody listens, or when the medium is away. Never throws. */
  beat(cluster: string, data: Uint8Array): void;
  /** Delivers until the signal aborts, and then ends without an error. Begins with 'hearing'. */
  hear(signal: AbortSignal): AsyncIterable<Heard>;
  /** Asks all watchers to beat now. As lossy as the beats. */
  ask(): void;
  /** A turn for each question, until the signal aborts. */
  asked(signal: AbortSignal): AsyncIterable<void>;
}

export type Heard =
  | { readonly kind: 'beat'; readonly cluster: string; readonly data: Uint8Array }
  /** The medium is away: silence means nothing until 'hearing'. */
  | { readonly kind: 'deaf' }
  | { readonly kind: 'hearing' };

/** Messages that one listener has not taken yet; older ones are dropped, as a lossy medium may. */
const WAITING_MAX = 1000;

/** Between listeners and watchers of one process. */
export class LocalHeartbeats implements Heartbeats {
  readonly #listeners = new Set<Waiting<Heard>>();
  readonly #asked = new Set<Waiting<void>>();

  beat(cluster: string, data: Uint8Array): void {
    for (const listener of this.#listeners) listener.push({ kind: 'beat', cluster, data });
  }

  async *hear(signal: AbortSignal): AsyncGenerator<Heard> {
    const waiting = new Waiting<Heard>();
    waiting.push({ kind: 'hearing' });
    yield* taken(this.#listeners, waiting, signal);
  }

  ask(): void {
    for (const asked of this.#asked) asked.push(undefined);
  }

  asked(signal: AbortSignal): AsyncGenerator<void> {
    return taken(this.#asked, new Waiting<void>(), signal);
  }
}

/** What one listener has not taken yet. */
export class Waiting<T> {
  readonly #items: { readonly item: T }[] = [];
  #wake: (() => void) | undefined;

  push(item: T): void {
    if (this.#items.length === WAITING_MAX) this.#items.shift();
    this.#items.push({ item });
    this.wake();
  }

  wake(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  async *take(signal: AbortSignal): AsyncGenerator<T> {
    const wake = () => this.wake();
    signal.addEventListener('abort', wake);
    try {
      while (!signal.aborted) {
        const next = this.#items.shift();
        if (next !== undefined) yield next.item;
        else await new Promise<void>((done) => (this.#wake = done));
      }
    } finally {
      signal.removeEventListener('abort', wake);
    }
  }
}

async function* taken<T>(
  among: Set<Waiting<T>>,
  waiting: Waiting<T>,
  signal: AbortSignal,
): AsyncGenerator<T> {
  among.add(waiting);
  try {
    yield* waiting.take(signal);
  } finally {
    among.delete(waiting);
  }
}
