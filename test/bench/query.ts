/**
 * What a query costs, beside a C echo, Knot, NSD, unbound and CoreDNS in the same session.
 *
 *   on one core, then on all:
 *     start every server, warm it up, wait until it is calm, stop it (SIGSTOP)
 *     for each round: for each mix: for each server, the others stopped:
 *       saturated, 5,000 a second, half of what Knot can: a client in C asks (query/load.c)
 */
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { apiServerMissing } from '../cluster/needs-api-server.ts';
import { ask } from '../e2e/ask.ts';
import { makeTempDirectory, removeTempDirectory } from '../servers/temp-directory.ts';
import { startBigCluster } from './big-cluster.ts';
import { bigService } from './big-world.ts';
import { busyCores, machineFacts } from './machine.ts';
import { corednsServer, isthmusServer } from './query/cluster-servers.ts';
import { startExternalHosts } from './query/external-hosts.ts';
import { type Measured, queriesPerSecond } from './query/figures.ts';
import { compile, type Load, runLoad } from './query/load-client.ts';
import { type Found, floorServer, knotServer, nsdServer, unboundServer } from './query/peers.ts';
import { type CoresWord, type LoadWord, type Plan, planOf } from './query/plan.ts';
import { MIXES, type Mix, type Question, questionFile, questionsOf } from './query/questions.ts';
import { queryTable, rateKey, roundsTable, troubleLines } from './query/report.ts';
import type { Placement, RunningServer, Server } from './query/running-server.ts';
import { compareAnswers } from './query/same-answers.ts';
import { zoneFiles } from './query/zone-files.ts';

/** So many have more than 50,000 names with addresses. */
const SERVICES = 40_000;
const SEED = 4;
/** What is measured, a cell. */
const SECONDS = 1;
/** After a server was stopped: its timers, its caches, the processor's. */
const WARM_UP_SECONDS = 0.4;
/** … and until it asked upstream again for the names outside that ran out meanwhile. */
const REFILL_SECONDS = 2;
/** Between two loads of one turn. */
const SETTLE_SECONDS = 0.1;
const FEW_PER_SECOND = 5000;
/** The server's and the client's, where they have one each. */
const SERVER_CORE = 0;
const CLIENT_CORE = 1;
/** Each server ends at the latest with us, and listens for that. */
const EXIT_LISTENERS = 50;

/** The exit code of a program that Ctrl-C ended. */
const INTERRUPTED = 130;

interface Asked {
  readonly questions: readonly Question[];
  readonly file: string;
}

interface Taker {
  readonly server: Server;
  readonly running: RunningServer;
}

interface Session {
  readonly plan: Plan;
  readonly client: string;
  readonly asked: Readonly<Record<Mix, Asked>>;
  readonly measured: Measured[];
  /** Half of what Knot can, by where and what. */
  readonly rates: Map<string, number>;
}

type AtEnd = (stop: () => Promise<void> | void) => void;

export async function query(words: readonly string[]): Promise<void> {
  const plan = planOf(words);
  const cores = availableParallelism();
  if (process.platform !== 'linux' || cores < 2) {
    const is = `this is ${process.platform} with ${cores} cores`;
    throw new Error(`Cannot run the bench "query": ${is}; expected Linux with 2 or more`);
  }
  process.setMaxListeners(EXIT_LISTENERS);
  const stops: (() => Promise<void> | void)[] = [];
  const end = async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  };
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => void end().finally(() => process.exit(INTERRUPTED)));
  }
  console.log(`${machineFacts()}\n`);
  try {
    await measure(plan, (stop) => stops.push(stop));
  } finally {
    await end();
  }
}

async function measure(plan: Plan, atEnd: AtEnd): Promise<void> {
  const folder = makeTempDirectory();
  const remove = () => removeTempDirectory(folder);
  process.once('exit', remove);
  atEnd(remove);
  const services = Array.from({ length: SERVICES }, (_, i) => bigService(SEED, i));
  const ask = (mix: Mix): Asked => {
    const questions = questionsOf(mix, services);
    const file = join(folder, `${mix}.questions`);
    writeFileSync(file, questionFile(questions));
    return { questions, file };
  };
  const session: Session = {
    plan,
    client: compile('load', folder),
    asked: { hits: ask('hits'), mixed: ask('mixed'), cached: ask('cached') },
    measured: [],
    rates: new Map(),
  };
  const upstream = await startExternalHosts();
  atEnd(() => upstream.close());
  const around = { folder, zones: zoneFiles(services), upstreamPort: upstream.port };
  const peers = [floorServer, knotServer, nsdServer, unboundServer].map((peer) => peer(around));
  const watching = await clusterServers(plan, folder, upstream.port, atEnd);
  const servers = [...peers, ...watching].flatMap((found) => {
    if (typeof found !== 'string') return plan.servers.includes(found.word) ? [found] : [];
    console.log(found);
    return [];
  });
  for (const cores of plan.cores) await measureOn(session, cores, servers);
  report(session);
}

/** They need a cluster, and that some time to fill. */
async function clusterServers(
  plan: Plan,
  folder: string,
  upstreamPort: number,
  atEnd: AtEnd,
): Promise<readonly Found[]> {
  if (!plan.servers.includes('isthmus') && !plan.servers.includes('coredns')) return [];
  const missing = apiServerMissing();
  if (missing !== undefined) return [`CoreDNS and Isthmus are left out: the cluster ${missing}`];
  const { api, stop } = await startBigCluster({ services: SERVICES, seed: SEED });
  atEnd(stop);
  const around = { folder, kubeconfig: api.kubeconfig, upstreamPort };
  return [corednsServer(around), isthmusServer(around)];
}

