/**
 * A server under measurement: started on its cores, stopped while others have their turn, all its
 * processes known by their ids.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { ServerProcess } from '../../servers/server-process.ts';
import { untilCalm } from '../calm.ts';
import type { ServerWord } from './plan.ts';
import type { Mix } from './questions.ts';

/** To read the whole cluster takes the slowest some 10 s, more on a machine that is not quiet. */
const START_MS = 120_000;
/** Between two looks whether it is ready. */
const LOOK_MS = 50;

/** Where it runs: on one core with one thread, or on all with as many. */
export interface Placement {
  readonly core: number | undefined;
  readonly threads: number;
}

export interface Server {
  readonly word: ServerWord;
  readonly title: string;
  /** What it can answer. */
  readonly mixes: readonly Mix[];
  start(placement: Placement): Promise<RunningServer>;
}

export class RunningServer {
  readonly port: number;
  readonly #process: ServerProcess;
  readonly #end = () => this.#signalAll('SIGKILL');

  /** `command`: the program and its words. */
  constructor(port: number, { core }: Placement, command: readonly string[]) {
    this.port = port;
    const pinned = core === undefined ? [] : ['taskset', '-c', `${core}`];
    const [program = '', ...words] = [...pinned, ...command];
    this.#process = new ServerProcess(command.join(' '), program, words);
    process.once('exit', this.#end); // its children too, stopped or not
  }

  /** It and its children: NSD answers from a process for each core. */
  get pids(): readonly number[] {
    return processTree(this.#process.pid);
  }

  /** Waits until it holds; if it never does, stops the server and throws with its last words. */
  async until(fact: () => Promise<boolean>): Promise<void> {
    const begun = performance.now();
    while (!(await fact())) {
      const isLate = performance.now() - begun > START_MS;
      if (isLate || !this.#process.isRunning) {
        await this.stop();
        const is = isLate ? `not ready after ${START_MS} ms` : 'it has ended';
        const { name, output } = this.#process;
        throw new Error(`Cannot measure "${name}": ${is}; it said:\n${output}`);
      }
      await delay(LOOK_MS);
    }
  }

  /**
   * Waits until it works on nothing: what it does after its start (compiling, tidying) is not the
   * cost of a query. False when it is still at work after CALM_MS_MAX.
   */
  untilCalm(): Promise<boolean> {
    return untilCalm(() => this.pids);
  }

  pause(): void {
    this.#signalAll('SIGSTOP');
  }

  resume(): void {
    this.#signalAll('SIGCONT');
  }

  async stop(): Promise<void> {
    process.off('exit', this.#end);
    this.#signalAll('SIGKILL');
    await this.#process.kill();
  }

  #signalAll(signal: NodeJS.Signals): void {
    if (!this.#process.isRunning) return;
    for (const pid of this.pids) {
      try {
        process.kill(pid, signal);
      } catch {
        // It has ended by itself.
      }
    }
  }
}

/** The process and all below it. */
function processTree(pid: number): readonly number[] {
  try {
    const tasks = readdirSync(`/proc/${pid}/task`);
    const children = tasks.flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean),
    );
    return [pid, ...children.flatMap((child) => processTree(Number(child)))];
  } catch {
    return []; // it has ended
  }
}
