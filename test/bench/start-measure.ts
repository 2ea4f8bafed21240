/**
 * One start, from outside: a few names are asked for in turn from the moment on that the process is
 * spawned.
 *
 *   spawn ─► … silence, SERVFAIL … ─► first right answer ─► all right, and ready ─► idle: memory
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { decode } from '../../libs/dns/decode.ts';
import { encode } from '../../libs/dns/encode.ts';
import { RCODE } from '../../libs/dns/iana.ts';
import { queryMessage } from '../../libs/dns/message.ts';
import { addressesOf, type BigService } from './big-world.ts';
import type { Started, Starting } from './start-systems.ts';

export interface StartFigures {
  readonly firstMs: number;
  readonly completeMs: number;
  /** Resident when idle, and at most since its start. */
  readonly rssMiB: number;
  readonly pssMiB: number;
  readonly peakMiB: number;
  /** Of all of its threads until it was idle. */
  readonly cpuSeconds: number;
}

/** Between two questions. */
const ASK_EVERY_MS = 4;
const COMPLETE_WITHIN_MS = 300_000;
/** Idle: so little CPU was used in one look. */
const IDLE_TICKS = 3;
const IDLE_LOOK_MS = 1000;
const IDLE_WITHIN_MS = 30_000;
const TICKS_PER_SECOND = 100;

/** `asked`: services with addresses, spread over the cluster, the last one among them. */
export async function measureStart(
  starting: Starting,
  asked: readonly BigService[],
): Promise<StartFigures> {
  const started = await starting.start();
  try {
    const { firstMs, completeMs } = await answered(started, asked, COMPLETE_WITHIN_MS);
    await idle(started.pid);
    const { Rss = 0, Pss = 0 } = kilobytesOf(`/proc/${started.pid}/smaps_rollup`);
    const { VmHWM = 0 } = kilobytesOf(`/proc/${started.pid}/status`);
    return {
      firstMs,
      completeMs,
      rssMiB: Rss / 1024,
      pssMiB: Pss / 1024,
      peakMiB: VmHWM / 1024,
      cpuSeconds: ticksOf(started.pid) / TICKS_PER_SECOND,
    };
  } catch (error) {
    const is = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot measure "${starting.title}": ${is}; it said:\n${started.output()}`);
  } finally {
    await started.stop();
  }
}

/** Starts it, and ends it when it has answered all. */
export async function untilComplete(
  starting: Starting,
  asked: readonly BigService[],
  withinMs: number,
): Promise<void> {
  const started = await starting.start();
  try {
    await answered(started, asked, withinMs);
  } finally {
    await started.stop();
  }
}

async function answered(started: Started, asked: readonly BigService[], withinMs: number) {
  const { spawnedAt, dnsPort, readyPort } = started;
  const queries = asked.map(queryFor);
  const unanswered = new Set(asked.keys());
  let firstAt: number | undefined;
  let allAt: number | undefined;
  const socket = createSocket('udp4');
  socket.on('error', () => {}); // nobody listens there yet
  socket.on('message', (packet) => {
    const at = performance.now();
    const number = packet.readUInt16BE();
    const service = asked[number];
    if (service === undefined || !isRight(packet, service)) return;
    firstAt ??= at;
    unanswered.delete(number);
    if (unanswered.size === 0) allAt ??= at;
  });
  socket.connect(dnsPort, '127.0.0.1');
  await once(socket, 'connect');
  let turn = 0;
  const asking = setInterval(() => {
    const left = [...unanswered];
    const query = queries[left[turn++ % left.length] ?? 0];
    if (query !== undefined && left.length > 0) socket.send(query);
  }, ASK_EVERY_MS);
  try {
    const readyAt = await untilReady(started, readyPort, withinMs);
    while (firstAt === undefined || allAt === undefined) {
      assertGoing(started, withinMs);
      await delay(ASK_EVERY_MS);
    }
    const completeAt = Math.max(readyAt, allAt);
    return { firstMs: firstAt - spawnedAt, completeMs: completeAt - spawnedAt };
  } finally {
    clearInterval(asking);
    socket.close();
  }
}

async function untilReady(started: Started, port: number, withinMs: number): Promise<number> {
  for (;;) {
    const reply = await fetch(`http://127.0.0.1:${port}/ready`).catch(() => undefined);
    const at = performance.now();
    await reply?.arrayBuffer();
    if (reply?.status === 200) return at;
    assertGoing(started, withinMs);
    await delay(2 * ASK_EVERY_MS);
  }
}

function assertGoing({ isRunning, spawnedAt }: Started, withinMs: number): void {
  if (!isRunning()) throw new Error('it has ended');
  const elapsedMs = performance.now() - spawnedAt;
  if (elapsedMs > withinMs) throw new Error(`not complete after ${elapsedMs.toFixed(0)} ms`);
}

/** The number of the service is the query's. */
function queryFor({ domain }: BigService, number: number): Uint8Array {
  return encode(queryMessage(domain, 'A', { id: number }));
}

function isRight(packet: Uint8Array, service: BigService): boolean {
  const decoded = decode(packet);
  if (decoded.kind !== 'message' || decoded.message.rcode !== RCODE.NOERROR) return false;
  const said = decoded.message.answer.map(({ rdata }) => rdata).sort();
  return said.join() === addressesOf(service).toSorted().join();
}

async function idle(pid: number): Promise<void> {
  const until = performance.now() + IDLE_WITHIN_MS;
  for (let before = ticksOf(pid); performance.now() < until; ) {
    await delay(IDLE_LOOK_MS);
    const now = ticksOf(pid);
    if (now - before <= IDLE_TICKS) return;
    before = now;
  }
}

/** utime and stime of /proc/PID/stat; what is before them may hold spaces, in parentheses. */
function ticksOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

/** Lines `Key: number kB`. */
function kilobytesOf(file: string): Readonly<Record<string, number>> {
  const lines = readFileSync(file, 'utf8').matchAll(/^(\w+):\s+(\d+) kB$/gm);
  return Object.fromEntries([...lines].map(([, key = '', kilobytes]) => [key, Number(kilobytes)]));
}
