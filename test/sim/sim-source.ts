/**
 * The port to a cluster over the simulated network: each kind is listed, in pages that may be cut
 * off, then watched from there; a watch that ends is resumed where it was, or begins with a list.
 */
import { type ClusterSource, type Observation, unwatchedBut } from '../../libs/cluster/source.ts';
import type { ObjectKind } from '../../libs/event/object.ts';
import { Lost, type Stream, type Wire } from './network.ts';
import { Queue } from './queue.ts';
import type { Seeded } from './seeded.ts';
import type { Place, SimApi, Versioned } from './sim-api.ts';

/** Kinds of which there are objects; Nodes are not served, and Pods not watched. */
export const SERVED_KINDS: readonly ObjectKind[] = [
  'Namespace',
  'Service',
  'EndpointSlice',
  'ServiceExport',
  'ServiceImport',
];
const UNSERVED: ObjectKind = 'Node';

const TIMEOUT_MS = 3000;
/** Before the next attempt, and longer by chance. */
const RETRY_MS = 200;
const PAGE_OBJECTS = 10;
const REPLIES_WITHIN_MS = 5000;

export class SimSource implements ClusterSource {
  readonly #wire: Wire;
  readonly #api: SimApi;
  readonly #chance: Seeded;

  constructor(wire: Wire, api: SimApi, chance: Seeded) {
    this.#wire = wire;
    this.#api = api;
    this.#chance = chance;
  }

  async replies(): Promise<boolean> {
    try {
      await this.#wire.ask('its version', REPLIES_WITHIN_MS, () => this.#api.version);
      return true;
    } catch (error) {
      if (error instanceof Lost) return false;
      throw error;
    }
  }

  async *observe(signal: AbortSignal): AsyncGenerator<Observation> {
    const said = new Queue<Observation>();
    const say = (observation: Observation) => said.push(observation);
    signal.addEventListener('abort', () => said.end());
    for (const one of unwatchedBut([...SERVED_KINDS, UNSERVED])) say(one);
    say({ kind: 'unserved', of: UNSERVED });
    const observing = SERVED_KINDS.map((kind) => this.#observeKind(kind, say, signal));
    while (!signal.aborted) {
      const next = await said.next();
      if (next !== undefined && !signal.aborted) yield next.item;
    }
    await Promise.all(observing);
  }

  async #observeKind(
    kind: ObjectKind,
    say: (observation: Observation) => void,
    signal: AbortSignal,
  ): Promise<void> {
    let place: Place | undefined;
    while (!signal.aborted) {
      try {
        place ??= await this.#list(kind, say, signal);
        if (place !== undefined) place = await this.#watch(kind, place, say, signal);
      } catch (error) {
        if (!(error instanceof Lost)) throw error;
        if (!signal.aborted) say({ kind: 'trouble', of: kind, why: error.message });
      }
      const pauseMs = RETRY_MS * (1 + 3 * this.#chance.fraction());
      if (!signal.aborted) await this.#wire.machine.clock.sleep(pauseMs, signal);
    }
  }

  /** Undefined: it was cut off. */
  async #list(
    kind: ObjectKind,
    say: (observation: Observation) => void,
    signal: AbortSignal,
  ): Promise<Place | undefined> {
    const list = await this.#wire.ask(`list ${kind}`, TIMEOUT_MS, () => this.#api.list(kind));
    if (signal.aborted) return undefined;
    const { objects, life, version } = list;
    say({ kind: 'listing', of: kind });
    for (let at = 0; at < objects.length; at += PAGE_OBJECTS) {
      if (at > 0) await this.#wire.ask(`list ${kind}, more`, TIMEOUT_MS, () => {});
      if (signal.aborted) return undefined;
      for (const object of objects.slice(at, at + PAGE_OBJECTS)) say({ kind: 'found', object });
    }
    say({ kind: 'listed', of: kind, resourceVersion: `${version}` });
    return { life, version };
  }

  /** Where it can be resumed; undefined: only a list can tell. */
  async #watch(
    kind: ObjectKind,
    from: Place,
    say: (observation: Observation) => void,
    signal: AbortSignal,
  ): Promise<Place | undefined> {
    const ended = Promise.withResolvers<void>();
    let { version } = from;
    const take = (item: Versioned) => {
      if (signal.aborted) return;
      version = item.version;
      say(item.change);
    };
    let stream: Stream<Versioned> | undefined;
    const isWatched = await this.#wire.ask(`watch ${kind} from ${version}`, TIMEOUT_MS, () => {
      stream = this.#wire.stream(`of ${kind}`, take, ended.resolve);
      return this.#api.watch(kind, from, stream);
    });
    if (!isWatched || signal.aborted) return undefined;
    signal.addEventListener('abort', () => ended.resolve());
    await ended.promise;
    stream?.forget();
    return this.#chance.chance(0.5) ? { life: from.life, version } : undefined;
  }
}
