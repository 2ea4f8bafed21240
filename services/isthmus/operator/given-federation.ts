/** A federation on logs in memory, for tests: what its clusters say, and what an operator does. */
import { encodeEnvelope } from '../../../libs/event/codec.ts';
import type { Event } from '../../../libs/event/event.ts';
import type { ClusterObject } from '../../../libs/event/object.ts';
import { subjectOf } from '../../../libs/event/subject.ts';
import type { Position } from '../../../libs/log/log.ts';
import { createMemoryLogs } from '../../../libs/log/memory.ts';
import { type Ground, readAsked, runWord, type Verb } from './words.ts';

const START_MS = Date.parse('2026-11-29T03:00:00Z');

export class GivenFederation {
  readonly logs = createMemoryLogs();
  nowMs = START_MS;
  readonly #prev = new Map<string, Position>();
  #ids = 0;

  /** Appends what happened in a cluster, a second for each; returns the position of the last. */
  async happened(cluster: string, ...events: readonly Event[]): Promise<Position> {
    const log = this.logs.open(cluster);
    let { position } = await log.head();
    for (const event of events) {
      this.nowMs += 1000;
      const subject = subjectOf('default', cluster, event);
      const prev = this.#prev.get(`${cluster} ${subject}`) ?? 0;
      const data = encodeEnvelope({ event, observedAt: this.now, prev });
      const mark = event.kind === 'forgotten' ? { forgets: event.upTo } : {};
      const entry = { subject, data, id: `${this.#ids++}`, ...mark };
      const outcome = await log.append(position, [entry]);
      position = outcome.positions[0] ?? position;
      this.#prev.set(`${cluster} ${subject}`, position);
    }
    return position;
  }

  get now(): string {
    return new Date(this.nowMs).toISOString();
  }

  get ground(): Ground {
    return {
      federation: 'default',
      logs: this.logs,
      where: 'memory',
      isControlled: true,
      nowMs: () => this.nowMs,
      signal: new AbortController().signal,
    };
  }

  /** As on a command line: `pin shop/web --at 12`. */
  run(line: string, ground: Ground = this.ground): Promise<string> {
    const words = line.split(' ');
    const flags = new Map<string, string>();
    for (const name of ['at', 'cluster', 'output']) {
      const i = words.indexOf(`--${name}`);
      if (i >= 0) flags.set(name, words.splice(i, 2)[1] ?? '');
    }
    const [verb = '', ...of] = words;
    return runWord(
      readAsked(verbOf(verb), of, (name) => flags.get(name)),
      ground,
    );
  }
}

function verbOf(text: string): Verb {
  const verbs = ['clusters', 'status', 'drain', 'restore', 'release', 'pin', 'unpin'] as const;
  const verb = verbs.find((one) => one === text);
  if (verb === undefined) throw new Error(`Cannot run "${text}": it is no verb`);
  return verb;
}

export function observed(object: ClusterObject): Event {
  return { kind: 'observed', object };
}

export function removed({ kind, namespace, name }: ClusterObject): Event {
  return { kind: 'removed', ref: { kind, namespace, name } };
}
