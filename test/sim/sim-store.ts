/**
 * The shared store over the simulated network: a memory store that can be emptied, or go back to
 * what it was. Advances are fenced as on Redis: compared and written as one.
 */
import type { Head } from '../../libs/log/log.ts';
import {
  type AdvanceOutcome,
  type FactChange,
  type FactSnapshot,
  type FactStore,
  StoreUnavailable,
} from '../../libs/store/store.ts';
import { Lost, Server, type Wire } from './network.ts';

/** As the adapter to Redis waits for what is about all facts, in ms. */
const TIMEOUT_MS = 5000;

/** Who is told what happens in the store: the checkers. */
export interface StoreWitness {
  advanced(cluster: string, from: Head | undefined, to: Head): void;
}

export interface Facts {
  readonly head: Head;
  readonly bySubject: ReadonlyMap<string, Uint8Array>;
}

export class StoreServer extends Server {
  readonly #witness: StoreWitness;
  readonly backups: ReadonlyMap<string, Facts>[] = [];
  #clusters = new Map<string, Facts>();
  /** A defect on purpose, for mutants.test.ts: an advance compares nothing. */
  comparesNothing = false;

  constructor(witness: StoreWitness) {
    super('store');
    this.#witness = witness;
  }

  facts(cluster: string): Facts | undefined {
    return this.#clusters.get(cluster);
  }

  advance(
    cluster: string,
    from: Head | undefined,
    to: Head,
    changes: readonly FactChange[],
  ): AdvanceOutcome {
    const before = this.#clusters.get(cluster);
    if (!this.comparesNothing && !isSame(before?.head, from)) {
      return { kind: 'conflict', head: before?.head };
    }
    const bySubject = new Map(from === undefined ? [] : before?.bySubject);
    for (const { subject, data } of changes) {
      if (data === undefined) bySubject.delete(subject);
      else bySubject.set(subject, data);
    }
    this.#clusters.set(cluster, { head: to, bySubject });
    this.#witness.advanced(cluster, from, to);
    return { kind: 'advanced' };
  }

  discard(cluster: string, from: Head): AdvanceOutcome {
    const head = this.#clusters.get(cluster)?.head;
    if (!isSame(head, from)) return { kind: 'conflict', head };
    this.#clusters.delete(cluster);
    return { kind: 'advanced' };
  }

  keepBackup(): void {
    this.backups.push(new Map(this.#clusters));
  }

  /** Undefined: it has nothing. */
  restore(backup: ReadonlyMap<string, Facts> | undefined): void {
    this.#clusters = new Map(backup);
  }
}

export class SimStore implements FactStore {
  readonly #wire: Wire;
  readonly #server: StoreServer;

  constructor(wire: Wire, server: StoreServer) {
    this.#wire = wire;
    this.#server = server;
  }

  head(cluster: string): Promise<Head | undefined> {
    return this.#ask(`${cluster}: head`, () => this.#server.facts(cluster)?.head);
  }

  read(cluster: string): Promise<FactSnapshot | undefined> {
    return this.#ask(`${cluster}: read`, () => {
      const facts = this.#server.facts(cluster);
      return facts && { head: facts.head, facts: facts.bySubject };
    });
  }

  advance(
    cluster: string,
    from: Head | undefined,
    to: Head,
    changes: readonly FactChange[],
  ): Promise<AdvanceOutcome> {
    const what = `${cluster}: ${shown(from)} to ${shown(to)}`;
    return this.#ask(what, () => this.#server.advance(cluster, from, to, changes));
  }

  discard(cluster: string, from: Head): Promise<AdvanceOutcome> {
    return this.#ask(`${cluster}: discard ${shown(from)}`, () =>
      this.#server.discard(cluster, from),
    );
  }

  async #ask<T>(what: string, serve: () => T): Promise<T> {
    try {
      return await this.#wire.ask(what, TIMEOUT_MS, serve);
    } catch (error) {
      if (error instanceof Lost) throw new StoreUnavailable(error.message);
      throw error;
    }
  }
}

function shown(head: Head | undefined): string {
  return head === undefined ? 'nothing' : `${head.incarnation}@${head.position}`;
}

function isSame(a: Head | undefined, b: Head | undefined): boolean {
  const isPlace = a?.position === b?.position && a?.incarnation === b?.incarnation;
  return isPlace && a?.mark === b?.mark;
}
