/** Queries beside the changes: names whose answers keep their number of addresses. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { RCODE } from '../../libs/dns/iana.ts';
import { compile, type Load, parseLoad } from './query/load-client.ts';
import { questionFile } from './query/questions.ts';
import type { ScaleProcess } from './scale-process.ts';
import { addressesOf, qualifiedName, SERVICES } from './scale-world.ts';

const NAMES = 20_000;
const RATE = 5000;
const WARM_UP_SECONDS = 0.5;
const SOCKETS = 16;
const PATIENCE_MS = 60_000;

const run = promisify(execFile);

export class ScaleQueries {
  readonly #program: string;
  readonly #questions: string;
  readonly #running: ScaleProcess;

  constructor(running: ScaleProcess, clusters: number) {
    this.#running = running;
    this.#program = compile('load', running.folder);
    this.#questions = join(running.folder, 'questions');
    const all = clusters * SERVICES;
    const step = Math.max(1, Math.floor(all / NAMES));
    const questions = Array.from({ length: Math.min(all, NAMES) }, (_, i) => {
      const turn = i * step;
      const service = { cluster: turn % clusters, number: Math.floor(turn / clusters) };
      const name = qualifiedName(service);
      const answers = addressesOf(service).length;
      return { name, type: 'A', rcode: RCODE.NOERROR, answers } as const;
    });
    writeFileSync(this.#questions, questionFile(questions));
  }

  /** At random times, so many seconds. */
  async measure(seconds: number): Promise<Load> {
    const { dnsPort, process } = this.#running;
    const how = ['open', RATE, seconds, WARM_UP_SECONDS, SOCKETS, 'check', 'sleep', process.pid];
    const words = [this.#questions, dnsPort, ...how].map(String);
    const { stdout } = await run(this.#program, words, { timeout: PATIENCE_MS });
    const load = parseLoad(stdout);
    if (load.wrong === 0) return load;
    throw new Error(`Cannot use the answers: ${load.wrong} are wrong; expected all addresses`);
  }
}
