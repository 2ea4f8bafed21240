/**
 * How long a change takes from the API's acknowledgement to the DNS answer, beside CoreDNS on the
 * same API server in the same run.
 *
 *   for each run: for each round: for each system, the others stopped:
 *     endpoints: a headless Service's EndpointSlice changes its address
 *     service: a Service is made whose name was denied
 *   once: CoreDNS with its cache, few changes spread over the cache's time
 *   once: where the time goes (stages.ts)
 */
import { rmSync } from 'node:fs';
import { startApiServer } from '../cluster/apiserver.ts';
import { apiServerMissing } from '../cluster/needs-api-server.ts';
import { NAMESPACE } from '../e2e/objects.ts';
import { findServer, missingServer } from '../servers/find-server.ts';
import { makeTempDirectory } from '../servers/temp-directory.ts';
import { ApiWriter } from './api-writer.ts';
import { measureCached, prepareCached } from './cached.ts';
import { CHANGE_KINDS, type ChangeKind, Changes, elapsedMs } from './changes.ts';
import { busyCores, machineFacts } from './machine.ts';
import { type Measured, propagationTables, runsTable } from './propagation-report.ts';
import { measureStages } from './stages.ts';
import {
  type Surroundings,
  type System,
  startCoredns,
  startDistributed,
  startEmbedded,
} from './systems.ts';
import { Turns } from './turns.ts';

/** 200 changes of each kind a run: the systems take turns, so that a disturbance hits all. */
const ROUNDS = 10;
const CHANGES_PER_ROUND = 20;
const RUNS = 5;
/** Versions, and whether each entry is on the disk before it is acknowledged (see systems.ts). */
const NATS: readonly (readonly [version: string, isSynced: boolean])[] = [
  ['2.15', false],
  ['2.15', true],
  ['2.9', false],
];
/** Each server ends at the latest with us, and listens for that. */
const EXIT_LISTENERS = 30;

/** `words`: the number of runs, if it is not to be 5. */
export async function propagation([word = `${RUNS}`]: readonly string[]): Promise<void> {
  const runs = /^\d{1,3}$/.test(word) ? Number(word) : 0;
  if (runs < 1) throw new Error(`Cannot make "${word}" runs: expected a number from 1 to 999`);
  const missing = apiServerMissing();
  if (missing !== undefined) throw new Error(`Cannot run the bench "propagation": it ${missing}`);
  process.setMaxListeners(EXIT_LISTENERS);
  console.log(`${machineFacts()}\n`);
  const stops: (() => Promise<void> | void)[] = [];
  try {
    await measure(runs, (stop) => stops.push(stop));
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

async function measure(runs: number, atEnd: (stop: () => Promise<void> | void) => void) {
  const folder = makeTempDirectory();
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  const api = await startApiServer();
  atEnd(() => api.stop());
  await api.installCrds();
  await api.must('POST', '/api/v1/namespaces', NAMESPACE);
  const writer = new ApiWriter(api);
  atEnd(() => writer.close());
  const changes = new Changes(writer);
  const turns = new Turns(changes);
  for (const start of starts({ api, folder })) {
    const system = await start();
    atEnd(() => system.stop());
    await turns.join(system);
  }
  atEnd(() => turns.close());
  const measured = await measureRuns(turns, runs);
  await prepareCached(changes);
  const cached = await startCached({ api, folder });
  if (cached !== undefined) {
    atEnd(() => cached.stop());
    const { endpoints, service } = await measureCached(cached, changes);
    const all = { endpoints: [endpoints.map(elapsedMs)], service: [service.map(elapsedMs)] };
    measured.push({ title: cached.title, runs: all });
  }
  console.log(propagationTables(measured));
  console.log(runsTable(measured));
  cached?.pause();
  console.log(await measureStages(turns, writer, folder));
}

/** How to start what this machine has; what it has not is named. */
function starts(around: Surroundings): readonly (() => Promise<System>)[] {
  const all = [() => startEmbedded(around)];
  const redis = findServer('redis-server');
  if (redis === undefined) leaveOut('Isthmus distributed', missingServer('redis-server'));
  for (const [natsVersion, isSynced] of NATS) {
    const nats = findServer(`nats-server ${natsVersion}`);
    if (nats === undefined) {
      leaveOut(`NATS ${natsVersion}`, missingServer(`nats-server ${natsVersion}`));
    } else if (redis !== undefined) {
      all.push(() => startDistributed(around, { natsVersion, nats, redis, isSynced }));
    }
  }
  const coredns = findServer('coredns');
  if (coredns === undefined) leaveOut('CoreDNS', missingServer('coredns'));
  else all.push(() => startCoredns(around, coredns, 'no cache'));
  return all;
}

async function startCached(around: Surroundings): Promise<System | undefined> {
  const coredns = findServer('coredns');
  return coredns === undefined ? undefined : startCoredns(around, coredns, 'cache 30');
}

function leaveOut(what: string, why: string): void {
  console.log(`${what} is left out: it ${why}`);
}

async function measureRuns(turns: Turns, runs: number): Promise<Measured[]> {
  const measured = new Map<string, Record<ChangeKind, number[][]>>();
  for (const { title } of turns.systems) measured.set(title, { endpoints: [], service: [] });
  const coresSince = busyCores();
  for (let run = 1; run <= runs; run++) {
    const begun = performance.now();
    for (const lists of measured.values()) for (const kind of CHANGE_KINDS) lists[kind].push([]);
    for (let round = 0; round < ROUNDS; round++) {
      await turns.round(async (change, { title }) => {
        for (const kind of CHANGE_KINDS) {
          const list = measured.get(title)?.[kind].at(-1);
          for (let i = 0; i < CHANGES_PER_ROUND; i++) {
            list?.push(elapsedMs(await change(kind)));
          }
        }
      });
    }
    const seconds = ((performance.now() - begun) / 1000).toFixed(0);
    console.log(`run ${run} took ${seconds} s, ${coresSince().toFixed(1)} cores busy`);
  }
  return [...measured].map(([title, lists]) => ({ title, runs: lists }));
}
