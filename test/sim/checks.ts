/**
 * What must hold after every step, whatever happened. What must hold after quiet is in truth.ts.
 */
import { isRemoval } from '../../libs/event/codec.ts';
import { CONTROL_LOG } from '../../libs/log/check.ts';
import type { Head, Position } from '../../libs/log/log.ts';
import type { Kept, ServedLog } from './log-server.ts';
import type { PutName } from './map-sink.ts';
import { digestOf, Replays } from './replays.ts';
import type { RunningResolver } from './resolver-host.ts';
import { Said } from './said.ts';
import type { StoreServer } from './sim-store.ts';
import { Violation } from './violation.ts';

/** Where a resolver was when it was looked at last. */
interface Seen {
  readonly positions: Map<string, Position>;
  /** Of each cluster's log the life that the resolver's state is of. */
  readonly lives: Map<string, number>;
  /** How often each cluster's position went back. */
  readonly backs: Map<string, number>;
  readonly serials: Map<string, number>;
  readonly serialBacks: Map<string, number>;
}

interface Stored {
  readonly incarnation: string;
  readonly position: Position;
  readonly id: string;
}

export class Checks {
  readonly replays = new Replays();
  readonly said: Said;
  readonly #logs: ReadonlyMap<string, ServedLog>;
  readonly #store: () => StoreServer | undefined;
  readonly #stored = new Map<string, Stored[]>();
  readonly #seen = new Map<string, Seen>();
  /** Clusters whose store moved since the last look. */
  readonly #movedStores = new Set<string>();
  #appended = false;

  constructor(
    logs: ReadonlyMap<string, ServedLog>,
    store: () => StoreServer | undefined,
    qualifiedZone: string,
  ) {
    this.#logs = logs;
    this.#store = store;
    this.said = new Said(qualifiedZone);
  }

  stored({ cluster }: ServedLog, incarnation: string, position: Position, id: string): void {
    const stored = this.#stored.get(cluster) ?? [];
    this.#stored.set(cluster, stored);
    stored.push({ incarnation, position, id });
    this.#appended = true;
  }

  added(log: ServedLog, entry: Kept): void {
    this.replays.added(log, entry);
    this.#appended = true;
  }

  /** What was stored after its end is lost on purpose. */
  reset(log: ServedLog): void {
    if (log.cluster !== CONTROL_LOG) this.replays.reset(log);
    const { incarnation, position: head } = log.head;
    const left = (this.#stored.get(log.cluster) ?? []).filter(
      (one) => one.incarnation === incarnation && one.position <= head,
    );
    this.#stored.set(log.cluster, left);
  }

  storeAdvanced(cluster: string, from: Head | undefined, to: Head): void {
    this.#movedStores.add(cluster);
    if (from === undefined) return;
    if (from.incarnation === to.incarnation && to.position >= from.position) return;
    const [before, after] = [from, to].map((head) => `${head.incarnation}@${head.position}`);
    throw new Violation(
      'positions never go back',
      `the store of ${cluster} goes from ${before} to ${after}`,
    );
  }

  put(resolver: RunningResolver, put: PutName): void {
    this.said.check(resolver.name, put);
  }

  /** The serial of a zone is the sum of the positions of all logs. */
  zone({ name }: RunningResolver, zone: string, serial: number): void {
    const seen = this.#seenOf(name);
    const before = seen.serials.get(zone) ?? 0;
    seen.serials.set(zone, serial);
    if (serial >= before) return;
    const backs = 1 + (seen.serialBacks.get(zone) ?? 0);
    seen.serialBacks.set(zone, backs);
    let resets = 0;
    for (const log of this.#logs.values()) resets += log.resets;
    if (backs <= resets) return;
    throw new Violation(
      'positions never go back',
      `the serial of ${zone} at ${name} goes from ${before} to ${serial}`,
    );
  }

  /** After each step. */
  look(resolvers: readonly RunningResolver[]): void {
    if (this.#appended) this.#lookAtLogs();
    this.#appended = false;
    for (const resolver of resolvers) this.#lookAt(resolver);
    for (const cluster of this.#movedStores) this.#lookAtStore(cluster);
    this.#movedStores.clear();
  }

  #lookAtLogs(): void {
    for (const [cluster, stored] of this.#stored) {
      const log = this.#logs.get(cluster);
      for (const { position, id, incarnation } of stored) {
        const kept = log?.at(position);
        // History forgets, but never the last of a subject.
        const isForgotten = kept === undefined && position < (log?.head.position ?? 0) - 64;
        if (kept?.id === id || isForgotten) continue;
        throw new Violation(
          'no acknowledged event lost',
          `${id} was stored at ${position} of ${incarnation}; there is ${kept?.id ?? 'nothing'}`,
        );
      }
    }
  }

  #lookAt({ name, control }: RunningResolver): void {
    const seen = this.#seenOf(name);
    for (const { cluster, position, caughtUp } of control.clusters()) {
      const before = seen.positions.get(cluster) ?? 0;
      if (position === before) continue;
      seen.positions.set(cluster, position);
      const log = this.#logs.get(cluster);
      if (position < before) this.#wentBack(name, cluster, before, position, log?.resets ?? 0);
      const state = control.states.get(cluster);
      if (!caughtUp || state === undefined) continue;
      const from = seen.lives.get(cluster) ?? 0;
      const life = this.replays.lifeOf(cluster, position, digestOf(state), from);
      if (life === undefined) {
        throw new Violation(
          'state = replay',
          `${name} has at ${position} of ${cluster} what its log never said there`,
        );
      }
      seen.lives.set(cluster, life);
    }
  }

  #wentBack(name: string, cluster: string, before: Position, now: Position, resets: number): void {
    const seen = this.#seenOf(name);
    const backs = 1 + (seen.backs.get(cluster) ?? 0);
    seen.backs.set(cluster, backs);
    if (backs <= resets) return;
    throw new Violation(
      'positions never go back',
      `${name} goes from ${before} to ${now} of ${cluster}, whose log was lost ${resets} times`,
    );
  }

  /**
   * What a subject has in the store is its last word up to there, nothing if that says it is gone,
   * or it has a later one in the log.
   * Not where the log has lost something: then the store leads nowhere until it is filled anew.
   */
  #lookAtStore(cluster: string): void {
    const facts = this.#store()?.facts(cluster);
    const log = this.#logs.get(cluster);
    if (facts === undefined || log === undefined || log.resets > 0) return;
    const { position } = facts.head;
    const later = new Set(log.after(position).map(({ subject }) => subject));
    for (const { subject, data, position: at } of log.lastOfEach(position)) {
      const expected = isRemoval(data) ? undefined : data;
      if (later.has(subject) || facts.bySubject.get(subject) === expected) continue;
      throw new Violation(
        'the store leads to the log',
        `at ${position} of ${cluster} it lacks what ${subject} is since ${at}`,
      );
    }
  }

  #seenOf(name: string): Seen {
    const known = this.#seen.get(name);
    if (known !== undefined) return known;
    const seen: Seen = {
      positions: new Map(),
      lives: new Map(),
      backs: new Map(),
      serials: new Map(),
      serialBacks: new Map(),
    };
    this.#seen.set(name, seen);
    return seen;
  }
}
