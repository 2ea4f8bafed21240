/**
 * How the clusters of a federation stand, and what operators want of them: the control log, the
 * heartbeats, and the judgement of this resolver, run together.
 *
 *   heartbeats ─► judgement ─► control log ─► ControlState ─► the view
 *                                  ▲
 *                other resolvers ──┴── operators
 */
import type { Clock } from '../../../libs/clock/clock.ts';
import { CONTROL } from '../../../libs/event/control.ts';
import type { Heartbeat } from '../../../libs/event/heartbeat.ts';
import type { ControlState } from '../../../libs/federation/control-state.ts';
import type { Logs } from '../../../libs/log/log.ts';
import type { Log } from '../../../libs/telemetry/log.ts';
import { ControlLog } from './control-log.ts';
import type { DiskSnapshots } from './disk-snapshots.ts';
import { keepJudging } from './keep-judging.ts';
import { Liveness, type LivenessLimits } from './liveness.ts';

/**
 * How late what was said may be kept, in ms: a drain outlives a restart while the log is away. One
 * small request each time.
 */
const KEPT_AFTER_MS = 5000;

export interface StandingsOptions {
  /** Names the federation on its log. */
  readonly federation: string;
  readonly limits: LivenessLimits;
  readonly logs: Logs;
  readonly snapshots: DiskSnapshots | undefined;
  readonly clusters: () => readonly string[];
  readonly changed: (state: ControlState) => void;
  readonly clock: Clock;
  /** Unique for ever: names an entry. */
  readonly uuid: () => string;
  readonly log: Log;
  readonly signal: AbortSignal;
}

export class Standings {
  readonly #options: StandingsOptions;
  readonly #liveness: Liveness;
  readonly #controlLog: ControlLog;
  readonly #beats = new Map<string, Heartbeat>();

  constructor(options: StandingsOptions) {
    this.#options = options;
    const { federation, logs, snapshots, clock, uuid, log, signal } = options;
    this.#liveness = new Liveness(options.limits);
    this.#controlLog = new ControlLog({
      federation,
      eventLog: logs.open(CONTROL),
      kept: async () => snapshots?.read(CONTROL),
      changed: (state) => this.#changed(state),
      clock,
      uuid,
      log,
      signal,
    });
  }

  /** Until the signal aborts. */
  async run(): Promise<void> {
    const { logs, snapshots, clusters, clock, log, signal } = this.#options;
    await Promise.all([
      this.#controlLog.follow(),
      snapshots?.keep(logs.open(CONTROL), signal, KEPT_AFTER_MS),
      keepJudging({
        heartbeats: logs.heartbeats,
        liveness: this.#liveness,
        controlLog: this.#controlLog,
        clusters,
        heard: (cluster, beat) => this.#beats.set(cluster, beat),
        clock,
        log,
        signal,
      }),
    ]);
  }

  /** The cluster belongs to the federation from now on: it stands as the log says already. */
  joined(cluster: string): void {
    const nowMs = this.#options.clock.elapsedMs();
    this.#liveness.stands(cluster, this.state.standingOf(cluster), nowMs);
  }

  get state(): ControlState {
    return this.#controlLog.state;
  }

  /** Whether the control log was read to its end: before, a drain or a pin may not be known. */
  get wasRead(): boolean {
    return this.#controlLog.wasRead;
  }

  /**
   * How old what is known of the cluster may be. Until something is heard, by the time at which its
   * youngest event was seen, of another machine's clock; NaN where there is none.
   */
  ageMs(cluster: string, observedAt = ''): number {
    const { clock } = this.#options;
    const heard = this.#liveness.ageMs(cluster, clock.elapsedMs());
    return heard ?? Math.max(0, clock.nowMs() - Date.parse(observedAt));
  }

  /** What the writer of its log said last. */
  beatOf(cluster: string): Heartbeat | undefined {
    return this.#beats.get(cluster);
  }

  #changed(state: ControlState): void {
    const nowMs = this.#options.clock.elapsedMs();
    for (const cluster of this.#options.clusters()) {
      this.#liveness.stands(cluster, state.standingOf(cluster), nowMs);
    }
    this.#options.changed(state);
  }
}
