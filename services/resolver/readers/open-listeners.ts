/**
 * The listeners of a resolver: UDP and TCP on each address, answered from the table in shared
 * memory, and by `answerSlow` for the rest.
 *
 *   UDP ─► reader threads ─┬─ the table has it ─► reply
 *                          └─ ring ─► control thread ─► answerSlow ─► reply from the same socket
 *   TCP ─► control thread ──┬─ the table has it ─► reply
 *                           └─ answerSlow ─► reply
 */
import { SOCKETS_MAX } from '../../../libs/socket/batch-memory.ts';
import type { CLibrary } from '../../../libs/socket/c-library.ts';
import { loadCLibrary } from '../../../libs/socket/c-library.ts';
import { ListenError } from '../../../libs/socket/listen-error.ts';
import type { TcpListener } from '../../../libs/socket/tcp.ts';
import { openTcp } from '../../../libs/socket/tcp.ts';
import { TcpAdmission } from '../../../libs/socket/tcp-limits.ts';
import { THREADS_MAX } from '../../../libs/table/layout.ts';
import type { Log } from '../../../libs/telemetry/log.ts';
import { beforeReaders } from './control-priority.ts';
import { openDgramReaders } from './dgram-readers.ts';
import { openMmsgReaders } from './mmsg-readers.ts';
import type { AnswerSlow } from './slow-path.ts';
import { SlowPath } from './slow-path.ts';
import { createTcpAnswerer } from './tcp-answerer.ts';
import type { Listen, UdpReaders, UdpReadersOptions } from './udp-readers.ts';

/** How often a free port is tried that must be free for UDP and TCP. */
const PORT_TRIES = 8;

export interface ListenersOptions {
  /** TableWriter.memory */
  readonly table: SharedArrayBuffer;
  readonly listen: readonly Listen[];
  /** Reader threads of a listener that does not say how many sockets it has. */
  readonly threads: number;
  /** Batched calls where they exist unless said; ISTHMUS_UDP=dgram says it too. */
  readonly udp?: 'mmsg' | 'dgram';
  readonly answerSlow: AnswerSlow;
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
  /** Queries in the hands of `answerSlow`, and those that found too many there. */
  readonly slowInFlight: number;
  readonly slowDropped: number;
  /** Stops within 300 ms. What is still with `answerSlow` is answered no more. */
  close(): Promise<void>;
}

/** Numbers of readers in use, by table: listeners of a new configuration open beside the old. */
const readersInUse = new WeakMap<SharedArrayBuffer, Set<number>>();

/** Rejects with ListenError, and nothing left open, when an address can't be had. */
export async function openListeners(options: ListenersOptions): Promise<Listeners> {
  const { table, answerSlow, log, threads } = options;
  const listen = options.listen.map((entry) => ({ ...entry, sockets: entry.sockets ?? threads }));
  if (listen.length > SOCKETS_MAX) {
    throw new RangeError(
      `Cannot listen on "${listen.length}" addresses: too many; expected at most ${SOCKETS_MAX}`,
    );
  }
  const library = await libraryFor(options);
  const slowPath = new SlowPath(answerSlow, log);
  const readers = takeReaders(table, library === undefined ? 1 : most(listen));
  const admission = new TcpAdmission();
  const ports = { table, listen, readers, slowPath, log, admission };
  const controlGivesWay = beforeReaders();
  let opened: Opened | undefined;
  try {
    opened = await openPorts(ports, library);
    await opened.udp.serve();
    controlGivesWay();
  } catch (error) {
    if (opened !== undefined) await closeAll(opened);
    for (const reader of readers) readersInUse.get(table)?.delete(reader);
    throw error;
  }
  const { udp, tcp } = opened;
  return {
    addresses: listen.map((entry, i) => ({ ...entry, port: udp.endpoints[i]?.port ?? entry.port })),
    udp: library === undefined ? 'dgram' : 'mmsg',
    get restarts() {
      return udp.restarts;
    },
    tcp: admission,
    get slowInFlight() {
      return slowPath.inFlight;
    },
    get slowDropped() {
      return slowPath.dropped;
    },
    async close() {
      await closeAll({ udp, tcp });
      for (const reader of readers) readersInUse.get(table)?.delete(reader);
    },
  };
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

/** Thread i reads one socket of each listener that has more than i. */
function most(listen: UdpReadersOptions['listen']): number {
  return Math.max(...listen.map(({ sockets }) => sockets));
}

function takeReaders(table: SharedArrayBuffer, count: number): readonly number[] {
  const used = readersInUse.get(table) ?? new Set<number>();
  readersInUse.set(table, used);
  const free: number[] = [];
  for (let reader = 0; reader < THREADS_MAX; reader++) if (!used.has(reader)) free.push(reader);
  if (!Number.isInteger(count) || count < 1 || count > free.length) {
    throw new RangeError(
      `Cannot start "${count}" reader threads: no such number; expected 1 to ${free.length}`,
    );
  }
  const taken = free.slice(0, count);
  for (const reader of taken) used.add(reader);
  return taken;
}

interface PortsOptions extends UdpReadersOptions {
  readonly admission: TcpAdmission;
}

interface Opened {
  readonly udp: UdpReaders;
  readonly tcp: readonly TcpListener[];
}

async function closeAll({ udp, tcp }: Opened): Promise<void> {
  await Promise.all([udp.close(), ...tcp.map((listener) => listener.close())]);
}

/** Opens all of them; a free port that TCP has not is given back, and another tried. */
async function openPorts(options: PortsOptions, library: CLibrary | undefined): Promise<Opened> {
  for (let tries = 1; ; tries++) {
    const udp =
      library === undefined ? await openDgramReaders(options) : openMmsgReaders(options, library);
    try {
      return { udp, tcp: await openTcpListeners(options, udp) };
    } catch (error) {
      await udp.close();
      const isTaken = error instanceof ListenError && error.code === 'EADDRINUSE';
      const mayChange = options.listen.some(({ port }) => port === 0);
      if (!isTaken || !mayChange || tries === PORT_TRIES) throw error;
    }
  }
}

async function openTcpListeners(
  { table, listen, slowPath, admission }: PortsOptions,
  { endpoints }: UdpReaders,
): Promise<readonly TcpListener[]> {
  const answerTcp = createTcpAnswerer(table, slowPath);
  const opened: TcpListener[] = [];
  try {
    for (const [i, endpoint] of endpoints.entries()) {
      const answer = answerTcp(listen[i]?.view ?? 0);
      const limits = listen[i]?.connectionLimits;
      opened.push(await openTcp({ endpoint, answer, admission, limits }));
    }
    return opened;
  } catch (error) {
    await Promise.all(opened.map((listener) => listener.close()));
    throw error;
  }
}
