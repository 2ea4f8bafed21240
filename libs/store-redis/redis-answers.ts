/**
 * Answers from upstream in Redis: `isthmus:<federation>:answer:<key>` → when it was had (8 octets,
 * big-endian), then the message. Redis lets them expire.
 */
import type { AnswerStore, SharedAnswer } from '../store/store.ts';
import type { RedisConnection } from './redis-connection.ts';

const TIME_OCTETS = 8;

export class RedisAnswers implements AnswerStore {
  readonly #connection: RedisConnection;
  readonly #federation: string;

  constructor(connection: RedisConnection, federation: string) {
    this.#connection = connection;
    this.#federation = federation;
  }

  async get(key: string): Promise<SharedAnswer | undefined> {
    const value = await this.#connection.run((redis) => redis.getBuffer(this.#key(key)));
    if (value === null || value.length < TIME_OCTETS) return undefined;
    // A copy: the client's octets are a part of all that came with them.
    const message = Uint8Array.from(value.subarray(TIME_OCTETS));
    return { storedAtMs: value.readDoubleBE(0), message };
  }

  async set(key: string, { message, storedAtMs }: SharedAnswer, ttlSeconds: number): Promise<void> {
    const seconds = Math.floor(ttlSeconds);
    const value = Buffer.alloc(TIME_OCTETS + message.length);
    value.writeDoubleBE(storedAtMs, 0);
    value.set(message, TIME_OCTETS);
    await this.#connection.run(async (redis): Promise<unknown> => {
      if (seconds < 1) return redis.del(this.#key(key));
      return redis.set(this.#key(key), value, 'EX', seconds);
    });
  }

  #key(key: string): string {
    return `isthmus:${this.#federation}:answer:${key}`;
  }
}
