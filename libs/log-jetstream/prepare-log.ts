/**
 * Makes the stream of a log ahead of those who use it, since a user that may make streams may also
 * make one that speaks for another cluster: the log itself, or a mirror of one in another JetStream
 * domain, which a site's NATS has.
 *
 *   no stream ─► made         another one than this ─► StreamMisfit
 *   a mirror of a log that was made anew, or has lost its end, gets nothing of it any more ─► anew
 *
 * What is as it should be stays, so it may be called again and again.
 */
import { type JetStreamManager, jetstreamManager, type StreamInfo } from '@nats-io/jetstream';
import { checkClusterName, checkLabel } from '../log/check.ts';
import type { Position } from '../log/log.ts';
import { ID_HEADER } from './append.ts';
import { attempt } from './attempt.ts';
import { Connection, inboxOf, type Nats, OPERATOR, REQUEST_TIMEOUT_MS } from './connection.ts';
import type { JetStreamLogsOptions } from './jetstream-logs.ts';
import { readServerUrls } from './server-urls.ts';
import {
  ifFound,
  misfitOf,
  StreamMisfit,
  type StreamName,
  streamNameOf,
  streamOptions,
} from './stream.ts';

export interface PrepareOptions extends JetStreamLogsOptions {
  readonly cluster: string;
  /** The domain of the log that this is a mirror of; undefined: it is the log. */
  readonly mirrorOf?: string | undefined;
}

export interface Prepared {
  /** `anew`: it was a mirror of a log that is not there any more. */
  readonly what: 'made' | 'anew' | 'changed' | 'there';
  readonly position: Position;
  readonly replicas: number;
  /** Of the log that this is a mirror of: where it ends, or why that is not known. */
  readonly origin: Position | string | undefined;
}

/** What the client says when a domain does not answer. */
const NOBODY = /jetstream is not enabled|no responders|timeout/i;
/** Longest for the servers to be found and to answer. */
const PATIENCE_MS = 10_000;

/** Throws StreamMisfit, LogUnavailable and RangeError. */
export async function prepareLog(options: PrepareOptions): Promise<Prepared> {
  const { servers, federation, cluster, access = {}, who = OPERATOR, domain } = options;
  checkLabel(`Cannot prepare a log of federation "${federation}"`, federation);
  checkClusterName(cluster);
  const { onTrouble = () => {}, patienceMs = PATIENCE_MS } = options;
  const urls = readServerUrls(servers);
  const connection = new Connection(
    { urls, access, inboxPrefix: inboxOf(federation, who), domain },
    { onTrouble, onConnected: () => {} },
  );
  try {
    return await attempt(connection, patienceMs, (nats) => prepare(nats, options));
  } finally {
    await connection.close();
  }
}

async function prepare(nats: Nats, options: PrepareOptions): Promise<Prepared> {
  const { federation, cluster, mirrorOf } = options;
  const name = streamNameOf(federation, cluster);
  const { manager } = nats;
  const found = await ifFound(manager.streams.info(name.stream));
  if (found !== undefined) refuseOther(found, name, mirrorOf);
  const origin = mirrorOf === undefined ? undefined : await originOf(nats, name, mirrorOf);
  const isOver =
    found !== undefined &&
    typeof origin === 'object' &&
    (await isOfAnother(found, origin, manager, name));
  if (isOver) await manager.streams.delete(name.stream);
  const stays = isOver ? undefined : found;
  const replicas = options.replicas ?? stays?.config.num_replicas ?? 1;
  const { info, what } = await settle(stays, name, { ...options, replicas }, manager);
  return {
    what: isOver ? 'anew' : what,
    position: info.state.last_seq,
    replicas: info.config.num_replicas,
    origin: typeof origin === 'object' ? origin.info.state.last_seq : origin,
  };
}

async function settle(
  found: StreamInfo | undefined,
  name: StreamName,
  { federation, cluster, mirrorOf, replicas }: PrepareOptions & { readonly replicas: number },
  { streams }: JetStreamManager,
): Promise<{ readonly info: StreamInfo; readonly what: Prepared['what'] }> {
  const common = streamOptions(name, replicas);
  if (found === undefined) {
    // The site's user may send to the hub's mirror of its own log, and to nothing else there.
    const deliver = `isthmus-mirror.${federation}.${cluster}`;
    const from =
      mirrorOf === undefined
        ? { subjects: [name.subjects] }
        : { mirror: { name: name.stream, external: { api: apiOf(mirrorOf), deliver } } };
    return { info: await streams.add({ ...common, ...from }), what: 'made' };
  }
  if (found.config.num_replicas === replicas) return { info: found, what: 'there' };
  const info = await streams.update(name.stream, { ...found.config, num_replicas: replicas });
  return { info, what: 'changed' };
}

/** A log is not made a mirror, nor a mirror a log, as that would lose what is in it. */
function refuseOther(found: StreamInfo, name: StreamName, mirrorOf: string | undefined): void {
  const { mirror } = found.config;
  const wanted = mirrorOf === undefined ? 'the log itself' : `a mirror of domain ${mirrorOf}`;
  const is =
    mirror === undefined ? 'the log itself' : `a mirror of ${mirror.external?.api ?? 'its domain'}`;
  const isWanted = mirror?.external?.api === (mirrorOf === undefined ? undefined : apiOf(mirrorOf));
  const misfit =
    isWanted && (mirror === undefined) === (mirrorOf === undefined)
      ? misfitOf(found, name)
      : `it is ${is}; expected ${wanted}, or nothing there`;
  if (misfit === undefined) return;
  throw new StreamMisfit(`Cannot prepare stream "${name.stream}": ${misfit}`);
}

interface Origin {
  readonly manager: JetStreamManager;
  readonly info: StreamInfo;
}

/** The log that is mirrored; a text says why it is not known: its site may be away. */
async function originOf({ nc }: Nats, name: StreamName, domain: string): Promise<Origin | string> {
  const options = { domain, timeout: REQUEST_TIMEOUT_MS, checkAPI: false };
  const manager = await jetstreamManager(nc, options);
  try {
    const info = await ifFound(manager.streams.info(name.stream));
    return info === undefined ? 'it has no such log' : { manager, info };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return NOBODY.test(why) ? `nobody answers in domain ${domain}` : why;
  }
}

/** Whether the mirror has what its origin has not, or no more: it waits for what comes behind. */
async function isOfAnother(
  mirror: StreamInfo,
  origin: Origin,
  manager: JetStreamManager,
  { stream }: StreamName,
): Promise<boolean> {
  const { last_seq: seq, messages, last_ts } = mirror.state;
  if (seq > origin.info.state.last_seq) return true;
  if (messages === 0) return false;
  // A mirror keeps the times of the log, so both are by the site's clock.
  if (Date.parse(last_ts) < Date.parse(origin.info.created)) return true;
  const [ours, theirs] = await Promise.all([
    manager.streams.getMessage(stream, { seq }),
    origin.manager.streams.getMessage(stream, { seq }),
  ]);
  if (ours === null || theirs === null) return false;
  return ours.header?.get(ID_HEADER) !== theirs.header?.get(ID_HEADER);
}

function apiOf(domain: string): string {
  return `$JS.${domain}.API`;
}
