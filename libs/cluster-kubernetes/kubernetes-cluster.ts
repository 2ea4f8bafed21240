/**
 * A cluster that is a Kubernetes API: the ClusterSource of production.
 *
 *   kubeconfig ─► ApiConnection ─┬► Reflector Service       ─┐
 *                 (one per       ├► Reflector EndpointSlice  ├─► bounded queue ─► observations
 *                  observe)      └► … one a kind            ─┘
 *
 * Kinds do not wait for each other: one that is forbidden, or not installed, says so and the others
 * go on.
 */

import { type ClusterSource, type Observation, unwatchedBut } from '../cluster/source.ts';
import { DEFAULT_KINDS, OBJECT_KINDS, type ObjectKind } from '../event/object.ts';
import { ApiConnection, PING_MS } from './api-connection.ts';
import { type Clock, SYSTEM_CLOCK } from './clock.ts';
import type { KubernetesAccess } from './kubeconfig.ts';
import { ObservationQueue } from './observation-queue.ts';
import { Reflector } from './reflector.ts';

export interface KubernetesOptions {
  readonly access: KubernetesAccess;
  /** All but pods by default. */
  readonly kinds?: readonly ObjectKind[];
  /** Hears a sentence for people, once for all kinds that it is true of. */
  readonly onTrouble: (text: string) => void;
  readonly clock?: Clock;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
  /** How long a watch may be silent before it counts as dead. */
  readonly inactivityMs?: number;
  /** Between two PINGs of a connection, where it has any (HTTP/2). */
  readonly pingMs?: number;
}

/** A bookmark comes about each minute; one may be late. */
export const INACTIVITY_MS = 100_000;
/** Sentences remembered, so that each is said once. */
const TROUBLES_MAX = 1000;

export function openKubernetesCluster(options: KubernetesOptions): ClusterSource {
  return { observe: (signal) => observe(options, signal) };
}

async function* observe(
  { access, kinds, onTrouble, clock, random, inactivityMs, pingMs }: KubernetesOptions,
  signal: AbortSignal,
): AsyncGenerator<Observation> {
  const api = new ApiConnection(access, pingMs ?? PING_MS);
  const queue = new ObservationQueue();
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const surroundings = {
    api,
    clock: clock ?? SYSTEM_CLOCK,
    random: random ?? Math.random,
    push: (observation: Observation) => queue.push(observation),
    signal: either,
    inactivityMs: inactivityMs ?? INACTIVITY_MS,
  };
  const watched = OBJECT_KINDS.filter((kind) => (kinds ?? DEFAULT_KINDS).includes(kind));
  for (const said of unwatchedBut(watched)) await queue.push(said);
  const running = watched.map((kind) => new Reflector(kind, surroundings).run());
  const troubles = new Troubles(onTrouble);
  try {
    for await (const observation of queue.drain(either)) {
      troubles.hear(observation);
      yield observation;
    }
  } finally {
    stop.abort();
    api.close();
    await Promise.allSettled(running);
  }
}

/** Says a sentence once while it is true of any kind, though six reflectors find it out. */
class Troubles {
  readonly #onTrouble: (text: string) => void;
  readonly #kindsOf = new Map<string, Set<string>>();

  constructor(onTrouble: (text: string) => void) {
    this.#onTrouble = onTrouble;
  }

  hear(observation: Observation): void {
    if (observation.kind === 'listed' || observation.kind === 'unserved') {
      this.#forget(observation.of);
      return;
    }
    if (observation.kind === 'found') this.#forget(observation.object.kind);
    if (observation.kind !== 'trouble') return;
    const kinds = this.#kindsOf.get(observation.why);
    if (kinds !== undefined) {
      kinds.add(observation.of);
      return;
    }
    if (this.#kindsOf.size >= TROUBLES_MAX) this.#kindsOf.clear();
    this.#kindsOf.set(observation.why, new Set([observation.of]));
    this.#onTrouble(observation.why);
  }

  /** The kind can be learnt of again. */
  #forget(kind: string): void {
    if (this.#kindsOf.size === 0) return;
    for (const [why, kinds] of this.#kindsOf) {
      if (kinds.delete(kind) && kinds.size === 0) this.#kindsOf.delete(why);
    }
  }
}
