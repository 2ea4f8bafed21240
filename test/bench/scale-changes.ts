/**
 * 2,000 changes a second, spread evenly over all clusters, each the replacement of one pod: told to
 * the log by a writer a cluster, with the fence. Some are waited for until they are answered.
 *
 *   each 10 ms: the changes that are due ─► the writers of their clusters ─► log ─► … ─► answer
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Event } from '../../libs/event/event.ts';
import { type Spread, spreadOf } from './quantile.ts';
import type { Load } from './query/load-client.ts';
import { ScaleAsker } from './scale-asker.ts';
import type { ScaleProcess } from './scale-process.ts';
import { ScaleQueries } from './scale-queries.ts';
import {
  addressesOf,
  isHeadless,
  qualifiedName,
  type ScaleService,
  SERVICES,
  sliceFact,
} from './scale-world.ts';
import type { ScaleWriter } from './scale-writer.ts';

export interface ChangeFigures {
  /** A second. */
  readonly rate: number;
  readonly seconds: number;
  /** That the resolver took. */
  readonly cores: number;
  /** From the last change until the resolver has read all. */
  readonly lagMs: number;
  /** From the acknowledgement of the log to the answer, in ms. */
  readonly latencies: Spread;
  /** Queries before the changes, and beside them. */
  readonly quiet: Load;
  readonly busy: Load;
}

const RATE = 2000;
const SECONDS = 30;
/** Queries are measured for so long, the last of the changes' seconds. */
const QUERY_SECONDS = 10;
/** From a service of a cluster to the one that is changed next: no factor of their number. */
const STRIDE = 701;
const TICK_MS = 10;
/** Of so many changes one is waited for: no factor of the number of clusters. */
const SAMPLED = 97;
/** Later changes may overtake the answer that is waited for: all are right but the one before. */
const LATER = 15;
const CAUGHT_UP_WITHIN_MS = 120_000;
const LOOK_MS = 20;

export async function measureChanges(
  running: ScaleProcess,
  writers: readonly ScaleWriter[],
): Promise<ChangeFigures> {
  const queries = new ScaleQueries(running, writers.length);
  const quiet = await queries.measure(QUERY_SECONDS);
  const asker = await ScaleAsker.open(running.dnsPort);
  const querying = delay((SECONDS - QUERY_SECONDS - 1) * 1000).then(() =>
    queries.measure(QUERY_SECONDS),
  );
  const samples: Promise<number>[] = [];
  const cpuBefore = running.cpuSeconds();
  const begun = performance.now();
  const made = await change(writers, (service, generation, at) => {
    const later = Array.from({ length: LATER }, (_, i) => addressesOf(service, generation + i));
    const wanted = { name: qualifiedName(service), answers: later };
    samples.push(asker.untilRight(wanted).then((rightAt) => rightAt - at));
  });
  const tookMs = performance.now() - begun;
  const cores = (running.cpuSeconds() - cpuBefore) / (tookMs / 1000);
  const lagMs = await caughtUp(running, writers);
  const late = delay(CAUGHT_UP_WITHIN_MS, undefined, { ref: false }).then(() => {
    throw new Error('Cannot see all changes: some are not answered; expected all of them');
  });
  const latencies = await Promise.race([Promise.all(samples), late]);
  asker.close();
  return {
    rate: (1000 * made) / tookMs,
    seconds: tookMs / 1000,
    cores,
    lagMs,
    latencies: spreadOf(latencies),
    quiet,
    busy: await querying,
  };
}

interface Due {
  readonly service: ScaleService;
  readonly isSampled: boolean;
}

/** How many were made. Each service is changed once before any is changed again. */
async function change(
  writers: readonly ScaleWriter[],
  onSampled: (service: ScaleService, generation: number, at: number) => void,
): Promise<number> {
  const queues = writers.map((): Due[] => []);
  const generations = new Map<string, number>();
  const begun = performance.now();
  let made = 0;
  let isOver = false;
  const write = async (cluster: number) => {
    while (!isOver || (queues[cluster]?.length ?? 0) > 0) {
      const due = queues[cluster]?.splice(0) ?? [];
      if (due.length === 0) {
        await delay(TICK_MS / 2);
        continue;
      }
      let events: Event[] = [];
      for (const { service, isSampled } of due) {
        const key = `${service.cluster}/${service.number}`;
        const generation = (generations.get(key) ?? 0) + 1;
        generations.set(key, generation);
        events.push({ kind: 'observed', object: sliceFact(service, generation) });
        if (!isSampled) continue;
        await writers[cluster]?.tell(events);
        events = [];
        onSampled(service, generation, performance.now());
      }
      await writers[cluster]?.tell(events);
    }
  };
  const writing = Promise.all(writers.map((_, cluster) => write(cluster)));
  while (performance.now() - begun < SECONDS * 1000) {
    const due = Math.floor(((performance.now() - begun) * RATE) / 1000);
    for (; made < due; made++) {
      const cluster = made % writers.length;
      const turn = Math.floor(made / writers.length);
      const service = { cluster, number: (turn * STRIDE) % SERVICES };
      queues[cluster]?.push({ service, isSampled: made % SAMPLED === 0 && showsAll(service) });
    }
    await delay(TICK_MS);
  }
  isOver = true;
  await writing;
  return made;
}

/** Of home only headless ones give their endpoints. */
function showsAll(service: ScaleService): boolean {
  return service.cluster > 0 || isHeadless(service);
}

async function caughtUp(running: ScaleProcess, writers: readonly ScaleWriter[]): Promise<number> {
  const begun = performance.now();
  const all = writers.reduce((sum, { head }) => sum + head, 0);
  while ((await running.metric('isthmus_cluster_position')) < all) {
    if (performance.now() - begun > CAUGHT_UP_WITHIN_MS) return Number.POSITIVE_INFINITY;
    await delay(LOOK_MS);
  }
  return performance.now() - begun;
}
