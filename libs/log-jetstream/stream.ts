/**
 * The stream that holds one cluster's log: its name, its settings, and how it is made.
 *
 * A site's stream may be read from a mirror of it, which somebody else has made; that one has no
 * subjects of its own.
 */
import {
  DiscardPolicy,
  JetStreamApiError,
  RetentionPolicy,
  StorageType,
  type StreamInfo,
} from '@nats-io/jetstream';
import { type Head, HISTORY_PER_SUBJECT } from '../log/log.ts';
import type { Nats } from './connection.ts';

export interface StreamName {
  readonly stream: string;
  /** What all subjects of the cluster begin with, with the dot at its end. */
  readonly prefix: string;
  /** All of them, as NATS writes "all below". */
  readonly subjects: string;
}

export function streamNameOf(federation: string, cluster: string): StreamName {
  const prefix = `isthmus.${federation}.${cluster}.`;
  return { stream: `isthmus-${federation}-${cluster}`, prefix, subjects: `${prefix}>` };
}

export interface StreamState extends Head {
  readonly replicas: number;
}

/** https://github.com/nats-io/nats-server/blob/main/server/errors.json */
const STREAM_NOT_FOUND = 10059;

/** The stream as it is now, made if there is none. */
export async function ensureStream(
  { manager }: Nats,
  name: StreamName,
  replicas: number,
): Promise<StreamState> {
  const { stream, subjects } = name;
  try {
    return stateOf(await manager.streams.info(stream), name);
  } catch (error) {
    if (!(error instanceof JetStreamApiError && error.code === STREAM_NOT_FOUND)) throw error;
  }
  const info = await manager.streams.add({
    name: stream,
    subjects: [subjects],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.Old,
    max_msgs_per_subject: HISTORY_PER_SUBJECT,
    max_age: 0,
    allow_direct: true,
    num_replicas: replicas,
  });
  return stateOf(info, name);
}

/** What makes this stream another than we need; undefined if nothing does. */
export function misfitOf({ config }: StreamInfo, { subjects }: StreamName): string | undefined {
  const holds = config.subjects ?? [];
  if (config.mirror === undefined && !(holds.length === 1 && holds[0] === subjects)) {
    return `it holds ${holds.join(', ')}; expected ${subjects}`;
  }
  if (config.max_age > 0) return 'its entries expire (max_age); expected no age limit';
  if (config.retention !== RetentionPolicy.Limits) {
    return `its retention is ${config.retention}; expected ${RetentionPolicy.Limits}`;
  }
  return undefined;
}

/** Thrown for a stream that is there and can't be used as it is. */
export class StreamMisfit extends Error {}

function stateOf(info: StreamInfo, name: StreamName): StreamState {
  const misfit = misfitOf(info, name);
  if (misfit !== undefined) throw new StreamMisfit(`Cannot use stream "${name.stream}": ${misfit}`);
  const { last_seq: position } = info.state;
  return { incarnation: info.created, position, replicas: info.config.num_replicas };
}
