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
 *   prepare ─ what is new is open ─► take ─► threads for all ─► views
 *   … then ─► what came to what is gone is answered ─► it closes
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { SOCKETS_MAX } from '../../../libs/socket/batch-memory.ts';
import type { CLibrary } from '../../../libs/socket/c-library.ts';
import { TcpAdmission } from '../../../libs/socket/tcp-limits.ts';
import {
  LISTENERS_AT_ONCE_MAX,
  LISTENERS_MAX,
  ROOT_LISTENERS,
  THREADS_MAX,
} from '../../../libs/table/layout.ts';
import type { Log } from '../../../libs/telemetry/log.ts';
import { NumberPool } from '../number-pool.ts';
import { openDgramReader } from './dgram-readers.ts';
import type { ListeningPlace, OpenReader } from './listening-place.ts';
import { closePlace, openPlace, openPlaceOf } from './listening-place.ts';
import { openMmsgReaders } from './mmsg-readers.ts';
import type { OpenPlacesOptions, WantedPlace } from './open-places.ts';
import { isBesideSome, openPlaces } from './open-places.ts';
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
  /** What came by now is answered, as far as that takes less than 5 s. */
  close(): Promise<void>;
}

/** One at a time. */
export interface ListenersChange {
  /**
   * Resolves when every query sees the new views. Rejects with ListenError where a place that goes
   * was in the way of one that can't be had; then it is to be given up.
   */
  take(): Promise<void>;
  /**
   * After that: resolves when what is no longer listened on is closed. What came to it is answered,
   * as far as that takes less than 5 s.
   */
  ended(): Promise<void>;
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
  /** Until what was listened on before is closed. */
  #retiring: Promise<void> = Promise.resolve();
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
      listeners: new NumberPool(0, LISTENERS_AT_ONCE_MAX),
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
    await this.#retiring;
    const { threads } = this.#options;
    const wanted = listen.map((entry) => {
      return { ...entry, sockets: isOverUdp(entry) ? (entry.sockets ?? threads) : 0 };
    });
    if (wanted.length > LISTENERS_MAX) {
      throw new RangeError(
        `Cannot listen on "${wanted.length}" addresses: expected ${LISTENERS_MAX} of them at most`,
      );
    }
    const gone = this.#places.filter((one) => !wanted.some((it) => isSame(one, it)));
    const fresh = wanted
      .filter((entry) => this.#placeOf(entry) === undefined)
      .map((entry) => ({ listen: entry, before: gone.find((one) => isThere(one, entry)) }));
    // Where one covers another, the kernel would give it packets that nobody reads yet.
    const isLate = ({ listen: entry }: WantedPlace) => isBesideSome(this.#places, entry);
    const opened = [...(await this.#open(fresh.filter((one) => !isLate(one))))];
    return {
      take: async () => {
        opened.push(...(await this.#open(fresh.filter(isLate), opened)));
        await this.#take(
          wanted.flatMap((entry) => {
            const stays = this.#placeOf(entry);
            if (stays !== undefined) return { ...stays, listen: entry };
            return opened.filter((one) => one.listen === entry);
          }),
          gone,
        );
      },
      ended: () => this.#retiring,
      giveUp: async () => {
        for (const place of opened) await closePlace(place);
        this.#opening.numbers.give(opened.map(({ number }) => number));
      },
    };
  }

  async close(): Promise<void> {
    await this.#retiring;
    const reading = this.#reading;
    this.#reading = undefined;
    await reading?.udp.close();
    await this.#retire(this.#places, reading);
    this.#places = [];
  }

  #placeOf(wanted: Wanted): ListeningPlace | undefined {
    return this.#places.find((one) => isSame(one, wanted));
  }

  #open(
    fresh: readonly WantedPlace[],
    opened: readonly ListeningPlace[] = [],
  ): Promise<readonly ListeningPlace[]> {
    const library = this.#library;
    return openPlaces(fresh, [...this.#places, ...opened], this.#opening, (options) =>
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
        drain: reader.drain,
        close: async () => {
          await reader.close();
          this.#forget({ udp: reader, numbers });
        },
      };
    } catch (error) {
      this.#readerNumbers.give(numbers);
      throw error;
    }
  };

  async #take(places: readonly ListeningPlace[], gone: readonly ListeningPlace[]): Promise<void> {
    let before = this.#reading;
    if (this.#library !== undefined && portsOf(places) !== portsOf(this.#places)) {
      const read = await this.#read(places, gone, this.#library);
      before = this.#reading;
      this.#reading = read;
    }
    for (const { number, listen, tcp } of places) {
      this.#opening.show(number, listen.view);
      tcp.change(listen);
      tcp.serve();
    }
    this.#places = places;
    const over = before === this.#reading ? undefined : before;
    await over?.udp.close();
    this.#retiring = this.#retire(gone, over);
  }

  /**
   * Answers what came to them, and what still comes while the chain has some of it; then they are
   * closed. `reading`: has ended, and read them.
   */
  async #retire(gone: readonly ListeningPlace[], reading: Reading | undefined): Promise<void> {
    const late = sleep(ANSWERED_MS_MAX, 'late', { ref: false });
    const numbers = numbersOf(gone);
    const views = new Set(gone.map(({ listen }) => listen.view));
    const closing = gone.map(({ tcp }) => tcp.close(ANSWERED_MS_MAX));
    for (let isLate = false; ; ) {
      reading?.udp.drain(numbers);
      if (isLate || !this.#slowPath.hasSome(views)) break;
      isLate = (await Promise.race([this.#slowPath.settled(views), late])) === 'late';
    }
    for (const { udp } of gone) udp?.close();
    await Promise.all([...closing, ...gone.map(({ reader }) => reader?.close())]);
    this.#opening.numbers.give(numbers);
    if (reading !== undefined) this.#forget(reading);
  }

  /** Threads for all of them, beside those that read some of them still. */
  async #read(
    places: readonly ListeningPlace[],
    gone: readonly ListeningPlace[],
    library: CLibrary,
  ): Promise<Reading | undefined> {
    const ports = places.flatMap(({ number, udp }) => (udp === undefined ? [] : [{ number, udp }]));
    if (ports.length === 0) return undefined;
    const count = threadsFor(places);
    // Where there are too few numbers for both, what comes meanwhile waits in the sockets.
    if (this.#reading !== undefined && this.#readerNumbers.left < count) {
      await this.#reading.udp.close();
      this.#reading.udp.drain(numbersOf(gone));
      this.#forget(this.#reading);
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

  #forget({ udp, numbers }: Reading): void {
    this.#restartsBefore += udp.restarts;
    this.#readerNumbers.give(numbers);
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

function numbersOf(places: readonly ListeningPlace[]): ReadonlySet<number> {
  return new Set(places.map(({ number }) => number));
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

function isThere({ endpoint }: ListeningPlace, wanted: Wanted): boolean {
  return endpoint.address === wanted.address && endpoint.port === wanted.port;
}

function isSame(place: ListeningPlace, wanted: Wanted): boolean {
  const { address, port, scheme = 'dns' } = place.listen;
  const isAsked = address === wanted.address && port === wanted.port;
  return (isAsked || isThere(place, wanted)) && scheme === (wanted.scheme ?? 'dns');
}
