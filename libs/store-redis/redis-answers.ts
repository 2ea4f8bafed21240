/**
 * Answers from upstream in Redis: `<prefix>:answer:<key>` → the form of what follows (an octet),
 * for how long it was set (4 octets, in ms, big-endian), then the message. Redis lets them expire,
 * and says how long it still has them, so their age is by its clock alone.
 *
 * CoreDNS's redisc writes under numbers without a prefix: both may share a Redis.
 */
import type { AnswerStore, SharedAnswer } from '../store/store.ts';
import type { RedisConnection } from './redis-connection.ts';

const FORM = 1;
const HEAD_OCTETS = 5;
/** Longer than any answer may be kept, also when it is stale; 32 bits hold 49 days. */
const SECONDS_MAX = 30 * 86_400;

export class RedisAnswers implements AnswerStore {
  readonly #connection: RedisConnection;
  readonly #prefix: string;

  constructor(connection: RedisConnection, prefix: string) {
    this.#connection = connection;
    this.#prefix = prefix;
  }

  async get(key: string): Promise<SharedAnswer | undefined> {
    const [value, leftMs] = await this.#connection.run(async (redis) => {
      // Both in one packet: nobody comes between them.
      const replies = await redis.pipeline().getBuffer(this.#key(key)).pttl(this.#key(key)).exec();
      return (replies ?? []).map(([error, reply]) => {
        if (error !== null) throw error;
        return reply;
      });
    });
    if (!Buffer.isBuffer(value) || value.length < HEAD_OCTETS || value[0] !== FORM) {
      return undefined;
    }
    // Below 0: it is over since it was read, or somebody let it stay for ever.
    if (typeof leftMs !== 'number' || leftMs < 0) return undefined;
    const ageMs = Math.max(0, value.readUInt32BE(1) - leftMs);
    // A copy: the client's octets are a part of all that came with them.
    return { message: Uint8Array.from(value.subarray(HEAD_OCTETS)), ageMs };
  }

  async set(key: string, message: Uint8Array, ttlSeconds: number): Promise<void> {
    const seconds = Math.min(Math.floor(ttlSeconds), SECONDS_MAX);
    if (seconds < 1) return this.forget(key);
    const value = Buffer.alloc(HEAD_OCTETS + message.length);
    value.writeUInt8(FORM, 0);
    value.writeUInt32BE(seconds * 1000, 1);
    value.set(message, HEAD_OCTETS);
    await this.#connection.run((redis) => redis.set(this.#key(key), value, 'EX', seconds));
  }

  async forget(key: string): Promise<void> {
    await this.#connection.run((redis) => redis.del(this.#key(key)));
  }

  #key(key: string): string {
    return `${this.#prefix}:answer:${key}`;
  }
}