async function measureOn(
  session: Session,
  cores: CoresWord,
  servers: readonly Server[],
): Promise<void> {
  const { plan, measured, rates } = session;
  const core = cores === 'one' ? SERVER_CORE : undefined;
  const placement: Placement = { core, threads: cores === 'one' ? 1 : availableParallelism() };
  const takers: Taker[] = [];
  try {
    for (const server of servers) {
      const running = await server.start(placement);
      takers.push({ server, running });
      await warmUp(session, cores, { server, running });
      if (!(await running.untilCalm())) {
        console.log(`${server.title} is still at work long after its start: it counts as queries'`);
      }
      running.pause();
    }
    if (cores === plan.cores[0]) await compare(session, takers);
    const coresSince = busyCores();
    for (let round = 1; round <= plan.rounds; round++) {
      const begun = performance.now();
      for (const mix of plan.mixes) {
        for (const taker of rotated(takers, round)) {
          const { server, running } = taker;
          if (!server.mixes.includes(mix)) continue;
          running.resume();
          let warmUpSeconds = mix === 'cached' ? REFILL_SECONDS : WARM_UP_SECONDS;
          for (const load of plan.loads) {
            const rate = load === '5000' ? FEW_PER_SECOND : rates.get(rateKey(cores, mix));
            if (load === 'half' && rate === undefined) continue; // there is no Knot
            const order = { cores, mix, load, rate: rate ?? 0, warmUpSeconds };
            const result = await turn(session, taker, order);
            measured.push({
              cores,
              mix,
              load,
              word: server.word,
              title: server.title,
              round,
              result,
            });
            warmUpSeconds = SETTLE_SECONDS;
          }
          running.pause();
        }
      }
      const seconds = ((performance.now() - begun) / 1000).toFixed(0);
      console.log(
        `${cores}: round ${round} took ${seconds} s, ${coresSince().toFixed(1)} cores busy`,
      );
    }
  } finally {
    for (const { running } of takers) await running.stop();
  }
}

/** Another begins each time, so that none always follows the same. */
function rotated<T>(all: readonly T[], by: number): readonly T[] {
  const from = by % all.length;
  return [...all.slice(from), ...all.slice(0, from)];
}

interface Turn {
  readonly cores: CoresWord;
  readonly mix: Mix;
  readonly load: LoadWord;
  readonly rate: number;
  readonly warmUpSeconds: number;
}

async function turn({ client, asked }: Session, taker: Taker, order: Turn): Promise<Load> {
  const { server, running } = taker;
  const { cores, mix, load, rate, warmUpSeconds } = order;
  return runLoad(client, {
    questionFile: asked[mix].file,
    port: running.port,
    pids: running.pids,
    load,
    rate,
    seconds: SECONDS,
    warmUpSeconds,
    isEcho: server.word === 'floor',
    core: cores === 'one' ? CLIENT_CORE : undefined,
  });
}

/** Until it answers; then every mix once, which says what Knot can. */
async function warmUp(session: Session, cores: CoresWord, taker: Taker): Promise<void> {
  const { server, running } = taker;
  for (const mix of MIXES.filter((one) => server.mixes.includes(one))) {
    const [first] = session.asked[mix].questions;
    if (first === undefined) continue;
    await running.until(async () => {
      const reply = await ask(running.port, first.name, first.type);
      return server.word === 'floor' || reply?.answer.length === first.answers;
    });
    const order = { cores, mix, load: 'saturated', rate: 0, warmUpSeconds: SECONDS } as const;
    const result = await turn(session, taker, order);
    if (server.word === 'knot') {
      session.rates.set(rateKey(cores, mix), Math.round(queriesPerSecond(result) / 2));
    }
  }
}

async function compare({ plan, asked }: Session, takers: readonly Taker[]): Promise<void> {
  const answering = takers.filter(({ server }) => server.word !== 'floor');
  for (const { running } of answering) running.resume();
  for (const mix of plan.mixes) {
    const servers = answering
      .filter(({ server }) => server.mixes.includes(mix))
      .map(({ server, running }) => ({ title: server.title, port: running.port }));
    const differences = await compareAnswers(mix, asked[mix].questions, servers);
    console.log(`${mix}: ${servers.map(({ title }) => title).join(', ')} give the same answers`);
    for (const { title, authority, additional } of differences) {
      if (authority + additional === 0) continue;
      console.log(
        `  ${title} differs in AUTHORITY ${authority} times, in ADDITIONAL ${additional}`,
      );
    }
  }
  for (const { running } of answering) running.pause();
}

function report({ plan, measured, rates }: Session): void {
  console.log('');
  for (const cores of plan.cores) {
    for (const mix of plan.mixes) console.log(queryTable(measured, cores, mix, rates));
  }
  const trouble = troubleLines(measured);
  if (trouble.length > 0) console.log(['Lost or wrong:', ...trouble, ''].join('\n'));
  console.log(roundsTable(measured));
  const wrong = measured.filter(({ result }) => result.wrong > 0).length;
  if (wrong > 0)
    throw new Error(`Cannot trust ${wrong} results: answers were wrong; expected none`);
}
