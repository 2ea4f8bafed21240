/** A server of the tests as a child process: ended with us, its last words kept for a failure. */
import { type ChildProcess, spawn } from 'node:child_process';

/** Characters of its output kept. */
const OUTPUT_MAX = 4000;

export class ChildServer {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #output = '';

  constructor(name: string, binary: string, flags: readonly string[]) {
    this.name = name;
    this.#child = spawn(binary, flags, { stdio: ['ignore', 'pipe', 'pipe'] });
    const keep = (text: string) => {
      this.#output = (this.#output + text).slice(-OUTPUT_MAX);
    };
    this.#child.stdout?.setEncoding('utf8').on('data', keep);
    this.#child.stderr?.setEncoding('utf8').on('data', keep);
    this.#ended = new Promise((resolve) => {
      this.#child.once('exit', () => resolve());
      this.#child.once('error', (error) => {
        keep(error.message);
        resolve();
      });
    });
    const end = () => this.#child.kill('SIGKILL');
    process.once('exit', end);
    void this.#ended.then(() => process.off('exit', end));
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** What it said last. */
  get output(): string {
    return this.#output;
  }

  async kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (this.isRunning) this.#child.kill(signal);
    await this.#ended;
  }

  /** SIGSTOP: it holds its connections and says nothing. */
  pause(): void {
    this.#child.kill('SIGSTOP');
  }

  resume(): void {
    this.#child.kill('SIGCONT');
  }
}
