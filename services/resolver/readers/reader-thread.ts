/**
 * One reader thread, for as long as it is wanted: when it dies it is started again with what it
 * had, and that is counted. Its sockets are the process's, so no query is lost meanwhile but waits
 * in them.
 */
import { Worker } from 'node:worker_threads';
import { ListenError } from '../../../libs/socket/listen-error.ts';
import type { Endpoint } from '../../../libs/socket/socket-address.ts';
import { READER_EPOCH, READER_STOP, readerWord } from '../../../libs/table/layout.ts';
import type { Log } from '../../../libs/telemetry/log.ts';
import { priorityOfReaders } from './control-priority.ts';
import type { FromReader, ReaderData, ReaderStart, ToReader } from './reader-start.ts';

/** A thread that dies at once must not take a core with its starts. */
const RESTART_DELAY_MS = 100;
/** A thread sees a stop within 100 ms; one that does not is ended. */
const STOP_MS = 2000;

export interface ReaderThreadOptions {
  readonly start: ReaderStart;
  readonly log: Log;
  readonly onQuery?: (query: Extract<FromReader, { kind: 'query' }>) => void;
}

export class ReaderThread {
  readonly #options: ReaderThreadOptions;
  readonly #words: Int32Array;
  /** What it is started with; ports that it was free to choose are chosen once. */
  #start: ReaderStart;
  #worker: Worker | undefined;
  #restart: NodeJS.Timeout | undefined;
  #exited: Promise<void> = Promise.resolve();
  #stops = false;
  #hasServed = false;
  #restarts = 0;

  constructor(options: ReaderThreadOptions) {
    this.#options = options;
    this.#start = options.start;
    this.#words = new Int32Array(options.start.memory);
  }

  /** Times it died and was started again. */
  get restarts(): number {
    return this.#restarts;
  }

  /**
   * Resolves once it serves, with the endpoints that it opened itself. Rejects with ListenError.
   */
  async start(): Promise<readonly Endpoint[]> {
    const { log, onQuery } = this.#options;
    const start = this.#start;
    const block = readerWord(start.reader);
    Atomics.store(this.#words, block + READER_STOP, 0);
    const { promise, resolve, reject } = Promise.withResolvers<readonly Endpoint[]>();
    const workerData = { ...start, priority: priorityOfReaders() } satisfies ReaderData;
    const worker = new Worker(new URL('./reader.ts', import.meta.url), { workerData });
    this.#worker = worker;
    let isReady = false;
    worker.on('message', (message: FromReader) => {
      if (message.kind === 'query') onQuery?.(message);
      else if (message.kind === 'failed') {
        // Its port may have been taken while it was dead: then it is tried again.
        if (!this.#hasServed) this.#stops = true;
        worker.postMessage({ kind: 'stop' } satisfies ToReader);
        reject(new ListenError(message.endpoint, 'udp', message.code));
      } else {
        isReady = true;
        this.#hasServed = true;
        this.#start = withEndpoints(start, message.endpoints);
        resolve(message.endpoints);
      }
    });
    worker.on('error', (error) => log.error(`reader ${start.reader} died: ${String(error)}`));
    this.#exited = new Promise((exited) => {
      worker.once('exit', (code) => {
        // Whatever it held of the arena, it holds no more.
        Atomics.store(this.#words, block + READER_EPOCH, 0);
        exited();
        if (this.#stops) return;
        if (isReady) this.#startAgain();
        else
          reject(new Error(`Cannot start a reader: it ended with ${code}; expected it to serve`));
      });
    });
    return await promise;
  }

  tell(message: ToReader): void {
    this.#worker?.postMessage(message);
  }

  async stop(): Promise<void> {
    this.#stops = true;
    clearTimeout(this.#restart);
    Atomics.store(this.#words, readerWord(this.#options.start.reader) + READER_STOP, 1);
    this.tell({ kind: 'stop' });
    const late = setTimeout(() => void this.#worker?.terminate(), STOP_MS);
    await this.#exited;
    clearTimeout(late);
  }

  #startAgain(): void {
    this.#restarts++;
    this.#options.log.warning(`reader ${this.#options.start.reader} is started again`);
    this.#restart = setTimeout(() => {
      this.start().catch((error: unknown) => {
        if (this.#stops) return;
        this.#options.log.error(String(error));
        this.#startAgain();
      });
    }, RESTART_DELAY_MS);
  }
}

function withEndpoints(start: ReaderStart, endpoints: readonly Endpoint[]): ReaderStart {
  if (start.kind === 'mmsg') return start; // its sockets are open already
  const listen = start.listen.map(({ endpoint, listener }, i) => {
    return { endpoint: endpoints[i] ?? endpoint, listener };
  });
  return { ...start, listen };
}
