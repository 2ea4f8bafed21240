/** One seed: a while of chaos, then quiet until every resolver says what the APIs say. */
import { Faults } from './faults.ts';
import { Violation } from './violation.ts';
import { World, type WorldOptions } from './world.ts';

/** How long it goes on with faults, in ms of the simulation. */
const CHAOS_MS = [15_000, 70_000] as const;
/**
 * How long after that the truth may take, in ms: removals are held for a minute and asked for
 * again, a standby waits, and a cluster that came and went has to stay for up to five minutes.
 */
export const TRUTH_WITHIN_MS = 600_000;
const LOOK_EVERY_MS = 1000;
/** Lines of a trace that are shown of a failure. */
const TAIL_LINES = 60;

export type SeedOutcome = Run &
  (
    | { readonly kind: 'passed'; readonly truthAfterMs: number }
    | {
        readonly kind: 'failed';
        /** Which promise is broken, or what was thrown. */
        readonly check: string;
        readonly why: string;
      }
  );

interface Run {
  readonly seed: number;
  readonly steps: number;
  readonly simulatedMs: number;
  /** Of all that happened. */
  readonly hash: string;
  /** Its last lines, where it failed; all, where they were asked for; else none. */
  readonly trace: readonly string[];
}

/** `prepare`: makes the world another one, before anything happens in it. */
export async function runSeed(
  options: WorldOptions,
  prepare: (world: World) => void = () => {},
): Promise<SeedOutcome> {
  const world = new World(options);
  prepare(world);
  const { isTraced = false } = options;
  const ranSoFar = () => ({
    seed: options.seed,
    steps: world.steps,
    simulatedMs: world.timeline.sinceMs,
    hash: world.trace.hash,
    trace: isTraced ? world.trace.lines : [],
  });
  try {
    const truthAfterMs = await live(world);
    return { kind: 'passed', truthAfterMs, ...ranSoFar() };
  } catch (error) {
    const check = error instanceof Violation ? error.check : 'error';
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const shown = error instanceof Violation ? error.message : why;
    const tail = isTraced ? {} : { trace: world.trace.lines.slice(-TAIL_LINES) };
    return { kind: 'failed', check, why: shown, ...ranSoFar(), ...tail };
  }
}

async function live(world: World): Promise<number> {
  const faults = new Faults(world);
  for (const host of world.hosts) {
    world.later(0, 4000, `${host.name} starts`, () => host.start());
  }
  faults.begin();
  await world.run(world.chance.between(...CHAOS_MS));
  world.trace.add('  quiet');
  faults.quiet();
  const quietAtMs = world.timeline.nowMs;
  for (;;) {
    await world.run(LOOK_EVERY_MS);
    const tookMs = world.timeline.nowMs - quietAtMs;
    const difference = await world.difference();
    if (difference === undefined) return tookMs;
    if (tookMs < TRUTH_WITHIN_MS) continue;
    throw new Violation('truth after quiet', `${tookMs / 1000} s after quiet, ${difference}`);
  }
}
