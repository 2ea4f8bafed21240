/**
 * Stands for the watcher of one cluster: tells its facts to the log, with the codec, the subjects,
 * the fence and the sums of a real one. What an API server would do is left out.
 */
import { encodeEnvelope } from '../../libs/event/codec.ts';
import type { Event } from '../../libs/event/event.ts';
import { encodeHeartbeat } from '../../libs/event/heartbeat.ts';
import { KeyTally } from '../../libs/event/key-sum.ts';
import { DEFAULT_KINDS } from '../../libs/event/object.ts';
import { subjectOf } from '../../libs/event/subject.ts';
import type { Heartbeats } from '../../libs/log/heartbeats.ts';
import type { Entry, EventLog, Logs, Position } from '../../libs/log/log.ts';
import { clusterName, factsOf } from './scale-world.ts';

export const FEDERATION = 'default';
/** Of one call of append: they are stored one after the other all the same. */
const BATCH = 500;

export class ScaleWriter {
  readonly cluster: string;
  readonly #number: number;
  readonly #log: EventLog;
  readonly #heartbeats: Heartbeats;
  readonly #positions = new Map<string, Position>();
  #head: Position = 0;
  #appended = 0;

  constructor(logs: Logs, cluster: number) {
    this.cluster = clusterName(cluster);
    this.#number = cluster;
    this.#log = logs.open(this.cluster);
    this.#heartbeats = logs.heartbeats;
  }

  /** Of the last entry told. */
  get head(): Position {
    return this.#head;
  }

  /** What watchers say every few seconds: the cluster lives. */
  beat(): void {
    const [incarnation, position] = ['bench', this.#head];
    const beat = {
      writer: `${this.cluster}/bench`,
      incarnation,
      position,
      silentMs: 0,
      counts: {},
    };
    const data = encodeHeartbeat({ ...beat, role: 'writer', state: 'synced' });
    this.#heartbeats.beat(this.cluster, data);
  }

  /** All facts of the cluster, and Synced. */
  async fill(): Promise<void> {
    const writer = `${this.cluster}/bench`;
    const tally = new KeyTally();
    let batch: Event[] = [{ kind: 'watch-started', writer, previous: 0 }];
    for (const object of factsOf(this.#number)) {
      tally.add(object);
      batch.push({ kind: 'observed', object });
      if (batch.length < BATCH) continue;
      await this.tell(batch);
      batch = [];
    }
    const resourceVersions = Object.fromEntries(DEFAULT_KINDS.map((kind) => [kind, '1']));
    const synced = { writer, resourceVersions, ...tally.of(DEFAULT_KINDS) };
    await this.tell([...batch, { kind: 'synced', ...synced }]);
  }

  /** One call at a time. */
  async tell(events: readonly Event[]): Promise<void> {
    if (events.length === 0) return;
    const entries = events.map((event) => this.#entryOf(event));
    const outcome = await this.#log.append(this.#head, entries);
    if (outcome.kind === 'conflict') {
      throw new Error(`Cannot fill "${this.cluster}": somebody else writes; expected to be alone`);
    }
    for (const [i, position] of outcome.positions.entries()) {
      const subject = entries[i]?.subject;
      if (subject !== undefined) this.#positions.set(subject, position);
      this.#head = position;
    }
  }

  #entryOf(event: Event): Entry {
    const subject = subjectOf(FEDERATION, this.cluster, event);
    const prev = this.#positions.get(subject) ?? 0;
    const observedAt = new Date().toISOString();
    const data = encodeEnvelope({ event, observedAt, resourceVersion: '1', prev });
    this.#appended++;
    return { subject, data, id: `${this.cluster}-${this.#appended}` };
  }
}
