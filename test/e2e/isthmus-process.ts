/**
 * The program as a process of its own: started like a user starts it, ended by its pid, at the
 * latest with us.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { LOOPBACK, type Place } from '../servers/place.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const START = join(ROOT, 'services', 'isthmus', 'start.js');
/**
 * What does not come about in this time, in ms, never will: the slowest is a first start, for which
 * all is compiled, on two busy cores. Less than a test has.
 */
const WAIT_MS = 50_000;

export interface StartOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly place?: Place;
}

export class IsthmusProcess {
  readonly #args: readonly string[];
  readonly #options: StartOptions;
  #child: ChildProcess;
  #output = '';
  #exited: Promise<number | null>;

  constructor(args: readonly string[], options: StartOptions = {}) {
    this.#args = args;
    this.#options = options;
    [this.#child, this.#exited] = this.#spawn();
  }

  /** Standard output and error since the last start. */
  get output(): string {
    return this.#output;
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Waits until the output matches; rejects when the process ends before. */
  async says(pattern: RegExp): Promise<void> {
    await this.until(async () => pattern.test(this.#output), `it says ${pattern}`);
  }

  /** Waits for a fact, looking at it again and again. */
  async until(fact: () => Promise<boolean>, what: string, waitMs = WAIT_MS): Promise<void> {
    await until(fact, what, () => `the output was:\n${this.#output}`, waitMs);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** The exit code; null when a signal ended it. */
  async exit(): Promise<number | null> {
    return this.#exited;
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.#exited;
  }

  /** Starts it again with the same words. */
  restart(): void {
    this.#output = '';
    [this.#child, this.#exited] = this.#spawn();
  }

  #spawn(): [ChildProcess, Promise<number | null>] {
    const { under } = this.#options.place ?? LOOPBACK;
    const [command = START, ...words] = [...under, START, ...this.#args];
    const child = spawn(command, words, {
      cwd: this.#options.cwd ?? ROOT,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...this.#options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const keep = (text: string) => {
      this.#output = (this.#output + text).slice(-100_000);
    };
    child.stdout?.setEncoding('utf8').on('data', keep);
    child.stderr?.setEncoding('utf8').on('data', keep);
    const end = () => child.kill('SIGKILL');
    process.once('exit', end);
    const exited = new Promise<number | null>((done) => {
      child.once('close', (code) => {
        process.off('exit', end);
        done(code);
      });
    });
    return [child, exited];
  }
}

/** Waits for a fact, looking at it again and again; rejects when it never comes about. */
export async function until(
  fact: () => Promise<boolean>,
  what: string,
  explain: () => string = () => '',
  waitMs = WAIT_MS,
): Promise<void> {
  const end = performance.now() + waitMs;
  while (!(await fact())) {
    if (performance.now() > end) throw new Error(`it never came about that ${what}; ${explain()}`);
    await new Promise((done) => setTimeout(done, 10));
  }
}
