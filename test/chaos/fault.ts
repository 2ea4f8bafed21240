/** What is done to the world, and what may be seen of it. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Part } from './part.ts';
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
  /** Resolvers that it keeps from answering: what they don't say is no violation. */
  readonly mute: readonly string[];
  /** An answer that was true last longer ago, in ms, is a violation. */
  readonly oldestMs: number;
  /** Does it, and resolves when it is over, with the time of that. */
  run(world: World): Promise<number>;
}

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
): Promise<number> {
  const broken: { readonly part: Part; readonly how: How }[] = [];
  for (const { which, how } of steps) broken.push({ part: await find(world, which), how });
  await Promise.all(broken.map(({ part, how }) => begin(world, part, how)));
  await delay(durationMs);
  await Promise.all(broken.map(({ part, how }) => end(world, part, how)));
  return performance.now();
}

async function find(world: World, which: Which): Promise<Part> {
  if (typeof which === 'function') return which(world);
  const part = world.parts.get(which);
  if (part !== undefined) return part;
  const known = [...world.parts.keys()].join(', ');
  throw new Error(`Cannot break "${which}": there is no such part; expected one of ${known}`);
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
