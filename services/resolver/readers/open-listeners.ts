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
import type { CLibrary } from '../../../libs/socket/c-library.ts';
import { loadCLibrary } from '../../../libs/socket/c-library.ts';
import type { TcpAdmission } from '../../../libs/socket/tcp-limits.ts';
import type { Log } from '../../../libs/telemetry/log.ts';
import { beforeReaders } from './control-priority.ts';
import { OpenListeners } from './listeners.ts';
import type { AnswerSlow } from './slow-path.ts';
import type { Listen } from './udp-readers.ts';

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

/** Rejects with ListenError, and nothing left open, when an address can't be had. */
export async function openListeners(options: ListenersOptions): Promise<Listeners> {
  const library = await libraryFor(options);
  const listeners = new OpenListeners(options, library);
  const controlGivesWay = beforeReaders();
  const opened = await listeners.prepare(options.listen);
  try {
    await opened.take();
  } catch (error) {
    await opened.giveUp();
    throw error;
  }
  controlGivesWay();
  return listeners;
}

/** The batched calls; undefined where node:dgram is to serve. */
async function libraryFor({ udp, log }: ListenersOptions): Promise<CLibrary | undefined> {
  const wanted = udp ?? process.env.ISTHMUS_UDP ?? '';
  if (!['', 'mmsg', 'dgram'].includes(wanted)) {
    throw new RangeError(
      `Cannot use ISTHMUS_UDP "${wanted}": no such way of UDP; expected mmsg or dgram`,
    );
  }
  if (wanted === 'dgram') return undefined;
  const library = await loadCLibrary();
  if (library !== undefined) return library;
  if (wanted === 'mmsg') {
    throw new Error('Cannot use batched UDP: koffi or Linux is missing; expected udp dgram');
  }
  log.warning('UDP is served by node:dgram: batched calls are missing here');
  return undefined;
}
