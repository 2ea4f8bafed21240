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
  type StoredMsg,
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

/**
 * A deleted stream is made anew after a while only: NATS 2.9.10 deletes its files when it is gone
 * already, and took those of its successor with them.
 */
const REMADE_AFTER_MS = 1000;
/** https://github.com/nats-io/nats-server/blob/main/server/errors.json */
const STREAM_NOT_FOUND = 10059;

/** One cluster's stream, as all who use its log in this process know it. */
export class Stream {
  readonly name: StreamName;
  readonly #replicas: number;
  #isKnown = false;
  #seen: StreamState | undefined;
  #goneSince: number | undefined;

  constructor(name: StreamName, replicas: number) {
    this.name = name;
    this.#replicas = replicas;
  }

  /** The stream as it is now, made if there is none. */
  async state(nats: Nats): Promise<StreamState> {
    const info = (await this.#find(nats)) ?? (await this.#make(nats));
    const misfit = misfitOf(info, this.name);
    if (misfit !== undefined) {
      throw new StreamMisfit(`Cannot use stream "${this.name.stream}": ${misfit}`);
    }
    this.#isKnown = true;
    this.#goneSince = undefined;
    const { last_seq: position } = info.state;
    this.#seen = { incarnation: info.created, position, replicas: info.config.num_replicas };
    return this.#seen;
  }

  /** As it was when its state was asked for last. */
  get seen(): StreamState | undefined {
    return this.#seen;
  }

  /** Undefined also where there is no stream. */
  async lastOf({ manager }: Nats, subject: string): Promise<StoredMsg | undefined> {
    const query = { last_by_subj: subject };
    const found = await ifFound(manager.streams.getMessage(this.name.stream, query));
    return found ?? undefined;
  }

  #find({ manager }: Nats): Promise<StreamInfo | undefined> {
    return ifFound(manager.streams.info(this.name.stream));
  }

  #make({ manager }: Nats): Promise<StreamInfo> {
    this.#goneSince ??= performance.now();
    if (this.#isKnown && performance.now() - this.#goneSince < REMADE_AFTER_MS) {
      throw new Error(`stream "${this.name.stream}" was deleted`);
    }
    return manager.streams.add({
      ...streamOptions(this.name, this.#replicas),
      subjects: [this.name.subjects],
    });
  }
}

/** What a log and a mirror of one have in common. */
export function streamOptions({ stream }: StreamName, replicas: number) {
  return {
    name: stream,
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.Old,
    max_msgs_per_subject: HISTORY_PER_SUBJECT,
    max_age: 0,
    allow_direct: true,
    num_replicas: replicas,
  };
}

/** Undefined when there is no stream. */
export async function ifFound<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === STREAM_NOT_FOUND) return undefined;
    throw error;
  }
}

/** What makes this stream another than we need; undefined if nothing does. */
export function misfitOf({ config }: StreamInfo, { subjects }: StreamName): string | undefined {
  const holds = config.subjects ?? [];
  if (config.mirror === undefined && !(holds.length === 1 && holds[0] === subjects)) {
    return `it holds ${holds.join(', ')}; expected ${subjects}`;
  }
  if (config.max_age > 0) return 'its entries expire (max_age); expected no age limit';
  const isBounded = config.max_msgs > 0 || config.max_bytes > 0;
  if (isBounded && config.discard === DiscardPolicy.Old) {
    return 'it drops its oldest entries when it is full (max_msgs, max_bytes); expected no limit';
  }
  if (config.retention !== RetentionPolicy.Limits) {
    return `its retention is ${config.retention}; expected ${RetentionPolicy.Limits}`;
  }
  return undefined;
}

/** Thrown for a stream that is there and can't be used as it is. */
export class StreamMisfit extends Error {}
