/**
 * One boot of a resolver of many clusters, from outside:
 *
 *   spawn ─► first right answer of the home zone ─► all names asked are right ─► a clusterset name
 *   is denied: all clusters are synced and read ─► idle: memory
 */
import { setTimeout as delay } from 'node:timers/promises';
import { ScaleAsker, type Wanted } from './scale-asker.ts';
import { type Memory, type Places, ScaleProcess } from './scale-process.ts';
import {
  addressesOf,
  GENERATIONS,
  homeName,
  qualifiedName,
  type ScaleService,
  SERVICES,
} from './scale-world.ts';

export interface Boot {
  readonly firstMs: number;
  readonly allMs: number;
  /** Undefined: without the log nothing is known to be complete. */
  readonly deniedMs: number | undefined;
  readonly cpuSeconds: number;
  readonly memory: Memory;
}

const HOME_NAMES = 8;
const BOOTED_WITHIN_MS = 10 * 60_000;
/** Idle: less CPU than this in one look; what it does each second is not much. */
const IDLE_CORES = 0.15;
const IDLE_LOOK_MS = 1000;
const IDLE_LOOKS_MAX = 120;

export interface Booted {
  readonly boot: Boot;
  readonly running: ScaleProcess;
}

/** The process goes on: whoever wanted it ends it. */
export async function bootOf(places: Places, clusters: number, isLogUp = true): Promise<Booted> {
  const running = await ScaleProcess.start(places);
  const asker = await ScaleAsker.open(running.dnsPort);
  const late = AbortSignal.timeout(BOOTED_WITHIN_MS);
  const ended = running.process.exit();
  const failing = Promise.race([
    ended.then((code) => `it ended with ${code}`),
    new Promise<string>((done) => late.addEventListener('abort', () => done('it is too late'))),
  ]).then((why) => {
    throw new Error(`Cannot boot: ${why}; it said:\n${running.process.output.slice(-4000)}`);
  });
  failing.catch(() => {}); // at the end it is meant to
  try {
    const home = services(0, HOME_NAMES).map((one) => wanted(homeName(one), one));
    const others = Array.from({ length: clusters }, (_, cluster) => services(cluster, 2)).flat();
    const rights = [...home, ...others.map((one) => wanted(qualifiedName(one), one))];
    const firsts = home.map((one) => asker.untilRight(one));
    const all = rights.map((one) => asker.untilRight(one));
    const denied: Wanted = { name: 'nowhere.svc.clusterset.local.', answers: 'denied' };
    const denying = isLogUp ? asker.untilRight(denied) : undefined;
    const first = await Promise.race([...firsts, failing]);
    const last = Math.max(...(await Promise.race([Promise.all([...firsts, ...all]), failing])));
    const deniedAt = await Promise.race([denying, failing]);
    await untilIdle(running);
    const { spawnedAt } = running;
    const boot = {
      firstMs: first - spawnedAt,
      allMs: last - spawnedAt,
      deniedMs: deniedAt === undefined ? undefined : deniedAt - spawnedAt,
      cpuSeconds: running.cpuSeconds(),
      memory: await running.memory(),
    };
    return { boot, running };
  } catch (error) {
    await running.process.kill();
    throw error;
  } finally {
    asker.close();
  }
}

/** Evenly spread, the last one of the cluster among them. */
function services(cluster: number, count: number): readonly ScaleService[] {
  return Array.from({ length: count }, (_, i) => {
    return { cluster, number: Math.floor(((i + 1) * SERVICES) / count) - 1 };
  });
}

/** Its pods may have been replaced meanwhile. */
function wanted(name: string, service: ScaleService): Wanted {
  const answers = Array.from({ length: GENERATIONS }, (_, i) => addressesOf(service, i));
  return { name, answers };
}

export async function untilIdle(running: ScaleProcess): Promise<void> {
  let names = Number.NaN;
  for (let looks = 0; looks < IDLE_LOOKS_MAX; looks++) {
    const before = running.cpuSeconds();
    await delay(IDLE_LOOK_MS);
    const cores = (1000 * (running.cpuSeconds() - before)) / IDLE_LOOK_MS;
    const now = await running.metric('isthmus_table_names');
    // On a busy machine little CPU is no sign of rest.
    if (cores < IDLE_CORES && now === names) return;
    names = now;
  }
}
