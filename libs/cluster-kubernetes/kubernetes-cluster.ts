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
import type { KubernetesAccess } from './access.ts';
import { ApiConnection, PING_MS } from './api-connection.ts';
import { type Clock, SYSTEM_CLOCK } from './clock.ts';
import { listPages } from './list-pages.ts';
import { ObservationQueue } from './observation-queue.ts';
import { Reflector } from './reflector.ts';
import type { RequestLimits } from './request-limits.ts';
import type { RequestObserver } from './request-observer.ts';
import { RESOURCES, type Resource } from './resource.ts';

export interface KubernetesOptions {
  readonly access: KubernetesAccess;
  /** All but pods by default. */
  readonly kinds?: readonly ObjectKind[];
  /** Hears a sentence for people, once for all kinds that it is true of. */
  readonly onTrouble: (text: string) => void;
  /** Without it requests go as they come; a part that is left out has client-go's default. */
  readonly limits?: RequestLimits | undefined;
  readonly observer?: RequestObserver | undefined;
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
/** How long a server may take for its headers, and for one object: half of what sources may. */
const REPLY_MS = 2500;
/** Sentences remembered, so that each is said once. */
const TROUBLES_MAX = 1000;

export function openKubernetesCluster(options: KubernetesOptions): ClusterSource {
  const apis = new Set<ApiConnection>();
  const resource = RESOURCES[watchedKinds(options)[0] ?? 'Namespace'];
  return {
    observe: (signal) => observe(options, apis, signal),
    replies: async (signal) => {
      const [api] = apis;
      return api !== undefined && (await replies(api, resource, signal));
    },
  };
}

function watchedKinds({ kinds = DEFAULT_KINDS }: KubernetesOptions): readonly ObjectKind[] {
  return OBJECT_KINDS.filter((kind) => kinds.includes(kind));
}

/** A list of one object: a server that lives and refuses tells nothing of its cluster. */
async function replies(
  api: ApiConnection,
  resource: Resource,
  signal: AbortSignal,
): Promise<boolean> {
  const patience = { headersMs: REPLY_MS, bodyMs: REPLY_MS };
  try {
    const [path = ''] = resource.paths;
    for await (const page of listPages(api, resource, path, signal, { objects: 1, patience })) {
      return page.kind === 'page';
    }
  } catch {
    // Cut off, or not there: whoever observes says why.
  }
  return false;
}

/** `apis`: the connections of those who observe now. */
async function* observe(
  options: KubernetesOptions,
  apis: Set<ApiConnection>,
  signal: AbortSignal,
): AsyncGenerator<Observation> {
  const { onTrouble, clock = SYSTEM_CLOCK, random = Math.random } = options;
  const { limits, observer, pingMs = PING_MS, inactivityMs = INACTIVITY_MS } = options;
  const api = new ApiConnection(options.access, { pingMs, clock, limits, observer });
  apis.add(api);
  const queue = new ObservationQueue();
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const surroundings = {
    api,
    clock,
    random,
    push: (observation: Observation) => queue.push(observation),
    signal: either,
    inactivityMs,
  };
  const watched = watchedKinds(options);
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
    apis.delete(api);
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
