/**
 * The listeners of a resolver: UDP and TCP on each address, or TLS, or HTTPS; answered from the
 * table in shared memory, and by `answerSlow` for the rest.
 *
 *   UDP ─► reader threads ─┬─ the table has it ─► reply
 *                          └─ ring ─► control thread ─► answerSlow ─► reply from the same socket
 *   TCP, TLS, HTTPS ─► control thread ─┬─ the table has it ─► reply
 *                                      └─ answerSlow ─► reply
 *
 * They change while queries come: addresses that stay keep their sockets, and see another view from
 * one query to the next.
 *
 *   prepare ─ what is new is open ─► take ─► threads for all ─► views ─► what is gone closes
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { SOCKETS_MAX } from '../../../libs/socket/batch-memory.ts';
import type { CLibrary } from '../../../libs/socket/c-library.ts';
import { TcpAdmission } from '../../../libs/socket/tcp-limits.ts';
import { LISTENERS_MAX, ROOT_LISTENERS, THREADS_MAX } from '../../../libs/table/layout.ts';
import type { Log } from '../../../libs/telemetry/log.ts';
import { NumberPool } from '../number-pool.ts';
import { openDgramReader } from './dgram-readers.ts';
import type { ListeningPlace, OpenReader } from './listening-place.ts';
import { closePlace, openPlace, openPlaceOf } from './listening-place.ts';
import { openMmsgReaders } from './mmsg-readers.ts';
import type { OpenPlacesOptions } from './open-places.ts';
import { openPlaces } from './open-places.ts';
import { type AnswerSlow, SlowPath } from './slow-path.ts';
import { createTcpAnswerer } from './tcp-answerer.ts';
import { isOverUdp, type Listen, type UdpReaders } from './udp-readers.ts';

export interface ListenersOptions {
  /** TableWriter.memory */
  readonly table: SharedArrayBuffer;
  readonly listen: readonly Listen[];
  /** Reader threads of a listener that does not say how many sockets it has. */
  readonly threads: number;
  /** Batched calls where they exist unless said; ISTHMUS_UDP=dgram says it too. */
  readonly udp?: 'mmsg' | 'dgram';
  readonly answerSlow: AnswerSlow;
  /** Told of each response of HTTPS. */
  readonly onHttpResponse?: (listen: Listen, status: number) => void;
  readonly log: Log;
}

export interface Listeners {
  /** In the order of `listen`, with the ports that were taken. */
  readonly addresses: readonly Listen[];
  readonly udp: 'mmsg' | 'dgram';
  /** Reader threads that died and were started again. */
  readonly restarts: number;
  /** TCP connections of all addresses: open, refused, and closed since a time was over. */
  readonly tcp: Pick<TcpAdmission, 'open' | 'refused' | 'timedOut'>;
  /** The same of TLS and HTTPS. */
  readonly tls: Pick<TcpAdmission, 'open' | 'refused' | 'timedOut' | 'handshakesFailed'>;
  /** Queries in the hands of `answerSlow`, and those that found too many there. */
  readonly slowInFlight: number;
  readonly slowDropped: number;
  /**
   * Opens what is to be listened on instead and is not yet. Nothing else changes. Rejects with
   * ListenError, and nothing more open than before.
   */
  prepare(listen: readonly Listen[]): Promise<ListenersChange>;
  /**
   * Reads no more; what is with `answerSlow` is answered, as far as that takes less than 5 s. Stops
   * within 300 ms after that.
   */
  close(): Promise<void>;
}

/** One at a time. */
export interface ListenersChange {
  /** Resolves when every query sees the new views; what is no longer listened on is closed. */
  take(): Promise<void>;
  /** Closes what was opened for it. */
  giveUp(): Promise<void>;
}

/** Numbers in use, by table: several may listen for one. */
const numbersInUse = new WeakMap<
  SharedArrayBuffer,
  { readonly readers: NumberPool; readonly listeners: NumberPool }
>();

/** How long queries that came are still answered when it closes: CoreDNS's. */
const ANSWERED_MS_MAX = 5000;

