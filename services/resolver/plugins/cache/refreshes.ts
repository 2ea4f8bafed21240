/** Questions that are being asked again: each once at a time, and not too many at once. */
import type { Response } from '../../response.ts';

/** Each holds a socket, and for the 5 s of a silent upstream. */
const REFRESHES_MAX = 256;

export class Refreshes {
  readonly #underWay = new Map<string, Promise<Response>>();

  get isFull(): boolean {
    return this.#underWay.size >= REFRESHES_MAX;
  }

  get(key: string): Promise<Response> | undefined {
    return this.#underWay.get(key);
  }

  /** The refresh of this question: the one that is under way, or a new one. */
  share(key: string, ask: () => Promise<Response>): Promise<Response> {
    const known = this.#underWay.get(key);
    if (known !== undefined) return known;
    const refresh = ask().finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, refresh);
    return refresh;
  }
}
