/**
 * What each log says at each of its positions, folded as simply as can be: what resolvers are
 * compared with. A log that is made anew, or that lost its end, begins another life.
 */
import { hash } from 'node:crypto';
import { decodeEntry } from '../../libs/event/codec.ts';
import { ClusterState, evolve } from '../../libs/federation/cluster-state.ts';
import type { Position } from '../../libs/log/log.ts';
import type { Kept, ServedLog } from './log-server.ts';

interface Life {
  readonly state: ClusterState;
  /** Position → digest of the state there. */
  readonly digests: Map<Position, string>;
}

export class Replays {
  /** Of each log its lives, the last of which goes on. */
  readonly #lives = new Map<string, Life[]>();

  added(log: ServedLog, entry: Kept): void {
    const life = this.#livesOf(log.cluster).at(-1);
    if (life !== undefined) fold(life, entry);
  }

  reset(log: ServedLog): void {
    const life = newLife(log.cluster);
    for (const entry of log.after(0)) fold(life, entry);
    this.#livesOf(log.cluster).push(life);
  }

  /** What the log says now. */
  now(cluster: string): ClusterState | undefined {
    return this.#livesOf(cluster).at(-1)?.state;
  }

  /** In which life the log said this at that position, `from` that life on; undefined: never. */
  lifeOf(cluster: string, position: Position, digest: string, from: number): number | undefined {
    const lives = this.#livesOf(cluster);
    for (let i = from; i < lives.length; i++) {
      if (lives[i]?.digests.get(position) === digest) return i;
    }
    return undefined;
  }

  #livesOf(cluster: string): Life[] {
    const known = this.#lives.get(cluster);
    if (known !== undefined) return known;
    const lives = [newLife(cluster)];
    this.#lives.set(cluster, lives);
    return lives;
  }
}

function newLife(cluster: string): Life {
  const state = new ClusterState(cluster);
  return { state, digests: new Map([[0, digestOf(state)]]) };
}

function fold({ state, digests }: Life, { position, data }: Kept): void {
  const decoded = decodeEntry(data);
  if (decoded.kind === 'event') evolve(state, decoded.envelope.event, position);
  digests.set(position, digestOf(state));
}

const numbers = new WeakMap<object, number>();

/** Of an object, once. */
function numberOf(object: object): number {
  const known = numbers.get(object);
  if (known !== undefined) return known;
  const text = hash('sha1', JSON.stringify(object), 'hex').slice(0, 12);
  const number = Number.parseInt(text, 16);
  numbers.set(object, number);
  return number;
}

/** Of all that the state knows, in any order. */
export function digestOf(state: ClusterState): string {
  const { services, slices, exports, imports, pods, namespaces, nodes } = state;
  const { complete, exportsComplete, importsComplete, podsComplete, held } = state;
  let sum = 0;
  const sizes: number[] = [];
  for (const objects of [services, slices, exports, imports, pods, namespaces, nodes]) {
    sizes.push(objects.size);
    for (const object of objects.values()) sum = (sum + numberOf(object)) % 2 ** 52;
  }
  return [sum, ...sizes, complete, exportsComplete, importsComplete, podsComplete, held].join(' ');
}
