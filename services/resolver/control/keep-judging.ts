/**
 * Hears the heartbeats of all clusters, and writes into the control log what has become of them.
 *
 *   heartbeats ─► Liveness ◄─ the control log's standings
 *                    └─ judgements, each second ─► append ─► (conflict: somebody else saw it too)
 *
 * Who is silent is asked before: beats are lost, and a way that was cut is open again before the
 * next of them comes.
 */
import type { Clock } from '../../../libs/clock/clock.ts';
import type { ControlEvent } from '../../../libs/event/control.ts';
import { decodeHeartbeat, type Heartbeat } from '../../../libs/event/heartbeat.ts';
import type { Heartbeats } from '../../../libs/log/heartbeats.ts';
import type { Log } from '../../../libs/telemetry/log.ts';
import type { ControlLog } from './control-log.ts';
import type { Judgement, Liveness } from './liveness.ts';

export interface JudgingOptions {
  readonly heartbeats: Heartbeats;
  readonly liveness: Liveness;
  readonly controlLog: ControlLog;
  readonly clusters: () => readonly string[];
  /** The last beat of a cluster's writer. */
  readonly heard: (cluster: string, beat: Heartbeat) => void;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

const EVERY_MS = 1000;
/** A turn that comes so late was not for want of beats: this process was stopped, or too busy. */
const LATE_MS = 3 * EVERY_MS;
/** Clusters of which one append tells: a log on NATS takes each in about a millisecond. */
const AT_ONCE = 100;

/** Until the signal aborts. */
export async function keepJudging(options: JudgingOptions): Promise<void> {
  const { heartbeats } = options;
  const hearing = hear(options);
  // Who begins knows nothing, and need not wait for the next beats.
  heartbeats.ask();
  await Promise.all([hearing, judgeAll(options)]);
}

async function hear(options: JudgingOptions): Promise<void> {
  const { heartbeats, liveness, clock, heard, signal } = options;
  for await (const one of heartbeats.hear(signal)) {
    const nowMs = clock.elapsedMs();
    if (one.kind === 'hearing') {
      liveness.hearing(nowMs);
      heartbeats.ask();
    } else if (one.kind === 'deaf') {
      liveness.deaf();
    } else {
      const beat = decodeHeartbeat(one.data);
      if (beat === undefined || !options.clusters().includes(one.cluster)) continue;
      liveness.beat(one.cluster, beat.silentMs, nowMs);
      if (beat.role === 'writer') heard(one.cluster, beat);
    }
  }
}

async function judgeAll(options: JudgingOptions): Promise<void> {
  const { liveness, clock, signal } = options;
  let lastMs = clock.elapsedMs();
  let asked: ReadonlySet<string> = new Set();
  while (!signal.aborted) {
    await clock.sleep(EVERY_MS, signal);
    const nowMs = clock.elapsedMs();
    const isLate = nowMs - lastMs > LATE_MS;
    if (isLate) liveness.interrupted(nowMs);
    asked = isLate ? new Set() : await judge(options, nowMs, asked);
    lastMs = nowMs;
  }
}

/** `asked`: the turn before has asked those that are silent; who is so still, is judged. */
async function judge(
  options: JudgingOptions,
  nowMs: number,
  asked: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  const { heartbeats, liveness, controlLog, clusters, clock, log, signal } = options;
  const judged: { readonly cluster: string; readonly judgement: Judgement }[] = [];
  for (const cluster of clusters()) {
    const judgement = liveness.judge(cluster, nowMs);
    if (judgement !== undefined && judged.length < AT_ONCE) judged.push({ cluster, judgement });
  }
  if (signal.aborted || judged.length === 0 || !controlLog.isRead) return new Set();
  // A server may be there, and be parted from those that have the log and hear the beats.
  const isReachable = await controlLog.isReachable();
  const reachedMs = clock.elapsedMs();
  if (!isReachable || reachedMs - nowMs > EVERY_MS) {
    liveness.interrupted(reachedMs);
    return new Set();
  }
  const silent = judged.filter(({ judgement }) => judgement.kind !== 'recovered');
  if (silent.some(({ cluster }) => !asked.has(cluster))) heartbeats.ask();
  const sure = judged.filter((one) => !silent.includes(one) || asked.has(one.cluster));
  // What came meanwhile is read before the next turn, which judges the rest.
  const events = sure.map(({ cluster, judgement }) => eventOf(cluster, judgement));
  const count = events.length === 0 ? 0 : await controlLog.append(events);
  for (const { cluster, judgement } of sure.slice(0, count)) {
    log.info(`cluster ${cluster}: ${toldOf(judgement)}`);
  }
  return new Set(silent.map(({ cluster }) => cluster));
}

function eventOf(cluster: string, judgement: Judgement): ControlEvent {
  if (judgement.kind === 'recovered') return { kind: 'cluster-recovered', cluster };
  const silentSeconds = Math.round(judgement.silentMs / 1000);
  return { kind: `cluster-${judgement.kind}`, cluster, silentSeconds };
}

function toldOf(judgement: Judgement): string {
  if (judgement.kind === 'recovered') return 'is heard again, and counts as live';
  const seconds = Math.round(judgement.silentMs / 1000);
  return `nothing was heard for ${seconds} s: it counts as ${judgement.kind}`;
}
