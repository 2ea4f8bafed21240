/**
 * The words of an operator: what the command line says, and what becomes of it on the logs of a
 * federation, wherever those are.
 *
 *   command line ─► Asked ─┬─ --log ──► the logs on NATS ──────────────► runWord ─► text
 *                          └─ --state ► socket of a process ─► its logs ─► runWord ─► text
 */
import type { Logs } from '../../../libs/log/log.ts';
import { releaseRemovals } from '../../watcher/release.ts';
import { UsageError } from '../flags.ts';
import { reportClusters } from './cluster-report.ts';
import { type ControlRead, NOTHING_SAID, readControl, type Speaker } from './control-word.ts';
import { drain, restore } from './drain.ts';
import { readMoment } from './moment.ts';
import { pin, readServiceKey, unpin } from './pin.ts';
import { clustersText, type Output, statusText } from './print-status.ts';

/** Verb → what has to follow it. */
const OBJECTS = {
  clusters: undefined,
  status: undefined,
  drain: 'CLUSTER',
  restore: 'CLUSTER',
  release: 'CLUSTER',
  pin: 'NAMESPACE/NAME',
  unpin: 'NAMESPACE/NAME',
} as const;

export type Verb = keyof typeof OBJECTS;

export const VERBS = Object.keys(OBJECTS);

/** What is asked for: plain data, which goes over a socket. */
export interface Asked {
  readonly verb: Verb;
  /** What follows the verb. */
  readonly of: string | undefined;
  readonly cluster: string | undefined;
  readonly at: string | undefined;
  readonly output: Output;
}

/** Where it is done. */
export interface Ground {
  readonly federation: string;
  readonly logs: Logs;
  /** For people: the log servers, or the state directory. */
  readonly where: string;
  /** Somebody follows the control log. */
  readonly isControlled: boolean;
  readonly nowMs: () => number;
  readonly signal: AbortSignal;
}

export function isVerb(text: string): text is Verb {
  return Object.hasOwn(OBJECTS, text);
}

export function isOutput(text: string): text is Output {
  return text === 'table' || text === 'wide' || text === 'json';
}

/** `words` follow the verb. Throws UsageError. */
export function readAsked(
  verb: Verb,
  words: readonly string[],
  flag: (name: 'cluster' | 'at' | 'output') => string | undefined,
): Asked {
  const expected = OBJECTS[verb];
  const [of, second] = words;
  const extra = expected === undefined ? of : second;
  const usage = `isthmus ${verb}${expected === undefined ? '' : ` ${expected}`}, then flags`;
  if (extra !== undefined) throw new UsageError(`Cannot use "${extra}": expected ${usage}`);
  if (expected !== undefined && of === undefined) {
    throw new UsageError(`Cannot ${verb}: ${expected} is missing; expected ${usage}`);
  }
  const at = flag('at');
  if (verb === 'pin' && at === undefined) {
    throw new UsageError(
      'Cannot pin: --at is missing; expected --at POSITION, a time as 2026-11-29T03:12:00Z, ' +
        'or how long ago as 10m',
    );
  }
  const output = flag('output') ?? 'table';
  if (!isOutput(output)) {
    throw new UsageError(`Cannot print "${output}": it is unknown; expected table, wide or json`);
  }
  return { verb, of, cluster: flag('cluster'), at, output };
}

/** The text that tells what happened. Throws UsageError, or an Error that says why. */
export async function runWord(asked: Asked, ground: Ground): Promise<string> {
  const { verb, of = '', cluster, at = '', output } = asked;
  const { federation } = ground;
  switch (verb) {
    case 'clusters': {
      const reports = await reportClusters(ground, await controlOf(ground));
      return clustersText(federation, reports, output);
    }
    case 'status': {
      const control = await controlOf(ground);
      const reports = await reportClusters(ground, control);
      return statusText(ground, ground.where, control, reports, output);
    }
    case 'drain':
      checkControlled(ground, verb);
      await knownCluster(ground, verb, of);
      return drain(ground, of);
    case 'restore': {
      checkControlled(ground, verb);
      const text = await restore(ground, of);
      // What was said of a cluster that is no more can be taken back.
      if (text === undefined) await knownCluster(ground, verb, of);
      return text ?? `${of} is not drained`;
    }
    case 'release':
      await knownCluster(ground, 'release removals of', of);
      return release(ground, of);
    case 'pin': {
      checkControlled(ground, verb);
      const key = readServiceKey(of);
      const moment = readMoment(at, ground.nowMs());
      return pin(ground, key, moment, await meantClusters(ground, verb, cluster));
    }
    case 'unpin': {
      checkControlled(ground, verb);
      const text = await unpin(ground, readServiceKey(of), cluster);
      if (text === undefined && cluster !== undefined) await knownCluster(ground, verb, cluster);
      return text ?? `${of}${cluster === undefined ? '' : ` of ${cluster}`} is not pinned`;
    }
  }
}

/** To open the log is to make it, which is not done for who only looks where nobody follows it. */
async function controlOf(ground: Ground): Promise<ControlRead> {
  return ground.isControlled ? readControl(ground) : NOTHING_SAID;
}

async function release(ground: Ground, cluster: string): Promise<string> {
  const { federation, logs, nowMs, signal } = ground;
  const id = crypto.randomUUID();
  const log = logs.open(cluster);
  const outcome = await releaseRemovals({ federation, log, nowMs: nowMs(), id, signal });
  if (outcome === undefined) {
    throw new Error(`Cannot release removals of "${cluster}": the process is asked to stop`);
  }
  if (outcome.kind === 'nothing-held') return `${cluster}: no removals are held`;
  const { held, position } = outcome;
  return (
    `${cluster}: the removal of ${held.count} of ${held.of} objects is released, at position ` +
    `${position}; its watcher tells it within seconds`
  );
}

function checkControlled({ isControlled, federation }: Ground, verb: Verb): void {
  if (isControlled) return;
  throw new Error(
    `Cannot ${verb}: "${federation}" is made of kubernetes stanzas, each answered by itself; ` +
      'expected a federation',
  );
}

async function meantClusters(
  ground: Ground,
  verb: Verb,
  cluster: string | undefined,
): Promise<readonly string[]> {
  if (cluster !== undefined) {
    await knownCluster(ground, verb, cluster);
    return [cluster];
  }
  const clusters = await ground.logs.clusters();
  if (clusters.length > 0) return clusters;
  throw new Error(`Cannot ${verb}: no cluster has a log in the federation ${ground.federation}`);
}

/** A log that is opened is made: only those that are there may be. */
async function knownCluster({ logs, federation }: Speaker, what: string, cluster: string) {
  const known = await logs.clusters();
  if (known.includes(cluster)) return;
  const expected = known.length === 0 ? 'one that has' : known.join(', ');
  throw new Error(
    `Cannot ${what} "${cluster}": it has no log in the federation ${federation}; ` +
      `expected ${expected}`,
  );
}