/** Threads that read all places, with their numbers. */
interface Reading {
  readonly udp: UdpReaders;
  readonly numbers: readonly number[];
}

type Wanted = ListeningPlace['listen'];

export class OpenListeners implements Listeners {
  readonly tcp = new TcpAdmission();
  readonly tls = new TcpAdmission();
  readonly #options: ListenersOptions;
  readonly #library: CLibrary | undefined;
  readonly #slowPath: SlowPath;
  readonly #opening: OpenPlacesOptions;
  readonly #readerNumbers: NumberPool;
  #places: readonly ListeningPlace[] = [];
  #reading: Reading | undefined;
  /** Of threads that others have followed. */
  #restartsBefore = 0;

  /** `library`: of batched calls; without it node:dgram serves. */
  constructor(options: ListenersOptions, library: CLibrary | undefined) {
    const { table, answerSlow, log, onHttpResponse = () => {} } = options;
    this.#options = options;
    this.#library = library;
    this.#slowPath = new SlowPath(answerSlow, log);
    const numbers = numbersInUse.get(table) ?? {
      readers: new NumberPool(0, THREADS_MAX),
      listeners: new NumberPool(0, LISTENERS_MAX),
    };
    numbersInUse.set(table, numbers);
    this.#readerNumbers = numbers.readers;
    const words = new Int32Array(table);
    this.#opening = {
      numbers: numbers.listeners,
      answerTcp: createTcpAnswerer(table, this.#slowPath),
      admission: { plain: this.tcp, secure: this.tls },
      onHttpResponse,
      log,
      show: (listener, view) => void Atomics.store(words, ROOT_LISTENERS + listener, view),
    };
  }

  get addresses(): readonly Listen[] {
    return this.#places.map(({ listen, endpoint }) => ({ ...listen, port: endpoint.port }));
  }

  get udp(): 'mmsg' | 'dgram' {
    return this.#library === undefined ? 'dgram' : 'mmsg';
  }

