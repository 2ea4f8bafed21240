/**
 * What clients feel while 100,000 services, all changed, are listed again: p99 latency beside that
 * of the same process at rest, in turns.
 *
 *   npm run bench -- relist [ROUNDS] [SERVICES]        7 rounds of 100,000
 *
 *   API server (relist-api.ts) ─► isthmus up: list, log, fold, table ─► readers ◄─ 5,000 questions
 *                                                                                   a second
 *
 * Who asks stands for other machines: where that is permitted it has priority over all, so that its
 * own waiting for a core is not measured.
 */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { RCODE } from '../../libs/dns/iana.ts';
import { IsthmusProcess } from '../e2e/isthmus-process.ts';
import { freePort } from '../servers/free-port.ts';
import { makeTempDirectory, removeTempDirectory } from '../servers/temp-directory.ts';
import { Asker } from './asker.ts';
import { untilCalm } from './calm.ts';
import { machineFacts } from './machine.ts';
import { median } from './quantile.ts';
import { compile, type Load, parseLoad } from './query/load-client.ts';
import { questionFile } from './query/questions.ts';
import { RelistApi, serviceName } from './relist-api.ts';

const ROUNDS = 7;
const SERVICES = 100_000;
/** Of all services, evenly spread. */
const ASKED = 50_000;
const RATE = 5000;
/** A window; the relist takes longer than all of them. */
const SECONDS = 0.5;
const WARM_UP_SECONDS = 0.1;
/** Of each, a round: what disturbs the machine is over within one. */
const WINDOWS = 4;
const SOCKETS = 16;
/** Of this process, which is the API server: on another machine it would take nothing from us. */
const OTHERS_PRIORITY = 10;
/** From there to the most there is. */
const CLIENT_NICER = '-30';
const START_MS = 120_000;
const PATIENCE_MS = 30_000;

const run = promisify(execFile);

interface Round {
  readonly idle: readonly Load[];
  readonly busy: readonly Load[];
  /** From the first page asked for until the last service had its new address. */
  readonly relistMs: number;
}

export async function relist([rounds = `${ROUNDS}`, services = `${SERVICES}`]: readonly string[]) {
  for (const word of [rounds, services]) {
    if (!/^[1-9]\d{0,5}$/.test(word)) {
      throw new Error(`Cannot use "${word}": no number; expected ROUNDS, then SERVICES`);
    }
  }
  const folder = makeTempDirectory();
  const api = await RelistApi.start(Number(services));
  const isthmus = await startIsthmus(folder, api);
  setPriority(OTHERS_PRIORITY);
  const asker = await Asker.open(isthmus.port);
  try {
    const client = new Client(folder, isthmus, api);
    await Promise.race([client.untilChanged(asker, START_MS), isthmus.ended]);
    console.log(`${machineFacts()}\n`);
    const done: Round[] = [];
    for (let i = 0; i < Number(rounds); i++) {
      if (!(await untilCalm(() => [isthmus.pid]))) console.log('it does not come to rest');
      const idle = await client.measure();
      await api.relist();
      const begun = performance.now();
      const [busy] = await Promise.all([client.measure(), client.untilChanged(asker, START_MS)]);
      done.push({ idle, busy, relistMs: performance.now() - begun });
      console.log(rowOf(`round ${i + 1}`, done.slice(-1)));
    }
    console.log(rowOf('median', done));
  } finally {
    asker.close();
    await isthmus.kill();
    await api.close();
    removeTempDirectory(folder);
  }
}

async function startIsthmus(folder: string, api: RelistApi) {
  const port = await freePort();
  const corefile = join(folder, 'Corefile');
  writeFileSync(
    corefile,
    `.:${port} {
    bind 127.0.0.1
    errors
    federation cluster.local clusterset.local in-addr.arpa ip6.arpa {
        home east
        cluster east kubeconfig ${api.kubeconfig} scripted
    }
    cache 30
    loadbalance
}
`,
  );
  const state = join(folder, 'state');
  const isthmus = new IsthmusProcess(['up', '-conf', corefile, '--state', state]);
  const ended = isthmus.exit().then((code) => {
    throw new Error(`Cannot measure: isthmus ended with ${code}; it said:\n${isthmus.output}`);
  });
  ended.catch(() => {}); // at the end it is meant to
  return { port, pid: isthmus.pid, ended, kill: () => isthmus.kill() };
}

interface Server {
  readonly port: number;
  readonly pid: number;
}

class Client {
  readonly #program: string;
  readonly #questions: string;
  readonly #server: Server;
  readonly #api: RelistApi;

  constructor(folder: string, server: Server, api: RelistApi) {
    this.#program = compile('load', folder);
    this.#questions = join(folder, 'questions');
    this.#server = server;
    this.#api = api;
    const step = Math.max(1, Math.floor(api.services / ASKED));
    const numbers = Array.from({ length: Math.floor(api.services / step) }, (_, i) => i * step);
    const questions = numbers.map((number) => {
      const name = `${serviceName(number)}.svc.cluster.local.`;
      return { name, type: 'A', rcode: RCODE.NOERROR, answers: 1 } as const;
    });
    writeFileSync(this.#questions, questionFile(questions));
  }

  async measure(): Promise<readonly Load[]> {
    const windows: Load[] = [];
    while (windows.length < WINDOWS) windows.push(await this.#window());
    return windows;
  }

  async #window(): Promise<Load> {
    const how = ['open', RATE, SECONDS, WARM_UP_SECONDS, SOCKETS, 'check', 'sleep'];
    const { port, pid } = this.#server;
    const words = [this.#program, this.#questions, port, ...how, pid].map(String);
    const { stdout } = await run('nice', ['-n', CLIENT_NICER, ...words], { timeout: PATIENCE_MS });
    const load = parseLoad(stdout);
    if (load.wrong === 0) return load;
    throw new Error(`Cannot use the answers: ${load.wrong} are wrong; expected one address each`);
  }

  /** The last service of the list has its new address. */
  async untilChanged(asker: Asker, timeoutMs: number): Promise<void> {
    const last = this.#api.services - 1;
    const name = `${serviceName(last)}.svc.cluster.local.`;
    const address = this.#api.addressOf(last);
    await asker.until({ name, address, pauseMs: 20, timeoutMs });
  }
}

/** Medians of all windows. */
function rowOf(title: string, rounds: readonly Round[]): string {
  const idle = rounds.flatMap((round) => round.idle);
  const busy = rounds.flatMap((round) => round.busy);
  const of = (figure: 'p50Us' | 'p99Us') => {
    const [before, during] = [idle, busy].map((loads) => median(loads.map((load) => load[figure])));
    const us = (value = Number.NaN) => value.toFixed(0).padStart(5);
    const ratio = ((during ?? 0) / (before ?? 0)).toFixed(2);
    return `${us(before)} → ${us(during)} µs (× ${ratio})`;
  };
  const lost = [...idle, ...busy].reduce((sum, load) => sum + load.lost, 0);
  const took = (median(rounds.map(({ relistMs }) => relistMs)) / 1000).toFixed(1);
  const figures = `p50 ${of('p50Us')}   p99 ${of('p99Us')}   lost ${lost}   relist ${took} s`;
  return `${title.padEnd(8)} ${figures}`;
}
