/**
 * How the clusters of a federation are now: what their watchers say when asked, what the control
 * log says of them, and the ends of their logs. No log is read: of each cluster it takes its head
 * and a few single entries.
 *
 *   heartbeats: ask, hear ─┐
 *   control log ───────────┼─► a report for each cluster
 *   head, last Synced … ───┘
 */
import { decodeEntry } from '../../../libs/event/codec.ts';
import { controlSubjectOf } from '../../../libs/event/control.ts';
import type { Envelope, Event } from '../../../libs/event/event.ts';
import type { Heartbeat } from '../../../libs/event/heartbeat.ts';
import type { ObjectKind } from '../../../libs/event/object.ts';
import { subjectOf } from '../../../libs/event/subject.ts';
import type { Standing } from '../../../libs/federation/standing.ts';
import type { EventLog, Head, StoredEntry } from '../../../libs/log/log.ts';
import type { ControlRead, Speaker } from './control-word.ts';
import { hearWatchers, writerOf } from './hear-watchers.ts';
import { inParallel } from './in-parallel.ts';

/** The names of the fields are those of `-o json`. */
export interface ClusterReport {
  readonly cluster: string;
  readonly state: Standing;
  /** RFC 3339: since when it stands so, where that is not live. */
  readonly since: string | null;
  readonly drained: boolean;
  /** All of its API is in the log, by its watcher; by the log, where no watcher answers. */
  readonly synced: boolean;
  /** Of the last entry of its log; null where that can't be read. */
  readonly position: number | null;
  /** Entries that its watcher has told, and that this log does not have yet. */
  readonly lag: number | null;
  /** How old what is known of it may be: since its API replied, else since the log last says so. */
  readonly ageSeconds: number | null;
  readonly counts: Readonly<Partial<Record<ObjectKind, number>>>;
  /** Names the run of the watcher that writes; null where none answers. */
  readonly writer: string | null;
  /** What that watcher does. */
  readonly watcher: Heartbeat['state'] | null;
  readonly standbys: number;
  /** Removals that are held back. */
  readonly held: { readonly count: number; readonly of: number } | null;
  /** Why something of this is not known. */
  readonly trouble: string | null;
}

/** Clusters whose logs are asked at once, each by a few small requests. */
const CLUSTERS_AT_ONCE = 16;

/** In the order of their names. Throws LogUnavailable. */
export async function reportClusters(
  speaker: Speaker,
  control: ControlRead,
): Promise<readonly ClusterReport[]> {
  const { logs, signal } = speaker;
  const clusters = await logs.clusters();
  // Before the heads: what a watcher told before it answered, the log must have by then.
  const watchers = await hearWatchers(logs.heartbeats, clusters, signal);
  return inParallel(clusters, CLUSTERS_AT_ONCE, async (cluster) => {
    const beats = watchers.get(cluster) ?? [];
    try {
      const end = await endOfLog(speaker, logs.open(cluster));
      return reportOf(speaker, control, cluster, beats, end);
    } catch (error) {
      // One log that can't be read must not hide the others.
      const trouble = error instanceof Error ? error.message : String(error);
      return { ...reportOf(speaker, control, cluster, beats, undefined), trouble };
    }
  });
}

interface EndOfLog {
  readonly head: Head;
  readonly last: Found | undefined;
  readonly started: Found | undefined;
  readonly synced: Found | undefined;
  readonly held: Found | undefined;
}

interface Found extends Pick<Envelope, 'event' | 'observedAt'> {
  readonly position: number;
}

async function endOfLog({ federation }: Speaker, log: EventLog): Promise<EndOfLog> {
  const lastOf = async (event: Event) =>
    foundIn(await log.lastOf(subjectOf(federation, log.cluster, event)));
  const head = await log.head();
  const [last, started, synced, held] = await Promise.all([
    head.position === 0 ? undefined : log.entryAt(head.position),
    lastOf({ kind: 'watch-started', writer: '', previous: 0 }),
    lastOf({ kind: 'synced', writer: '', resourceVersions: {}, counts: {}, hash: '' }),
    lastOf({ kind: 'removals-released', by: 'operator' }),
  ]);
  return { head, last: foundIn(last), started, synced, held };
}

function foundIn(entry: StoredEntry | undefined): Found | undefined {
  const decoded = entry && decodeEntry(entry.data);
  if (decoded?.kind !== 'event') return undefined;
  const { event, observedAt } = decoded.envelope;
  return { event, observedAt, position: entry?.position ?? 0 };
}

function reportOf(
  speaker: Speaker,
  control: ControlRead,
  cluster: string,
  beats: readonly Heartbeat[],
  end: EndOfLog | undefined,
): ClusterReport {
  const beat = writerOf(beats);
  const state = control.state.standingOf(cluster);
  const subject = controlSubjectOf(speaker.federation, { kind: 'cluster-recovered', cluster });
  const said = end?.synced?.event;
  const held = end?.held?.event;
  return {
    cluster,
    state,
    since: state === 'live' ? null : (control.said.get(subject)?.observedAt ?? null),
    drained: control.state.drained.has(cluster),
    synced: beat === undefined ? isSyncedBy(end) : beat.state === 'synced',
    position: end?.head.position ?? null,
    lag: lagOf(beat, end),
    ageSeconds: ageSeconds(speaker, beats, end),
    counts: beat?.counts ?? (said?.kind === 'synced' ? said.counts : {}),
    writer: beat?.writer ?? null,
    watcher: beat?.state ?? null,
    standbys: beats.length - (beat === undefined ? 0 : 1),
    held:
      beat === undefined
        ? held?.kind === 'removals-held'
          ? numbersOf(held)
          : null
        : (beat.held ?? null),
    trouble: null,
  };
}

function isSyncedBy(end: EndOfLog | undefined): boolean {
  const { synced, started } = end ?? {};
  return synced !== undefined && synced.position > (started?.position ?? 0);
}

/** Of a site's log and its mirror: they are two incarnations, with the same positions. */
function lagOf(beat: Heartbeat | undefined, end: EndOfLog | undefined): number | null {
  if (beat === undefined || end === undefined) return null;
  return Math.max(0, beat.position - end.head.position);
}

function ageSeconds(
  { nowMs }: Speaker,
  beats: readonly Heartbeat[],
  end: EndOfLog | undefined,
): number | null {
  const silences = beats.flatMap(({ silentMs }) => (silentMs === undefined ? [] : [silentMs]));
  if (silences.length > 0) return Math.min(...silences) / 1000;
  // A watcher that starts has not heard of its cluster yet.
  const heard = end?.last?.event.kind === 'watch-started' ? end.synced : end?.last;
  return heard === undefined ? null : Math.max(0, nowMs() - Date.parse(heard.observedAt)) / 1000;
}

function numbersOf({ count, of }: { readonly count: number; readonly of: number }) {
  return { count, of };
}