  get restarts(): number {
    const readers = this.#places.flatMap(({ reader }) => reader ?? []);
    const all = this.#reading === undefined ? readers : [...readers, this.#reading.udp];
    return all.reduce((sum, { restarts }) => sum + restarts, this.#restartsBefore);
  }

  get slowInFlight(): number {
    return this.#slowPath.inFlight;
  }

  get slowDropped(): number {
    return this.#slowPath.dropped;
  }

  async prepare(listen: readonly Listen[]): Promise<ListenersChange> {
    const { threads } = this.#options;
    const wanted = listen.map((entry) => {
      return { ...entry, sockets: isOverUdp(entry) ? (entry.sockets ?? threads) : 0 };
    });
    if (wanted.length > SOCKETS_MAX) {
      throw new RangeError(
        `Cannot listen on "${wanted.length}" addresses: too many; expected at most ${SOCKETS_MAX}`,
      );
    }
    const staying = (entry: Wanted) => this.#places.find((one) => isSame(one.listen, entry));
    const fresh = wanted.filter((entry) => staying(entry) === undefined);
    const gone = this.#places.filter(({ listen: one }) => !wanted.some((it) => isSame(one, it)));
    const opened = await this.#open(fresh);
    const places = wanted.flatMap((entry) => {
      const stays = staying(entry);
      if (stays !== undefined) return { ...stays, listen: entry };
      return opened.filter((one) => one.listen === entry);
    });
    return {
      take: () => this.#take(places, gone),
      giveUp: async () => {
        for (const place of opened) await this.#close(place);
      },
    };
  }

  async close(): Promise<void> {
    if (this.#reading !== undefined) await this.#end(this.#reading);
    this.#reading = undefined;
    await Promise.race([
      this.#slowPath.settled(),
      sleep(ANSWERED_MS_MAX, undefined, { ref: false }),
    ]);
    await Promise.all(this.#places.map((place) => this.#close(place)));
    this.#places = [];
  }

  #open(fresh: readonly Wanted[]): Promise<readonly ListeningPlace[]> {
    const library = this.#library;
    return openPlaces(fresh, this.#places, this.#opening, (options) =>
      library === undefined ? openPlaceOf(options, this.#openReader) : openPlace(options, library),
    );
  }

  /** A thread of its own for an address, since another can't be given its socket. */
  #openReader: OpenReader = async (address) => {
    const numbers = this.#takeReaders(1);
    try {
      const reader = await openDgramReader(this.#for(numbers), address);
      return {
        endpoint: reader.endpoint,
        get restarts() {
          return reader.restarts;
        },
        close: () => this.#end({ udp: reader, numbers }),
      };
    } catch (error) {
      this.#readerNumbers.give(numbers);
      throw error;
    }
  };

  async #take(places: readonly ListeningPlace[], gone: readonly ListeningPlace[]): Promise<void> {
    let before = this.#reading;
    if (this.#library !== undefined && portsOf(places) !== portsOf(this.#places)) {
      const read = await this.#read(places, this.#library);
      before = this.#reading;
      this.#reading = read;
    }
    for (const { number, listen, tcp } of places) {
      this.#opening.show(number, listen.view);
      tcp.change(listen);
    }
    this.#places = places;
    if (before !== undefined && before !== this.#reading) await this.#end(before);
    await Promise.all(gone.map((place) => this.#close(place)));
  }

  /** Threads for all of them, beside those that read some of them still. */
  async #read(places: readonly ListeningPlace[], library: CLibrary): Promise<Reading | undefined> {
    const ports = places.flatMap(({ number, udp }) => (udp === undefined ? [] : [{ number, udp }]));
    if (ports.length === 0) return undefined;
    const count = threadsFor(places);
    // Where there are too few numbers for both, what comes meanwhile waits in the sockets.
    if (this.#reading !== undefined && this.#readerNumbers.left < count) {
      await this.#end(this.#reading);
      this.#reading = undefined;
    }
    const numbers = this.#takeReaders(count);
    const shrinks: (() => void)[] = [];
    try {
      for (const { udp, listen } of places) shrinks.push(udp?.grow(listen.sockets) ?? (() => {}));
      return { udp: await openMmsgReaders(this.#for(numbers), ports, library), numbers };
    } catch (error) {
      for (const shrink of shrinks) shrink();
      this.#readerNumbers.give(numbers);
      throw error;
    }
  }

  async #end({ udp, numbers }: Reading): Promise<void> {
    await udp.close();
    this.#restartsBefore += udp.restarts;
    this.#readerNumbers.give(numbers);
  }

  async #close(place: ListeningPlace): Promise<void> {
    await closePlace(place);
    this.#opening.numbers.give([place.number]);
  }

  #takeReaders(count: number): readonly number[] {
    const pool = this.#readerNumbers;
    const numbers = Number.isInteger(count) && count >= 1 ? pool.take(count) : undefined;
    if (numbers !== undefined) return numbers;
    throw new RangeError(
      `Cannot start "${count}" reader threads: no such number; expected 1 to ${pool.left}`,
    );
  }

  #for(readers: readonly number[]) {
    const { table, log } = this.#options;
    return { table, readers, slowPath: this.#slowPath, log };
  }
}

/** Of the places that threads read for all: another text where others are to read them. */
function portsOf(places: readonly ListeningPlace[]): string {
  const shared = places.filter(({ udp }) => udp !== undefined);
  return shared
    .map(({ number, listen }) => `${number} ${listen.sockets}`)
    .sort()
    .join();
}

/**
 * As many as the place with the most sockets is to have; more where that had more before, and too
 * many would be one thread's: a socket that is closed loses what waits in it.
 */
function threadsFor(places: readonly ListeningPlace[]): number {
  const share = (threads: number) =>
    places.reduce((sum, { udp }) => sum + Math.ceil((udp?.sockets.length ?? 0) / threads), 0);
  let threads = Math.max(...places.map(({ listen }) => listen.sockets));
  while (threads > 0 && share(threads) > SOCKETS_MAX) threads++;
  return threads;
}

function isSame(one: Listen, other: Listen): boolean {
  const { scheme = 'dns' } = one;
  const isThere = one.address === other.address && one.port === other.port;
  return isThere && scheme === (other.scheme ?? 'dns');
}
