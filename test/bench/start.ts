/**
 * From the spawn of the process to its first right answer and to all of them, and the memory that
 * it then keeps: beside CoreDNS, on the same API server, in turns.
 *
 *   npm run bench -- start [RUNS] [SERVICES…]       5 runs of 10,000 services, 3 of 100,000
 */
import { rmSync } from 'node:fs';
import { apiServerMissing } from '../cluster/needs-api-server.ts';
import { findServer, missingServer } from '../servers/find-server.ts';
import { startNats } from '../servers/nats.ts';
import { makeTempDirectory } from '../servers/temp-directory.ts';
import { type BigCluster, startBigCluster } from './big-cluster.ts';
import { addressesOf, type BigService } from './big-world.ts';
import { machineFacts } from './machine.ts';
import { quantile } from './quantile.ts';
import { measureStart, type StartFigures, untilComplete } from './start-measure.ts';
import { coredns, embedded, resolver, type Starting, watcher } from './start-systems.ts';

const SEED = 4;
/** What the reach is stated for, and how often each is started. */
const SIZES: ReadonlyMap<number, number> = new Map([
  [10_000, 5],
  [100_000, 3],
]);
/** Names asked for, evenly spread over the cluster. */
const ASKED = 16;

/** NATS takes some thousand entries a second, and 100,000 services are 200,000. */
const TOLD_WITHIN_MS = 20 * 60_000;

/** Stops what was started, the last first. */
type AtEnd = (stop: () => unknown) => void;

export async function start(words: readonly string[]): Promise<void> {
  const wrong = words.find((word) => !/^[1-9]\d{0,5}$/.test(word));
  if (wrong !== undefined) throw new Error(`Cannot use "${wrong}": expected RUNS, then SERVICES`);
  const [runs, ...given] = words.map(Number);
  const sizes = given.length > 0 ? given : [...SIZES.keys()];
  const missing = apiServerMissing();
  if (missing !== undefined) throw new Error(`Cannot run the bench "start": it ${missing}`);
  console.log(`${machineFacts()}\n`);
  for (const services of sizes) await atSize(services, runs ?? SIZES.get(services) ?? 3);
}

async function atSize(services: number, runs: number): Promise<void> {
  const stops: Parameters<AtEnd>[0][] = [];
  const atEnd: AtEnd = (stop) => stops.push(stop);
  try {
    const begun = performance.now();
    const cluster = await startBigCluster({ services, seed: SEED });
    atEnd(() => cluster.stop());
    const asked = askedOf(cluster);
    const systems = await systemsOf(cluster, asked, atEnd);
    console.log(`${services} services: prepared in ${seconds(performance.now() - begun)} s`);
    const measured = new Map<string, StartFigures[]>(systems.map(({ title }) => [title, []]));
    for (let run = 1; run <= runs; run++) {
      for (const system of systems) {
        const figures = await measureStart(system, asked);
        measured.get(system.title)?.push(figures);
        console.log(`  run ${run}  ${rowOf(system.title, [figures])}`);
      }
    }
    console.log(`\n${services} services, median of ${runs}`);
    console.log(`  ${'    '.padEnd(5)}  ${HEADING}`);
    for (const [title, all] of measured) console.log(`         ${rowOf(title, all)}`);
    console.log('');
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

async function systemsOf(
  cluster: BigCluster,
  asked: readonly BigService[],
  atEnd: AtEnd,
): Promise<readonly Starting[]> {
  const { api } = cluster;
  const folder = makeTempDirectory();
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  const { first, second } = embedded({ api, folder });
  const systems: Starting[] = [first, second];
  const nats = findServer('nats-server 2.15');
  if (nats === undefined) leaveOut('Isthmus resolver', missingServer('nats-server 2.15'));
  else systems.push(await toldResolver(cluster, folder, nats, asked, atEnd));
  const binary = findServer('coredns');
  if (binary === undefined) leaveOut('CoreDNS', missingServer('coredns'));
  else systems.push(coredns({ api, folder }, binary));
  return systems;
}

/** The watcher has ended when others are measured: what it told is in the log. */
async function toldResolver(
  { api }: BigCluster,
  folder: string,
  binary: string,
  asked: readonly BigService[],
  atEnd: AtEnd,
): Promise<Starting> {
  const nats = await startNats(binary, 1);
  atEnd(() => nats.stop());
  const [url = ''] = nats.urls;
  const starting = resolver(folder, url);
  const telling = await watcher(api, url);
  try {
    await untilComplete(starting, asked, TOLD_WITHIN_MS);
  } finally {
    await telling.stop();
  }
  return starting;
}

function askedOf({ services, service }: BigCluster): readonly BigService[] {
  const asked: BigService[] = [];
  for (let i = 1; i <= ASKED; i++) {
    let number = Math.floor((i * services) / ASKED) - 1;
    while (number > 0 && addressesOf(service(number)).length === 0) number--;
    asked.push(service(number));
  }
  return asked;
}

const HEADING = `${''.padEnd(30)} first answer   complete      RSS      PSS     peak      CPU`;

function rowOf(title: string, all: readonly StartFigures[]): string {
  const median = (of: (one: StartFigures) => number) => quantile(all.map(of), 0.5);
  return [
    title.padEnd(30),
    `${seconds(median((one) => one.firstMs))} s`.padStart(13),
    `${seconds(median((one) => one.completeMs))} s`.padStart(10),
    `${mebibytes(median((one) => one.rssMiB))}`,
    `${mebibytes(median((one) => one.pssMiB))}`,
    `${mebibytes(median((one) => one.peakMiB))}`,
    `${median((one) => one.cpuSeconds).toFixed(2)} s`.padStart(8),
  ].join(' ');
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(2);
}

function mebibytes(count: number): string {
  return `${count.toFixed(0)} MiB`.padStart(8);
}

function leaveOut(what: string, why: string): void {
  console.log(`${what} is left out: it ${why}`);
}
