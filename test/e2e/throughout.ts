/**
 * Asks resolvers again and again while something is broken, and keeps every answer that can't be
 * right.
 */
import { short } from './ask.ts';

export class Throughout {
  readonly wrong: string[] = [];
  right = 0;
  #stopping = false;
  readonly #asking: Promise<unknown>;

  /** `truth`: for each name the answers that are right all along, in the words of `short`. */
  constructor(ports: readonly number[], truth: Readonly<Record<string, readonly string[]>>) {
    this.#asking = Promise.all(ports.map((port) => this.#ask(port, truth)));
  }

  /** Asks on until each name has been answered after this call, then stops. */
  async settled(): Promise<void> {
    this.#stopping = true;
    await this.#asking;
  }

  async #ask(port: number, truth: Readonly<Record<string, readonly string[]>>): Promise<void> {
    let last = false;
    while (!last) {
      last = this.#stopping;
      for (const [name, answers] of Object.entries(truth)) {
        const answer = await short(port, name);
        if (answers.includes(answer)) this.right++;
        else this.wrong.push(`${port} ${name}: ${answer}`);
      }
    }
  }
}
