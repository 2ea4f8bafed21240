/** A cluster, its log, a clock and watchers between them, for tests. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { GivenClock } from '../../libs/clock/given-clock.ts';
import { encodeEnvelope } from '../../libs/event/codec.ts';
import { OBJECT_KINDS } from '../../libs/event/object.ts';
import { subjectOf } from '../../libs/event/subject.ts';
import type { EventLog } from '../../libs/log/log.ts';
import { createLog } from '../../libs/telemetry/log.ts';
import { GivenCluster } from './given-cluster.ts';
import { allEvents, GivenLogs, inWords } from './given-logs.ts';
import { runWatcher, type Watcher } from './watcher.ts';

export interface RunningWatcher extends Watcher {
  stop(): Promise<void>;
}

export class Given {
  readonly cluster = new GivenCluster();
  readonly logs = new GivenLogs();
  readonly clock = new GivenClock();
  readonly lines: string[] = [];
  #watchers = 0;
  readonly #ended = new AbortController();

  constructor(t?: Pick<TestContext, 'after'>) {
    t?.after(() => this.end());
  }

  get log(): EventLog {
    return this.logs.open('east');
  }

  watcher(source = this.cluster): RunningWatcher {
    const stopped = new AbortController();
    const name = `watcher-${++this.#watchers}`;
    const watcher = runWatcher({
      federation: 'demo',
      cluster: 'east',
      source,
      logs: this.logs,
      clock: this.clock,
      random: () => 0.5,
      uuid: () => name,
      log: createLog((line) => this.lines.push(line)),
      signal: AbortSignal.any([stopped.signal, this.#ended.signal]),
    });
    const stop = async () => {
      stopped.abort();
      await watcher.ended;
    };
    return { ...watcher, stop };
  }

  async syncedWatcher(): Promise<RunningWatcher> {
    const watcher = this.watcher();
    await until(() => watcher.status().state === 'synced', 'synced');
    return watcher;
  }

  async told(): Promise<readonly string[]> {
    return (await allEvents(this.log)).map(inWords);
  }

  /** What the log has after what it had. */
  async toldAfter(before: readonly string[]): Promise<readonly string[]> {
    const told = await this.told();
    assert.deepEqual(told.slice(0, before.length), before);
    return told.slice(before.length);
  }

  /** As `isthmus release` does. */
  async operatorReleases(): Promise<void> {
    const { position, incarnation } = await this.log.head();
    const event = { kind: 'removals-released', by: 'operator' } as const;
    const subject = subjectOf('demo', 'east', event);
    const prev = (await allEvents(this.log)).findLast((told) => told.subject === subject);
    const observedAt = new Date(this.clock.nowMs()).toISOString();
    const data = encodeEnvelope({ event, observedAt, prev: prev?.position ?? 0 });
    const entry = { subject, data, id: `operator-${incarnation}-${position}` };
    await this.log.append(position, [entry], incarnation);
  }

  end(): void {
    this.#ended.abort();
  }
}

export function relistAll(cluster: GivenCluster): void {
  for (const kind of OBJECT_KINDS) cluster.relist(kind);
}

/**
 * Turns of the event loop after which what has not happened never will: the longest chain here
 * takes dozens.
 */
const TURNS_MAX = 20_000;

export async function until(fact: () => boolean, what: string): Promise<void> {
  for (let turns = 0; !fact(); turns++) {
    assert.ok(turns < TURNS_MAX, `still waiting until ${what}`);
    await setImmediate();
  }
}

/** Lets everything happen that needs no time to pass. */
export async function settled(): Promise<void> {
  for (let turns = 0; turns < 50; turns++) await setImmediate();
}
