/**
 * What changed in a zone since a serial that this process has not seen, from the log itself: after
 * a restart, and for clients of another resolver.
 *
 *   entries after the serial ─► their objects ─► the entry before of each ─► names then, names now
 *
 * Only where the zone is of one cluster: there a serial is a position. What history has lost can't
 * be told, and the client gets the whole zone.
 */

import { longestZone } from '../../../libs/dns/name.ts';
import { formatRecord } from '../../../libs/dns/presentation.ts';
import { type RR, type RRset, recordsOf } from '../../../libs/dns/rrset.ts';
import { decodeEntry } from '../../../libs/event/codec.ts';
import type { Event } from '../../../libs/event/event.ts';
import { refOfSubject } from '../../../libs/event/subject.ts';
import { soaOf, zonesOf } from '../../../libs/federation/apex.ts';
import type { ClusterState } from '../../../libs/federation/cluster-state.ts';
import type { ClusterStates } from '../../../libs/federation/indexed-states.ts';
import type { FederationConfig } from '../../../libs/federation/layer.ts';
import { turnedBack } from '../../../libs/federation/turned-back.ts';
import {
  type EventLog,
  LogUnavailable,
  type Position,
  type StoredEntry,
} from '../../../libs/log/log.ts';
import { isLater, serialOf } from '../../../libs/transfer/serial.ts';
import type { ZoneDifference, ZoneSource } from '../../../libs/transfer/zone-source.ts';

/** Entries read for one client; above that the whole zone is cheaper. */
const ENTRIES_MAX = 20_000;
/** Objects whose entry before is looked up, one request each on a server. */
const OBJECTS_MAX = 2000;
/** How long the log may take, in ms: a client waits. */
const PATIENCE_MS = 5000;
/** How often it begins anew, since the cluster changed meanwhile. */
const ATTEMPTS_MAX = 3;

export interface LogDifferences {
  readonly config: FederationConfig;
  readonly states: ClusterStates;
  readonly state: ClusterState;
  readonly eventLog: EventLog;
  /** What is handed out now. */
  readonly source: ZoneSource;
}

/**
 * The source, which asks the log as well. `from`: undefined before the clusters are followed.
 * `since`: a serial up to this one may be of other options, which no event tells of; undefined
 * before it is known.
 */
export function withLog(
  source: ZoneSource,
  from: () => Omit<LogDifferences, 'source'> | undefined,
  since: () => number | undefined,
): ZoneSource {
  return {
    zone: source.zone,
    soa: () => source.soa(),
    records: () => source.records(),
    differencesSince: (serial) => {
      const first = since();
      const isOfOthers = first !== undefined && !isLater(serial, first);
      return isOfOthers ? undefined : source.differencesSince(serial);
    },
    differencesFromLog: async (serial) => {
      const [log, first] = [from(), since()];
      if (log === undefined || first === undefined || !isLater(serial, first)) return undefined;
      return differencesFromLog({ ...log, source }, serial);
    },
    onChange: (listener) => source.onChange(listener),
  };
}

/** Undefined: the log can't say. */
export async function differencesFromLog(
  from: LogDifferences,
  serial: number,
): Promise<readonly ZoneDifference[] | undefined> {
  const { state, source } = from;
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    for (let attempt = 0; attempt < ATTEMPTS_MAX && !signal.aborted; attempt++) {
      const { position } = state;
      if (serial >= position) return undefined;
      const earlier = await earlierEvents(from.eventLog, serial, position, signal);
      if (earlier === undefined) return undefined;
      const to = source.soa();
      // The zone must be that of the events, and of no later ones.
      const isNow = state.position === position && to !== undefined && serialOf(to) === position;
      if (isNow) return [differenceOf(from, serial, earlier, to)];
    }
  } catch (error) {
    if (!(error instanceof LogUnavailable)) throw error;
  }
  return undefined;
}

function differenceOf(
  { config, states, state, source: { zone } }: LogDifferences,
  serial: number,
  earlier: readonly Event[],
  to: RR,
): ZoneDifference {
  const { then, now } = turnedBack(config, states, state, earlier);
  const zones = zonesOf(config);
  const removed: RR[] = [];
  const added: RR[] = [];
  for (const name of new Set([...then.keys(), ...now.keys()])) {
    if (longestZone(name, zones) !== zone) continue;
    const before = recordsByText(then.get(name));
    const after = recordsByText(now.get(name));
    for (const [text, record] of before) if (!after.has(text)) removed.push(record);
    for (const [text, record] of after) if (!before.has(text)) added.push(record);
  }
  return { from: soaOf(config, serial, zone), to, removed, added };
}

function recordsByText(rrsets: readonly RRset[] = []): ReadonlyMap<string, RR> {
  const records = rrsets.filter(({ type }) => type !== 'SOA').flatMap(recordsOf);
  return new Map(records.map((record) => [formatRecord(record), record]));
}

/**
 * Of each object that has an entry after `since` and up to `until`, the event before that;
 * undefined when one is lost, or there are too many.
 */
async function earlierEvents(
  eventLog: EventLog,
  since: Position,
  until: Position,
  signal: AbortSignal,
): Promise<readonly Event[] | undefined> {
  const firsts = await firstEntries(eventLog, since, until, signal);
  if (firsts === undefined || firsts.size > OBJECTS_MAX) return undefined;
  const earlier: Event[] = [];
  for (const [subject, first] of firsts) {
    const decoded = decodeEntry(first.data);
    const ref = refOfSubject(subject);
    if (decoded.kind === 'skipped' || ref === undefined) return undefined;
    const { prev } = decoded.envelope;
    // History begins after `since`: what was before is lost.
    if (prev > since) return undefined;
    if (prev === 0) {
      earlier.push({ kind: 'removed', ref });
      continue;
    }
    const entry = await eventLog.entryAt(prev);
    const before = entry && decodeEntry(entry.data);
    if (entry?.subject !== subject || before?.kind !== 'event') return undefined;
    earlier.push(before.envelope.event);
  }
  return earlier;
}

/** By subject, without those of no object. */
async function firstEntries(
  eventLog: EventLog,
  since: Position,
  until: Position,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, StoredEntry> | undefined> {
  const firsts = new Map<string, StoredEntry>();
  const { incarnation } = await eventLog.head();
  const ended = new AbortController();
  const from = { kind: 'after', head: { incarnation, position: since } } as const;
  let read = 0;
  try {
    const either = AbortSignal.any([signal, ended.signal]);
    for await (const delivery of eventLog.read(from, either)) {
      if (delivery.kind === 'restarted') return undefined;
      if (delivery.kind === 'caught-up') return firsts;
      for (const entry of delivery.entries) {
        if (entry.position > until) return firsts;
        if (++read > ENTRIES_MAX) return undefined;
        const isObject = refOfSubject(entry.subject) !== undefined;
        if (isObject && !firsts.has(entry.subject)) firsts.set(entry.subject, entry);
      }
    }
  } finally {
    ended.abort();
  }
  return undefined;
}
