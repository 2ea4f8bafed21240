/**
 * What clients feel when the Redis that resolvers share is flushed, full, hangs or is gone:
 * `npm run bench -- shared [ROUNDS]`.
 *
 *   for each round: for each state of Redis, healthy first:
 *     the client begins ─► the fault, a moment later ─► … ─► mended, and used again
 *
 * Every other name was never asked before, so that Redis is asked for it, and then upstream, which
 * is in this process: absolute figures say little, ratios to the healthy ones do. States take turns
 * that are short, so that whatever else the machine does is done to all of them.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { short } from '../e2e/ask.ts';
import { IsthmusProcess, until } from '../e2e/isthmus-process.ts';
import { findServer, missingServer } from '../servers/find-server.ts';
import { freePort } from '../servers/free-port.ts';
import { type RedisServer, startRedis } from '../servers/redis.ts';
import { makeTempDirectory, removeTempDirectory } from '../servers/temp-directory.ts';
import { LIGHT_ADDRESS, startLightUpstream } from './light-upstream.ts';
import { machineFacts } from './machine.ts';
import { type Paced, PacedClient } from './paced-client.ts';
import { quantile } from './quantile.ts';

const ROUNDS_DEFAULT = 10;
const ROUNDS_MAX = 100;
/** What two cores do beside this process, which is client and upstream. */
const PER_SECOND = 1000;
const SECONDS = 2;
/** The fault comes while clients ask. */
const FAULT_AFTER_MS = 200;
const FLUSH_EVERY_MS = 100;
/** The reach: with Redis away the slowest of a hundred takes no longer than twice as long. */
const REACH = 2;
const WIDTH = 11;

interface State {
  readonly name: string;
  /** Gives what mends it. */
  readonly make: (redis: RedisServer) => () => unknown;
}

const STATES: readonly State[] = [
  { name: 'healthy', make: () => () => {} },
  {
    name: 'flushed',
    make: (redis) => {
      const timer = setInterval(() => void redis.command('FLUSHALL'), FLUSH_EVERY_MS);
      return () => clearInterval(timer);
    },
  },
  {
    name: 'full',
    make: (redis) => {
      void redis.command('CONFIG SET maxmemory 1');
      return () => redis.command('CONFIG SET maxmemory 0');
    },
  },
  {
    name: 'hung',
    make: (redis) => {
      redis.pause();
      return () => redis.resume();
    },
  },
  {
    name: 'killed',
    make: (redis) => {
      void redis.kill();
      return () => redis.start();
    },
  },
];

export async function shared(words: readonly string[]): Promise<void> {
  const rounds = Number(words[0] ?? ROUNDS_DEFAULT);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > ROUNDS_MAX) {
    throw new Error(`Cannot run "${words[0]}" rounds: no number; expected 1 to ${ROUNDS_MAX}`);
  }
  const binary = findServer('redis-server');
  if (binary === undefined) {
    throw new Error(`Cannot run the bench "shared": it ${missingServer('redis-server')}`);
  }
  const folder = makeTempDirectory();
  const redis = await startRedis(binary);
  const upstream = await startLightUpstream();
  const [port, metricsPort] = [await freePort(), await freePort()];
  const corefile = join(folder, 'Corefile');
  const blocks = `cache {\n serve_stale\n}\nredisc {\n endpoint ${redis.url}\n}`;
  writeFileSync(
    corefile,
    `.:${port} {\nbind 127.0.0.1\nprometheus 127.0.0.1:${metricsPort}\n${blocks}\n` +
      `forward . 127.0.0.1:${upstream.port}\n}\n`,
  );
  const isthmus = new IsthmusProcess(['up', '-conf', corefile, '-quiet']);
  try {
    await isthmus.until(async () => (await short(port, 'up.example')) === LIGHT_ADDRESS, 'up');
    console.log(`${machineFacts()}, ${rounds} rounds, ${PER_SECOND}/s\n`);
    console.log(tableOf(await measure(rounds, port, redis.first, metricsPort)));
  } finally {
    await isthmus.kill();
    await upstream.close();
    await redis.stop();
    removeTempDirectory(folder);
  }
}

/** All turns of each state together. */
async function measure(
  rounds: number,
  port: number,
  redis: RedisServer,
  metricsPort: number,
): Promise<ReadonlyMap<string, readonly Paced[]>> {
  const turns = new Map<string, Paced[]>(STATES.map(({ name }) => [name, []]));
  const client = await PacedClient.open(port);
  await client.ask(PER_SECOND, 1, nameOf); // warms it up
  for (let round = 0; round < rounds; round++) {
    for (const { name, make } of STATES) {
      const asking = client.ask(PER_SECOND, SECONDS, nameOf);
      await new Promise((done) => setTimeout(done, FAULT_AFTER_MS));
      const mend = make(redis);
      turns.get(name)?.push(await asking);
      await mend();
      await until(() => isUsed(port, metricsPort), `Redis is used after it was ${name}`);
    }
  }
  client.close();
  return turns;
}

let asked = 0;
/** Half of them new. */
function nameOf(): string {
  const n = asked++;
  return n % 2 === 0 ? `new-${n}.example.` : `known-${n % 100}.example.`;
}

/** It is neither left out, nor are its reads in vain. */
async function isUsed(port: number, metricsPort: number): Promise<boolean> {
  const read = async () => {
    const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    const of = (line: RegExp) => Number(line.exec(text)?.[1] ?? 0);
    return {
      isOpen: of(/^isthmus_cache_shared_open\{.*\} (\d)$/m) === 1,
      written: of(/^isthmus_cache_shared_total\{.*outcome="written"\} (\d+)$/m),
    };
  };
  const before = await read();
  await short(port, nameOf());
  const now = await read();
  return !now.isOpen && now.written > before.written;
}

function tableOf(turns: ReadonlyMap<string, readonly Paced[]>): string {
  const columns = ['p50 ms', 'p90 ms', 'p99 ms', '× healthy', 'lost', 'failed'];
  let healthy: number | undefined;
  const rows = [...turns].map(([name, all]) => {
    const latencies = all.flatMap(({ latenciesMs }) => latenciesMs);
    const [p50 = 0, p90 = 0, p99 = 0] = [0.5, 0.9, 0.99].map((q) => quantile(latencies, q));
    healthy ??= p99;
    const sum = (of: 'lost' | 'failed') => all.reduce((total, turn) => total + turn[of], 0);
    const cells = [p50, p90, p99, p99 / healthy].map((one) => one.toFixed(2));
    return [name, ...cells, `${sum('lost')}`, `${sum('failed')}`];
  });
  const lines = [['Redis', ...columns], ...rows].map((cells) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(WIDTH) : cell.padStart(WIDTH))).join(''),
  );
  return [...lines, '', `The reach is a ratio of ${REACH} at most, and nobody lost.`].join('\n');
}
