/**
 * A server of the tests as a child process: ended by its pid, at the latest with us; its last words
 * are kept for the failure that they explain.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { LOOPBACK, type Place } from './place.ts';

/** Characters of its output kept. */
const OUTPUT_MAX = 4000;
/**
 * A server that does not come up in this time will not: the slowest takes 5 s on two busy cores.
 */
const READY_WITHIN_MS = 30_000;
/** Between two looks whether it is ready. */
const LOOK_MS = 20;

export class ServerProcess {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #output = '';

  constructor(
    name: string,
    binary: string,
    flags: readonly string[],
    cwd?: string,
    { under }: Place = LOOPBACK,
  ) {
    this.name = name;
    const [command = binary, ...words] = [...under, binary, ...flags];
    this.#child = spawn(command, words, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    const keep = (text: string) => {
      this.#output = (this.#output + text).slice(-OUTPUT_MAX);
    };
    this.#child.stdout?.setEncoding('utf8').on('data', keep);
    this.#child.stderr?.setEncoding('utf8').on('data', keep);
    const end = () => this.#child.kill('SIGKILL');
    process.once('exit', end);
    this.#ended = new Promise((resolve) => {
      const ended = (why: string) => {
        keep(why);
        process.off('exit', end);
        resolve();
      };
      // Not `exit`: by then not all that it said has been read.
      this.#child.once('close', () => ended(''));
      this.#child.once('error', (error) => ended(error.message));
    });
  }

  /** -1 when it could not be started. */
  get pid(): number {
    return this.#child.pid ?? -1;
  }

  get isRunning(): boolean {
    const { pid, exitCode, signalCode } = this.#child;
    return pid !== undefined && exitCode === null && signalCode === null;
  }

  /** What it said last. */
  get output(): string {
    return this.#output;
  }

  /**
   * Waits until this holds; throws with the server's last words when it ends before, or never is.
   */
  async until(isReady: () => Promise<boolean>): Promise<void> {
    const begun = performance.now();
    while (!(await isReady())) {
      const isLate = performance.now() - begun > READY_WITHIN_MS;
      if (isLate || !this.isRunning) {
        const what = isLate ? `not ready after ${READY_WITHIN_MS} ms` : 'it has ended';
        throw new Error(`Cannot start ${this.name}: ${what}; it said:\n${this.#output}`);
      }
      await delay(LOOK_MS);
    }
  }

  /** Ends it, a stopped one too, and waits for its end. */
  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    if (this.isRunning) this.#child.kill(signal);
    await this.#ended;
  }

  /** It keeps its connections and says nothing. */
  pause(): void {
    this.#child.kill('SIGSTOP');
  }

  resume(): void {
    this.#child.kill('SIGCONT');
  }
}

/** Whether something accepts connections there. */
export function isListening(port: number, address = LOOPBACK.address): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, address);
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}
