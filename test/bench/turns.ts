/** The systems take turns: one runs, the others are stopped. */
import { Asker } from './asker.ts';
import { CHANGE_KINDS, type Changed, type ChangeKind, type Changes } from './changes.ts';
import type { System } from './systems.ts';

/** No answer takes longer but that of a cache. */
const TIMEOUT_MS = 10_000;
/** From the start of a process to its first answer, on busy cores. */
const START_MS = 60_000;
/** At the begin of a turn, for what was waiting while it was stopped. */
const WARM_UP_CHANGES = 5;

interface Taker {
  readonly system: System;
  readonly asker: Asker;
  /** Its Service whose endpoints change. */
  readonly service: string;
}

export type TurnOf = (
  change: (kind: ChangeKind) => Promise<Changed>,
  system: System,
) => Promise<void>;

export class Turns {
  readonly #changes: Changes;
  readonly #takers: Taker[] = [];

  constructor(changes: Changes) {
    this.#changes = changes;
  }

  get systems(): readonly System[] {
    return this.#takers.map(({ system }) => system);
  }

  /** Waits until it answers; then it is stopped until its turn. */
  async join(system: System): Promise<void> {
    const service = `db-${this.#takers.length}`;
    const asker = await Asker.open(system.port);
    await this.#changes.prepare(service, '10.1.255.1');
    await this.#changes.catchUp(asker, service, START_MS);
    system.pause();
    this.#takers.push({ system, asker, service });
  }

  /** Turns for all, in their order. */
  async round(turn: TurnOf): Promise<void> {
    for (const { system, asker, service } of this.#takers) {
      const options = { timeoutMs: TIMEOUT_MS };
      const change = (kind: ChangeKind) => this.#changes.one(kind, asker, service, options);
      system.resume();
      await this.#changes.catchUp(asker, service, START_MS);
      for (let i = 0; i < WARM_UP_CHANGES; i++) for (const kind of CHANGE_KINDS) await change(kind);
      await turn(change, system);
      system.pause();
    }
  }

  close(): void {
    for (const { asker } of this.#takers) asker.close();
  }
}
