/**
 * One fault, from a world that is right to a world that is right again.
 *
 *   right ─► the fault … it is over ─► what changed since is answered by both ─► no change is lost
 *   └────────────── both are asked, and say how they are, throughout ──────────┘
 */
import { setTimeout as delay } from 'node:timers/promises';
import { short } from '../e2e/ask.ts';
import { type Checker, isServed, longer, NONE, type Record, type Stretch } from './checker.ts';
import type { Fault, Outcome } from './fault.ts';
import type { HealthWatch } from './health.ts';
import { CLUSTERS } from './objects-of.ts';
import { falseWords, trueAgain } from './said.ts';
import { ABSENT } from './truth.ts';
import type { World } from './world.ts';

/** What is not right again by then, in ms, never will be. */
const AGAIN_WITHIN_MS = 60_000;
/** So long nothing may be wrong any more. */
const QUIET_MS = 3000;
/**
 * A shorter silence is in the table, and no violation: UDP may lose packets, two busy cores may be
 * late, and a stub resolver asks again after five seconds.
 */
const SILENCE_MS = 5000;
const LOOK_MS = 100;
/** Of what a process said, in characters. */
const LAST_WORDS = 1000;

export interface Row {
  readonly fault: string;
  /** From the end of the fault until the last answer that was not right. */
  readonly againMs: number;
  /** The oldest answer of a resolver, and how old it may be. */
  readonly oldestMs: number;
  readonly oldestMayBeMs: number;
  /** The longest time without an answer to a name that is there, of resolvers that can answer. */
  readonly failedMs: number;
  /** The same of one that the fault kept from answering; undefined where there is none. */
  readonly muteMs: number | undefined;
  /** The longest time for which a name that is not there was not denied. */
  readonly withheldMs: number;
  readonly notes: readonly string[];
  readonly violations: readonly string[];
  /** Where it is compared. */
  readonly coreDns: Compared | undefined;
}

export interface Compared {
  readonly againMs: number;
  readonly isRight: boolean;
  readonly failedMs: number;
  /** Different answers that were never true. */
  readonly wrong: number;
}

export async function runFault(
  world: World,
  checker: Checker,
  health: HealthWatch,
  fault: Fault,
): Promise<Row> {
  const loads = CLUSTERS.map((cluster) => world.loads[cluster]);
  const notYet = await settled(world);
  if (notYet.length > 0) throw new Error(`Cannot begin "${fault.name}": ${notYet.join('; ')}`);
  for (const load of loads) load.start();
  const all = checker.record();
  const isOurs = ({ resolver }: Record) => resolver !== world.coreDns?.name;
  const [records, theirs] = [all.filter(isOurs), all.find((record) => !isOurs(record))];
  health.take();
  const outcome = await fault.run(world);
  const { againMs, isRight } = await rightAgain(records, outcome.endedMs);
  const coreDns = theirs && (await compared(theirs, outcome.endedMs));
  await Promise.all(loads.map((load) => load.pause()));
  const lost = await settled(world);
  const row = rowOf(fault, records, againMs, outcome, [
    ...outcome.violations,
    ...falseWords(fault, health.take(), outcome),
    ...(await trueAgain(world)),
    ...(isRight ? [] : [`not right again ${AGAIN_WITHIN_MS / 1000} s after the fault`]),
    ...lost.map((what) => `lost: ${what}`),
    ...[...world.processes].flatMap(([name, { isRunning, output }]) =>
      isRunning ? [] : [`${name} has ended: ${output.slice(-LAST_WORDS)}`],
    ),
  ]);
  return { ...row, notes: outcome.notes, coreDns };
}

function rowOf(
  fault: Fault,
  records: readonly Record[],
  againMs: number,
  outcome: Outcome,
  wrong: readonly string[],
): Omit<Row, 'notes' | 'coreDns'> {
  const isMute = ({ resolver }: Record) => fault.mute.includes(resolver);
  const violations = [...wrong, ...records.flatMap((record) => record.wrong(isMute(record)))];
  const [mute, others] = [records.filter(isMute), records.filter((one) => !isMute(one))];
  const oldest = longest(records.map((record) => record.oldest));
  const failed = longest(others.map((record) => record.failed));
  const refused = longest(others.map((record) => record.refused));
  if (oldest.lengthMs > fault.oldestMs) {
    violations.push(`${oldest.name} was ${told(oldest, outcome.endedMs)}`);
  }
  for (const one of [refused, ...(failed.lengthMs < SILENCE_MS ? [] : [failed])]) {
    if (one.lengthMs === 0) continue;
    violations.push(`${one.name} had no answer: ${told(one, outcome.endedMs)}`);
  }
  return {
    fault: fault.name,
    againMs,
    oldestMs: oldest.lengthMs,
    oldestMayBeMs: fault.oldestMs,
    failedMs: failed.lengthMs,
    muteMs: mute.length === 0 ? undefined : longest(mute.map((one) => one.failed)).lengthMs,
    withheldMs: longest(records.map(({ withheld }) => withheld)).lengthMs,
    violations,
  };
}

async function compared(record: Record, endedMs: number): Promise<Compared> {
  const again = await rightAgain([record], endedMs);
  return { ...again, failedMs: record.failed.lengthMs, wrong: record.wrong(false).length };
}

/** Until each resolver has told each cluster's news, and for a while nothing was wrong. */
async function rightAgain(
  records: readonly Record[],
  endedMs: number,
): Promise<{ readonly againMs: number; readonly isRight: boolean }> {
  for (;;) {
    await delay(LOOK_MS);
    const nowMs = performance.now();
    const news = records.flatMap((record) =>
      record.hears.map(
        (of) => record.news.get(of)?.find(({ sinceMs }) => sinceMs >= endedMs)?.atMs,
      ),
    );
    const lastMs = Math.max(
      endedMs,
      ...news.map((atMs) => atMs ?? nowMs),
      ...records.map(({ wrongMs }) => wrongMs),
    );
    const againMs = lastMs - endedMs;
    if (news.every((atMs) => atMs !== undefined) && nowMs - lastMs > QUIET_MS) {
      return { againMs, isRight: true };
    }
    if (nowMs - endedMs > AGAIN_WITHIN_MS) return { againMs, isRight: false };
  }
}

/** Waits until all names are what they are on both resolvers; what is not. */
async function settled({ truth, resolvers }: World): Promise<readonly string[]> {
  const endMs = performance.now() + AGAIN_WITHIN_MS;
  const wrong = await Promise.all(
    resolvers.map(async (target) => {
      const { name: resolver, address, port } = target;
      const lost: string[] = [];
      for (const { name, history } of truth.names) {
        if (!history.now.isCertain || !isServed(target, name)) continue;
        const expected = history.now.value;
        for (;;) {
          const said = await short(port, name, 'A', { address });
          const value = said === 'NXDOMAIN' || said === 'NOERROR' ? ABSENT : said;
          if (value === expected) break;
          if (performance.now() > endMs) {
            lost.push(`${resolver}: ${name} is ${said}; expected ${expected || 'a denial'}`);
            break;
          }
          await delay(LOOK_MS);
        }
      }
      return lost;
    }),
  );
  return wrong.flat();
}

function longest(stretches: readonly Stretch[]): Stretch {
  return stretches.reduce(longer, NONE);
}

function told({ said, lengthMs, atMs }: Stretch, endedMs: number): string {
  const until = atMs < endedMs ? `before it was over` : 'after it was over';
  return `${said} for ${seconds(lengthMs)}, until ${seconds(Math.abs(atMs - endedMs))} ${until}`;
}

export function seconds(ms: number): string {
  return ms < 995 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
