/** What is done to the world, and what may be seen of it. */
import { setTimeout as delay } from 'node:timers/promises';
import type { ClusterName } from './objects-of.ts';
import type { Part } from './part.ts';
import type { Liveness } from './resolver.ts';
import type { World } from './world.ts';

export type How =
  /** kill -9, and started again. */
  | 'killed'
  /** SIGSTOP, SIGCONT. */
  | 'stopped'
  /** Packets between it and all other machines vanish; who asks is no machine. */
  | 'cut off';

export interface Fault {
  readonly name: string;
  /** Among those that every change has to survive. */
  readonly isShort: boolean;
  readonly needsCut: boolean;
  readonly liveness: Liveness;
  /** Resolvers that it keeps from answering: what they don't say is no violation. */
  readonly mute: readonly string[];
  /** An answer that was true last longer ago, in ms, is a violation. */
  readonly oldestMs: number;
  /** Clusters whose API does not reply meanwhile, or whose watchers can't tell that it does. */
  readonly silent: readonly ClusterName[];
  /** Clusters whose API does not reply meanwhile, to anybody. */
  readonly unreachable: readonly ClusterName[];
  /** Does it, and resolves when it is over. */
  run(world: World): Promise<Outcome>;
}

export interface Outcome {
  /** When it began; undefined where that is no one moment. */
  readonly begunMs?: number;
  /** Until when it lasted; then it may take a while until all is there again. */
  readonly untilMs?: number;
  /** When it was over. */
  readonly endedMs: number;
  /** What was measured besides. */
  readonly notes: readonly string[];
  readonly violations: readonly string[];
}

export function over(
  notes: readonly string[] = [],
  violations: readonly string[] = [],
  endedMs = performance.now(),
): Outcome {
  return { endedMs, notes, violations };
}

/** What most have in common. */
export const PLAIN = {
  isShort: false,
  needsCut: false,
  liveness: '30s 5m',
  mute: [],
  silent: [],
  unreachable: [],
} as const;

/** Finds a part when the fault begins: `the leader` is another one each time. */
export type Which = string | ((world: World) => Promise<Part>);

export interface Step {
  readonly which: Which;
  readonly how: How;
}

/** All steps at once, for so long. */
export async function breakParts(
  world: World,
  steps: readonly Step[],
  durationMs: number,
): Promise<Outcome> {
  const broken: { readonly part: Part; readonly how: How }[] = [];
  for (const { which, how } of steps) broken.push({ part: await find(world, which), how });
  await Promise.all(broken.map(({ part, how }) => begin(world, part, how)));
  const begunMs = performance.now();
  await delay(durationMs);
  const untilMs = performance.now();
  await Promise.all(broken.map(({ part, how }) => end(world, part, how)));
  return { ...over(), begunMs, untilMs };
}

async function find(world: World, which: Which): Promise<Part> {
  return typeof which === 'function' ? which(world) : partOf(world, which);
}

export function partOf({ parts }: World, name: string): Part {
  const part = parts.get(name);
  if (part !== undefined) return part;
  const known = [...parts.keys()].join(', ');
  throw new Error(`Cannot break "${name}": there is no such part; expected one of ${known}`);
}

async function begin(world: World, part: Part, how: How): Promise<void> {
  if (how === 'killed') await part.kill();
  else if (how === 'stopped') part.pause();
  else world.network.cut(part.machine, machinesOf(world));
}

async function end(world: World, part: Part, how: How): Promise<void> {
  if (how === 'killed') await part.start();
  else if (how === 'stopped') part.resume();
  else world.network.mend(part.machine, machinesOf(world));
}

function machinesOf({ parts }: World) {
  return [...parts.values()].map(({ machine }) => machine);
}
