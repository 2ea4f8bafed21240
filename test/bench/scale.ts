/**
 * One resolver of many clusters of 2,000 services each: how long it takes to boot from the log,
 * from the shared store and from its disk, what it keeps in memory, and whether 2,000 changes a
 * second reach the answers.
 *
 *   npm run bench -- scale [CLUSTERS…]        1, 10 and 100 by default
 *
 *   writers ─► NATS ─┬─► a first resolver fills Redis and its disk
 *                    └─► boots, each a process of its own ─► changes, with queries beside
 */
import { mkdtempSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { HEARTBEAT_MS } from '../../libs/event/heartbeat.ts';
import type { Logs } from '../../libs/log/log.ts';
import { openJetStreamLogs } from '../../libs/log-jetstream/jetstream-logs.ts';
import { openRedisStore } from '../../libs/store-redis/redis-store.ts';
import { findServer, missingServer } from '../servers/find-server.ts';
import { type NatsServers, startNats } from '../servers/nats.ts';
import { type RedisServers, startRedis } from '../servers/redis.ts';
import { makeTempDirectory, removeTempDirectory } from '../servers/temp-directory.ts';
import { machineFacts } from './machine.ts';
import { type Boot, bootOf } from './scale-boot.ts';
import { measureChanges } from './scale-changes.ts';
import { type Places, ScaleProcess } from './scale-process.ts';
import { BOOT_HEADING, bootRow, changeRows, seconds } from './scale-report.ts';
import { FEDERATION, ScaleWriter } from './scale-writer.ts';

const SIZES = [1, 10, 100];
const CLUSTERS_MAX = 1000;
/** Boots of one kind: medians of them are told. Of many clusters one takes minutes. */
const RUNS = 3;
const RUNS_UP_TO_CLUSTERS = 10;
/** Clusters that are filled at once: one append of each is under way. */
const FILLED_AT_ONCE = 16;
/** Until the store and the disk have all. */
const KEPT_WITHIN_MS = 15 * 60_000;
const STORE_TIMEOUT_MS = 5000;
const LOOK_MS = 250;

interface Servers {
  readonly folder: string;
  readonly nats: NatsServers;
  readonly redis: RedisServers;
}

export async function scale(words: readonly string[]): Promise<void> {
  const wrong = words.find((word) => !/^[1-9]\d*$/.test(word) || Number(word) > CLUSTERS_MAX);
  if (wrong !== undefined) {
    throw new Error(`Cannot use "${wrong}": expected numbers of clusters, 1 to ${CLUSTERS_MAX}`);
  }
  const sizes = words.length > 0 ? words.map(Number) : SIZES;
  const natsBinary = serverOf('nats-server 2.15');
  const redisBinary = serverOf('redis-server');
  console.log(`${machineFacts()}\n`);
  for (const clusters of sizes) {
    const folder = makeTempDirectory();
    const nats = await startNats(natsBinary, 1);
    const redis = await startRedis(redisBinary);
    try {
      await atSize(clusters, { folder, nats, redis });
    } finally {
      await redis.stop();
      await nats.stop();
      removeTempDirectory(folder);
    }
  }
}

async function atSize(clusters: number, servers: Servers): Promise<void> {
  const { folder, nats, redis } = servers;
  const [natsUrl = ''] = nats.urls;
  const logs = openJetStreamLogs({ servers: [natsUrl], federation: FEDERATION });
  const newState = () => mkdtempSync(join(folder, 'state-'));
  const places = { folder, natsUrl, redisUrl: redis.url, state: newState() };
  let beating: NodeJS.Timeout | undefined;
  try {
    const writers = await fill(logs, clusters);
    const beat = () => {
      for (const writer of writers) writer.beat();
    };
    beating = setInterval(beat, HEARTBEAT_MS);
    await keep(places, writers);
    console.log(BOOT_HEADING);
    await boots('log', () => ({ ...places, redisUrl: undefined, state: newState() }), clusters);
    await boots('Redis', () => ({ ...places, state: newState() }), clusters);
    await boots('disk', () => places, clusters);
    await changes(places, writers);
    await end(servers);
    await boots('disk alone', () => places, clusters, false);
    console.log('');
  } finally {
    clearInterval(beating);
    await logs.close();
  }
}

async function fill(logs: Logs, clusters: number): Promise<readonly ScaleWriter[]> {
  const begun = performance.now();
  const writers = Array.from({ length: clusters }, (_, i) => new ScaleWriter(logs, i));
  const left = writers.values();
  const fillSome = async () => {
    for (const writer of left) await writer.fill();
  };
  await Promise.all(Array.from({ length: FILLED_AT_ONCE }, fillSome));
  const entries = writers.reduce((sum, { head }) => sum + head, 0);
  console.log(
    `${clusters} clusters: ${entries} entries told in ${seconds(performance.now() - begun)}`,
  );
  return writers;
}

/** A first resolver fills the store, and keeps all on its disk. */
async function keep(places: Places, writers: readonly ScaleWriter[]): Promise<void> {
  const begun = performance.now();
  const running = await ScaleProcess.start(places);
  const url = places.redisUrl ?? '';
  const store = openRedisStore({ url, federation: FEDERATION, timeoutMs: STORE_TIMEOUT_MS });
  const isKept = async () => {
    const files = readdirSync(join(places.state, 'facts', FEDERATION));
    const kept = new Set(files);
    if (!writers.every(({ cluster }) => kept.has(`${cluster}.facts`))) return false;
    for (const { cluster, head } of writers) {
      if ((await store.head(cluster))?.position !== head) return false;
    }
    return true;
  };
  try {
    while (!(await isKept().catch(() => false))) {
      if (performance.now() - begun > KEPT_WITHIN_MS) {
        const said = running.process.output.slice(-4000);
        throw new Error(`Cannot fill store and disk: it takes too long; it said:\n${said}`);
      }
      await delay(LOOK_MS);
    }
  } finally {
    await store.close();
    await running.process.kill();
  }
  console.log(`  store and disk filled in ${seconds(performance.now() - begun)}`);
}

async function boots(
  title: string,
  placesOf: () => Places,
  clusters: number,
  isLogUp = true,
): Promise<void> {
  const all: Boot[] = [];
  const runs = clusters <= RUNS_UP_TO_CLUSTERS ? RUNS : 1;
  while (all.length < runs) {
    const { boot, running } = await bootOf(placesOf(), clusters, isLogUp);
    await running.process.kill();
    all.push(boot);
  }
  console.log(bootRow(title, all, clusters));
}

async function changes(places: Places, writers: readonly ScaleWriter[]): Promise<void> {
  const { running } = await bootOf(places, writers.length);
  try {
    for (const row of changeRows(await measureChanges(running, writers))) console.log(row);
  } finally {
    await running.process.kill();
  }
}

async function end({ nats, redis }: Servers): Promise<void> {
  for (const node of nats.nodes) await node.kill();
  await redis.first.kill();
}

function serverOf(server: string): string {
  const found = findServer(server);
  if (found === undefined)
    throw new Error(`Cannot run the bench "scale": it ${missingServer(server)}`);
  return found;
}
