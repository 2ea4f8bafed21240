/**
 * What clients feel when the Redis that resolvers share is flushed, full, hangs or is gone:
 * `npm run bench -- shared [ROUNDS]`.
 *
 *   for each round: for each state of Redis, healthy first:
 *     the client begins ─► the fault, a moment later ─► … ─► mended, and used again
 *
 * Every other name was never asked before, so that Redis is asked for it, and then upstream, which
 * is in this process: absolute figures say little, ratios to the healthy ones of the same round do.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { short } from '../e2e/ask.ts';
import { IsthmusProcess, until } from '../e2e/isthmus-process.ts';
import { findServer, missingServer } from '../servers/find-server.ts';
import { freePort } from '../servers/free-port.ts';
import { type RedisServer, startRedis } from '../servers/redis.ts';
import { makeTempDirectory, removeTempDirectory } from '../servers/temp-directory.ts';
import { answerTo, startUpstream } from '../servers/upstream.ts';
import { machineFacts } from './machine.ts';
import { type Paced, PacedClient } from './paced-client.ts';
import { median, quantile } from './quantile.ts';

const ROUNDS_DEFAULT = 5;
const ROUNDS_MAX = 100;
/** What two cores do beside this process, which is client and upstream. */
const PER_SECOND = 1000;
const SECONDS = 5;
/** The fault comes while clients ask. */
const FAULT_AFTER_MS = 500;
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

interface Figures {
  readonly p50: number;
  readonly p99: number;
  /** To the healthy one of the round. */
  readonly ratio: number;
  readonly lost: number;
  readonly failed: number;
}

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
  const upstream = await startUpstream((query) => [
    answerTo(query, [`${query.question?.name} 300 IN A 192.0.2.80`]),
  ]);
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
    await isthmus.until(async () => (await short(port, 'up.example')) === '192.0.2.80', 'up');
    console.log(`${machineFacts()}, ${rounds} rounds, ${PER_SECOND}/s, medians\n`);
    const figures = await measure(rounds, port, redis.first, metricsPort);
    console.log(tableOf(figures));
  } finally {
    await isthmus.kill();
    await upstream.close();
    await redis.stop();
    removeTempDirectory(folder);
  }
}

async function measure(
  rounds: number,
  port: number,
  redis: RedisServer,
  metricsPort: number,
): Promise<ReadonlyMap<string, readonly Figures[]>> {
  const figures = new Map<string, Figures[]>(STATES.map(({ name }) => [name, []]));
  const client = await PacedClient.open(port);
  await client.ask(PER_SECOND, 1, nameOf); // warms it up
  for (let round = 0; round < rounds; round++) {
    let healthy: number | undefined;
    for (const { name, make } of STATES) {
      const asking = client.ask(PER_SECOND, SECONDS, nameOf);
      await new Promise((done) => setTimeout(done, FAULT_AFTER_MS));
      const mend = make(redis);
      const paced = await asking;
      await mend();
      await until(() => isUsed(port, metricsPort), `Redis is used after it was ${name}`);
      const one = figuresOf(paced, healthy);
      healthy ??= one.p99;
      figures.get(name)?.push(one);
    }
  }
  client.close();
  return figures;
}

let asked = 0;
/** Half of them new. */
function nameOf(): string {
  const n = asked++;
  return n % 2 === 0 ? `new-${n}.example.` : `known-${n % 100}.example.`;
}

function figuresOf({ latenciesMs, lost, failed }: Paced, healthy: number | undefined): Figures {
  const p99 = quantile(latenciesMs, 0.99);
  return { p50: median(latenciesMs), p99, ratio: p99 / (healthy ?? p99), lost, failed };
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

function tableOf(figures: ReadonlyMap<string, readonly Figures[]>): string {
  const columns = ['p50 ms', 'p99 ms', '× healthy', 'worst ×', 'lost', 'failed'];
  const rows = [...figures].map(([name, runs]) => {
    const of = (figure: keyof Figures) => median(runs.map((run) => run[figure]));
    const sum = (figure: keyof Figures) => runs.reduce((all, run) => all + run[figure], 0);
    const worst = Math.max(...runs.map(({ ratio }) => ratio));
    const cells = [of('p50'), of('p99'), of('ratio'), worst].map((one) => one.toFixed(2));
    return [name, ...cells, `${sum('lost')}`, `${sum('failed')}`];
  });
  const lines = [['Redis', ...columns], ...rows].map((cells) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(WIDTH) : cell.padStart(WIDTH))).join(''),
  );
  return [...lines, '', `The reach is a ratio of ${REACH} at most, and nobody lost.`].join('\n');
}
