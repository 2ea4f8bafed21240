/**
 * Heartbeats as plain NATS messages, outside of all streams:
 *
 *   isthmus-heartbeat.<federation>.<cluster>   a beat, from the cluster's watchers alone
 *   isthmus-heartbeat-ask.<federation>         a question, from whoever does not want to wait
 */
import type { NatsConnection, Subscription } from 'nats';
import { type Heard, type Heartbeats, Waiting } from '../log/heartbeats.ts';
import type { Connection } from './connection.ts';

export class NatsHeartbeats implements Heartbeats {
  readonly #connection: Connection;
  readonly #subject: string;
  readonly #askSubject: string;

  constructor(connection: Connection, federation: string) {
    this.#connection = connection;
    this.#subject = `isthmus-heartbeat.${federation}`;
    this.#askSubject = `isthmus-heartbeat-ask.${federation}`;
  }

  beat(cluster: string, data: Uint8Array): void {
    this.#connection.now?.nc.publish(`${this.#subject}.${cluster}`, data);
  }

  ask(): void {
    this.#connection.now?.nc.publish(this.#askSubject);
  }

  async *hear(signal: AbortSignal): AsyncGenerator<Heard> {
    const waiting = new Waiting<Heard>();
    const place = this.#subject.length + 1;
    const end = this.#subscribe(`${this.#subject}.*`, {
      message: (subject, data) =>
        waiting.push({ kind: 'beat', cluster: subject.slice(place), data }),
      isConnected: (isConnected) => waiting.push({ kind: isConnected ? 'hearing' : 'deaf' }),
    });
    try {
      yield* waiting.take(signal);
    } finally {
      end();
    }
  }

  async *asked(signal: AbortSignal): AsyncGenerator<void> {
    const waiting = new Waiting<void>();
    const end = this.#subscribe(this.#askSubject, { message: () => waiting.push(undefined) });
    try {
      yield* waiting.take(signal);
    } finally {
      end();
    }
  }

  /** On each connection that there is, until the end that is returned. */
  #subscribe(
    subject: string,
    to: {
      readonly message: (subject: string, data: Uint8Array) => void;
      readonly isConnected?: (isConnected: boolean) => void;
    },
  ): () => void {
    let on: NatsConnection | undefined;
    let subscription: Subscription | undefined;
    const follow = () => {
      const nc = this.#connection.now?.nc;
      to.isConnected?.(nc !== undefined);
      // The client subscribes again after it reconnects; only another client knows nothing of it.
      if (nc === undefined || nc === on) return;
      on = nc;
      subscription = nc.subscribe(subject, {
        callback: (error, message) => {
          if (error === null) {
            to.message(message.subject, message.data);
            return;
          }
          // What the server forbids now it may allow on another connection.
          on = undefined;
          to.isConnected?.(false);
        },
      });
    };
    const unfollow = this.#connection.onChange(follow);
    follow();
    return () => {
      unfollow();
      if (on?.isClosed() === false) subscription?.unsubscribe();
    };
  }
}
