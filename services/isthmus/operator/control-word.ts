/**
 * An operator's word as an event of the control log: what the log says so far decides what is to be
 * said, and it is said right after that or not at all.
 *
 *   last entry per subject ─► decide ─► event ─► append at the end ─► its position
 *                               ▲                      │
 *                               └──── read anew ◄──────┘ conflict: somebody else spoke meanwhile
 */
import { randomUUID } from 'node:crypto';
import { CONTROL, type ControlEvent, controlSubjectOf } from '../../../libs/event/control.ts';
import { decodeControl, encodeControl } from '../../../libs/event/control-codec.ts';
import { ControlState, evolveControl } from '../../../libs/federation/control-state.ts';
import type { Head, Logs, Position } from '../../../libs/log/log.ts';
import { ENTRY_OCTETS_MAX } from '../../../libs/log/log.ts';

/** An entry of the control log. */
export interface Said {
  readonly event: ControlEvent;
  readonly position: Position;
  /** RFC 3339. */
  readonly observedAt: string;
}

export interface ControlRead {
  readonly state: ControlState;
  readonly head: Head;
  /** Subject → what was said of it last. */
  readonly said: ReadonlyMap<string, Said>;
}

export const NOTHING_SAID: ControlRead = {
  state: new ControlState(),
  head: { incarnation: '', position: 0 },
  said: new Map(),
};

export interface Speaker {
  readonly federation: string;
  readonly logs: Logs;
  readonly nowMs: () => number;
  readonly signal: AbortSignal;
}

/** Others write seldom: resolvers when a cluster falls silent, and people. */
const ATTEMPTS_MAX = 20;

/** Throws LogUnavailable. */
export async function readControl({ logs, signal }: Speaker): Promise<ControlRead> {
  const log = logs.open(CONTROL);
  let { incarnation } = await log.head();
  let state = new ControlState();
  const said = new Map<string, Said>();
  const ended = new AbortController();
  try {
    const either = AbortSignal.any([signal, ended.signal]);
    for await (const delivery of log.read({ kind: 'last-per-subject' }, either)) {
      if (delivery.kind === 'caught-up') {
        return { state, said, head: { incarnation, position: delivery.position } };
      }
      if (delivery.kind === 'restarted') {
        incarnation = delivery.head.incarnation;
        state = new ControlState();
        said.clear();
        continue;
      }
      for (const { position, subject, data } of delivery.entries) {
        const decoded = decodeControl(data);
        if (decoded.kind === 'skipped') continue;
        const { event, observedAt } = decoded.envelope;
        evolveControl(state, event, position);
        said.set(subject, { event, position, observedAt });
      }
    }
  } finally {
    ended.abort();
  }
  throw new Error('Cannot read the control log: the process is asked to stop');
}

/** What was said of the same matter last. */
export function saidOf(
  { federation }: Speaker,
  { said }: ControlRead,
  event: ControlEvent,
): Said | undefined {
  return said.get(controlSubjectOf(federation, event));
}

/**
 * Appends what `decide` wants to say to what was read; undefined: there was nothing to be said.
 * Throws LogUnavailable, and RangeError for what no entry can hold.
 */
export async function say(
  speaker: Speaker,
  decide: (control: ControlRead) => ControlEvent | undefined,
): Promise<Position | undefined> {
  const log = speaker.logs.open(CONTROL);
  const id = randomUUID();
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const control = await readControl(speaker);
    const event = decide(control);
    if (event === undefined) return undefined;
    const subject = controlSubjectOf(speaker.federation, event);
    const observedAt = new Date(speaker.nowMs()).toISOString();
    const prev = control.said.get(subject)?.position ?? 0;
    const data = encodeControl({ event, observedAt, prev });
    if (data.length > ENTRY_OCTETS_MAX) throw new TooLarge(data.length);
    const { position, incarnation } = control.head;
    const outcome = await log.append(position, [{ subject, data, id }], incarnation);
    const [stored] = outcome.positions;
    if (stored !== undefined) return stored;
  }
  throw new Error(
    `Cannot write to the control log: ${ATTEMPTS_MAX} times somebody else was faster; ` +
      'expected it to be quiet in a moment',
  );
}

/** No entry of a log can hold it. */
export class TooLarge extends Error {
  readonly octets: number;

  constructor(octets: number) {
    super(`Cannot write ${octets} octets; expected at most ${ENTRY_OCTETS_MAX}`);
    this.octets = octets;
  }
}
