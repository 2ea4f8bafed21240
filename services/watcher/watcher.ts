/**
 * The watcher: turns what a cluster's API says into events on the cluster's log.
 *
 *   source ── observations ──► ledger ── changes ──► outbox ── append ──► log
 *                                ▲                                         │
 *                                └─────────────── read at start ◄──────────┘
 *
 *   starting ──► listing ──► synced       the writer: WatchStarted, the differences, Synced
 *       │            │          │
 *       └────────────┴──────────┴───► standby ──► starting    another is the writer; it fell silent
 *
 * Beside all that it beats (heartbeat.ts). A session begins by reading the log, and ends when that
 * has to be read anew. It runs until the signal aborts, whatever happens to cluster and log.
 */

import { type Clock, SYSTEM_CLOCK } from '../../libs/clock/clock.ts';
import type { ClusterSource, Observation } from '../../libs/cluster/source.ts';
import type { Head, Logs } from '../../libs/log/log.ts';
import type { Log } from '../../libs/telemetry/log.ts';
import { timeToAskAgain, timeToResync } from './ask-again.ts';
import { fitted } from './fit.ts';
import { headMoved } from './head-check.ts';
import { hearOthers } from './hear-others.ts';
import { keepBeating } from './heartbeat.ts';
import { forgetGone } from './janitor.ts';
import { Ledger } from './ledger.ts';
import { Outbox } from './outbox.ts';
import type { Session } from './session.ts';
import { standBy } from './standby.ts';
import { StatusBoard, type WatcherStatus } from './status.ts';
import { takeOver } from './take-over.ts';

export interface WatcherOptions {
  readonly federation: string;
  readonly cluster: string;
  readonly source: ClusterSource;
  readonly logs: Logs;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly clock?: Clock;
  /** From 0 to below 1. */
  readonly random?: () => number;
  /** Unique for ever: names this run. */
  readonly uuid?: () => string;
}

export interface Watcher {
  status(): WatcherStatus;
  /**
   * Settles after the signal aborted. Rejects only for a defect: trouble outside of this process is
   * waited out.
   */
  readonly ended: Promise<void>;
}

/** Begins to watch, and goes on until the signal aborts. */
export function runWatcher(options: WatcherOptions): Watcher {
  const board = new StatusBoard(options.cluster, options.log);
  const writer = (options.uuid ?? (() => crypto.randomUUID()))();
  const status = () => board.status();
  const beating = keepBeating({
    writer,
    status,
    source: options.source,
    heartbeats: options.logs.heartbeats,
    clock: options.clock ?? SYSTEM_CLOCK,
    signal: options.signal,
  });
  const ended = Promise.all([run(options, writer, board), beating]).then(() => {});
  return { status, ended };
}

/** Deposals that are further apart than this are no fight. */
const PEACE_MS = 20 * 60_000;

async function run(options: WatcherOptions, writer: string, board: StatusBoard): Promise<void> {
  const { signal, clock = SYSTEM_CLOCK, random = Math.random } = options;
  const log = options.logs.open(options.cluster);
  let entries = 0;
  let deposals = 0;
  let deposedAtMs = Number.NEGATIVE_INFINITY;
  const deposed = () => {
    const atMs = clock.nowMs();
    deposals = atMs - deposedAtMs > PEACE_MS ? 0 : deposals + 1;
    deposedAtMs = atMs;
    return deposals;
  };
  while (!signal.aborted) {
    const session: Session = {
      log,
      heartbeats: options.logs.heartbeats,
      ledger: new Ledger(options.federation, options.cluster, clock),
      clock,
      random,
      writer,
      entryId: () => `${writer}.${++entries}`,
      unreachable: (why) => board.unreachable(why),
      trouble: (why) => board.trouble(why),
    };
    await runSession(session, options.source, board, deposed, signal);
  }
}

async function runSession(
  session: Session,
  source: ClusterSource,
  board: StatusBoard,
  deposed: () => number,
  signal: AbortSignal,
): Promise<void> {
  board.starting();
  const beginning = await takeOver(session, signal);
  if (beginning === undefined) return;
  const { role, head } = beginning;
  const outbox = new Outbox(session, head);
  board.watching(session.ledger, outbox, role, head.incarnation);
  const ended = new AbortController();
  const either = AbortSignal.any([signal, ended.signal]);
  const observing = observe(session, source, outbox, board, either);
  const speaking = speak(session, outbox, role, head, board, deposed, either);
  try {
    await Promise.race([observing, speaking]);
  } finally {
    ended.abort();
    await Promise.allSettled([observing, speaking]);
  }
}

/** Everything is listed again when removals wait to be confirmed, and now and then. */
async function observe(
  session: Session,
  source: ClusterSource,
  outbox: Outbox,
  board: StatusBoard,
  signal: AbortSignal,
): Promise<void> {
  const { ledger } = session;
  let isAskedAgain = true;
  while (isAskedAgain && !signal.aborted) {
    isAskedAgain = false;
    const again = new AbortController();
    const either = AbortSignal.any([signal, again.signal]);
    let waiting: Promise<void> | undefined;
    const askAt = async (time: Promise<'ask' | undefined>) => {
      if ((await time) !== 'ask') return;
      isAskedAgain = true;
      again.abort();
    };
    const askAgain = async () => {
      await askAt(timeToAskAgain(session, either));
      waiting = undefined;
    };
    const resync = askAt(timeToResync(session, either));
    for await (const observation of source.observe(either)) {
      if (observation.kind === 'trouble')
        board.sourceTrouble(`${observation.of}: ${observation.why}`);
      outbox.put(ledger.observe(told(observation, session)));
      board.heldMayHaveChanged();
      if (ledger.held !== undefined) waiting ??= askAgain();
    }
    again.abort();
    await Promise.all([waiting, resync]);
  }
}

/** What the log can be told of it. */
function told(observation: Observation, { trouble }: Session): Observation {
  const part = observation.kind === 'found' ? fitted(observation.object) : undefined;
  if (part === undefined) return observation;
  trouble(part.why);
  return { ...observation, kind: 'found', object: part.object };
}

/** Writes as long as nobody else does, then stands by until it is time to read the log anew. */
async function speak(
  session: Session,
  outbox: Outbox,
  role: 'writer' | 'standby',
  head: Head,
  board: StatusBoard,
  deposed: () => number,
  signal: AbortSignal,
): Promise<void> {
  const { incarnation } = head;
  if (role === 'writer') await write(session, outbox, incarnation, board, signal);
  if (signal.aborted) return;
  board.standingBy();
  const why = await standBy(session, outbox, outbox.head, deposed(), signal);
  if (why !== undefined) board.takingOver(why);
}

/** Ends when another watcher writes, the log was made anew, or the signal aborts. */
async function write(
  session: Session,
  outbox: Outbox,
  incarnation: string,
  board: StatusBoard,
  signal: AbortSignal,
): Promise<void> {
  let isWriter = true;
  while (isWriter) {
    const writing = new AbortController();
    const either = AbortSignal.any([signal, writing.signal]);
    const telling = outbox.tell(either);
    const forgetting = forgetGone(session, outbox, either);
    try {
      await Promise.race([telling, forgetting, headMoved(session, outbox, incarnation, either)]);
    } finally {
      writing.abort();
      await Promise.all([telling, forgetting]);
    }
    if (signal.aborted) return;
    isWriter = await hearOthers(session, outbox, signal);
    board.heldMayHaveChanged();
  }
}
