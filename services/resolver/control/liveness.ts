/**
 * How a cluster stands, by what was heard of it: the judgement, without any I/O.
 *
 *   live ── silent for `staleMs` ──► stale ── silent for `lostMs` ──► lost
 *    ▲                                 │                               │
 *    └── heard throughout `recoverMs` ─┴───────────────────────────────┘
 *
 * Silence is what a cluster's watchers say of its API, or that they say nothing themselves. It
 * counts only while this resolver can hear: when the log is away, or when this process was stopped
 * for a while, nothing is judged. Two resolvers may hear different things. Who hears nothing while
 * another one does grants twice as long each time, so that they don't argue.
 */
import { HEARTBEAT_MS } from '../../../libs/event/heartbeat.ts';
import type { Standing } from '../../../libs/federation/standing.ts';

export interface LivenessLimits {
  readonly staleMs: number;
  readonly lostMs: number;
}

/** What should become of the cluster; undefined: nothing. */
export type Judgement =
  | { readonly kind: 'stale' | 'lost'; readonly silentMs: number }
  | { readonly kind: 'recovered' };

/** Three beats in time, so that one that comes by chance recovers nothing. */
const RECOVER_MS = 2 * HEARTBEAT_MS;
/** One beat may be lost. */
const GAP_MS = 2.5 * HEARTBEAT_MS;
/** A cluster that comes and goes has to stay twice as long each time, up to this. */
const RECOVER_MS_MAX = 5 * 60_000;
/** So long without a change, and it counts as steady again. */
const STEADY_MS = 10 * 60_000;
/** How many times the limits are granted at most to a cluster that others hear. */
const PATIENCE_MAX = 8;

interface Heard {
  /** When its API replied last, by its watchers; undefined: never. */
  repliedAtMs: number | undefined;
  /** When a watcher of it was heard last. */
  beatAtMs: number;
  /** Since when it has been heard in time, without a gap. */
  freshSinceMs: number | undefined;
  patience: number;
  changes: number;
  changedAtMs: number;
  /** When the control log said so last. */
  recoveredAtMs: number;
  standing: Standing;
}

export class Liveness {
  readonly #limits: LivenessLimits;
  readonly #clusters = new Map<string, Heard>();
  /** Since when this resolver hears; undefined: it doesn't. */
  #hearingSinceMs: number | undefined;

  constructor(limits: LivenessLimits) {
    this.#limits = limits;
  }

  /** From now on silence means something; what was silent before is not counted. */
  hearing(nowMs: number): void {
    this.#hearingSinceMs = nowMs;
    for (const heard of this.#clusters.values()) heard.freshSinceMs = undefined;
  }

  deaf(): void {
    this.#hearingSinceMs = undefined;
  }

  /** Beats may have been missed up to now; who was deaf is so still. */
  interrupted(nowMs: number): void {
    if (this.#hearingSinceMs !== undefined) this.hearing(nowMs);
  }

  /** `silentMs`: for how long its API has not replied; undefined: not since the watcher began. */
  beat(cluster: string, silentMs: number | undefined, nowMs: number): void {
    const heard = this.#of(cluster);
    if (nowMs - heard.beatAtMs > GAP_MS) heard.freshSinceMs = undefined;
    heard.beatAtMs = nowMs;
    heard.patience = 1;
    if (silentMs === undefined) return;
    heard.repliedAtMs = Math.max(heard.repliedAtMs ?? -Infinity, nowMs - silentMs);
    const isFresh = nowMs - heard.repliedAtMs < this.#limits.staleMs;
    heard.freshSinceMs = isFresh ? (heard.freshSinceMs ?? nowMs) : undefined;
  }

  /** How old what is known of the cluster may be; undefined: nothing was ever heard of it. */
  ageMs(cluster: string, nowMs: number): number | undefined {
    const { repliedAtMs } = this.#clusters.get(cluster) ?? {};
    return repliedAtMs === undefined ? undefined : nowMs - repliedAtMs;
  }

  /** The control log says that it stands so now, whoever saw it. */
  stands(cluster: string, standing: Standing, nowMs: number): void {
    const heard = this.#of(cluster);
    if (heard.standing === standing) return;
    const isSteady = nowMs - heard.changedAtMs > STEADY_MS;
    heard.changes = isSteady ? 1 : heard.changes + 1;
    heard.changedAtMs = nowMs;
    heard.standing = standing;
    heard.freshSinceMs = undefined;
    if (standing !== 'live') return;
    if (this.#silenceMs(heard, nowMs) > RECOVER_MS) {
      heard.patience = Math.min(PATIENCE_MAX, 2 * heard.patience);
    }
    heard.recoveredAtMs = nowMs;
  }

  judge(cluster: string, nowMs: number): Judgement | undefined {
    const heard = this.#of(cluster);
    if (this.#hearingSinceMs === undefined) return undefined;
    const silentMs = this.#silenceMs(heard, nowMs);
    const { staleMs, lostMs } = this.#limits;
    if (heard.standing !== 'lost' && silentMs >= lostMs * heard.patience) {
      return { kind: 'lost', silentMs };
    }
    if (heard.standing === 'live') {
      return silentMs >= staleMs * heard.patience ? { kind: 'stale', silentMs } : undefined;
    }
    if (silentMs >= staleMs) heard.freshSinceMs = undefined;
    const { freshSinceMs, beatAtMs } = heard;
    const isHeardLongEnough =
      freshSinceMs !== undefined && beatAtMs - freshSinceMs >= recoverMs(heard.changes);
    return isHeardLongEnough ? { kind: 'recovered' } : undefined;
  }

  /** What was said before this resolver began to hear may be over: it counts from there. */
  #silenceMs({ repliedAtMs, beatAtMs, recoveredAtMs }: Heard, nowMs: number): number {
    const sinceMs = this.#hearingSinceMs ?? nowMs;
    const knownAtMs = beatAtMs >= sinceMs ? (repliedAtMs ?? sinceMs) : sinceMs;
    // Who saw it recover has heard it.
    return nowMs - Math.max(knownAtMs, recoveredAtMs);
  }

  #of(cluster: string): Heard {
    const known = this.#clusters.get(cluster);
    if (known !== undefined) return known;
    const heard: Heard = {
      repliedAtMs: undefined,
      beatAtMs: -Infinity,
      freshSinceMs: undefined,
      patience: 1,
      changes: 0,
      changedAtMs: -Infinity,
      recoveredAtMs: -Infinity,
      standing: 'live',
    };
    this.#clusters.set(cluster, heard);
    return heard;
  }
}

function recoverMs(changes: number): number {
  const again = Math.max(0, Math.ceil(changes / 2) - 1);
  return Math.min(RECOVER_MS_MAX, RECOVER_MS * 2 ** Math.min(again, 10));
}
