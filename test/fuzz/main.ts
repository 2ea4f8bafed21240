/**
 * Throws packets at the server for as long as it is told:
 *
 *   npm run test:fuzz                 a minute
 *   npm run test:fuzz -- SECONDS      so long
 *   npm run test:fuzz -- 0 SEED PATH  the packet of a failure, as fast-check printed it
 *
 * A failure is printed with the smallest packet that has it. The heap must not grow once the cache
 * is full: it is printed for each tenth of the time.
 */
import fc from 'fast-check';
import { everyPlugin, framing, newTally, type Tally, tableAndChain } from './properties.ts';
import { givenFederation, givenListeners } from './servers.ts';
import { streams } from './streams.ts';

const SECONDS = 60;
const SLICES = 10;

const [seconds = SECONDS, seed, path] = process.argv.slice(2);
const federation = await givenFederation();
const [both, plugins] = [newTally(), newTally()];
const listeners = await givenListeners();
const properties = [
  tableAndChain(federation, both),
  everyPlugin(plugins),
  framing(),
  streams(listeners.port),
];
if (seed === undefined) await runFor(Number(seconds));
else await runOne(Number(seed), path ?? '0');
federation.stop();
await listeners.close();

async function runFor(all: number): Promise<void> {
  const interruptAfterTimeLimit = (all * 1000) / SLICES / properties.length;
  for (let slice = 0; slice < SLICES; slice++) {
    for (const property of properties) {
      await fc.assert<unknown[]>(property, { interruptAfterTimeLimit, numRuns: 2 ** 31 - 1 });
    }
    console.log(`${inWords('table and chain', both)}; ${inWords('plugins', plugins)}; ${memory()}`);
  }
}

async function runOne(seed: number, path: string): Promise<void> {
  for (const property of properties) await fc.assert<unknown[]>(property, { seed, path });
}

function inWords(what: string, { packets, fromTable, fromChain, silent }: Tally): string {
  return `${what} ${packets} (table ${fromTable}, chain ${fromChain}, silent ${silent})`;
}

function memory(): string {
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  return `heap ${(heapUsed / 2 ** 20).toFixed(1)} MiB, RSS ${Math.round(rss / 2 ** 20)} MiB`;
}
