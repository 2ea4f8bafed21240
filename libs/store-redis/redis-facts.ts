/**
 * The facts of each cluster in Redis, moved by comparing positions.
 *
 *   isthmus:{<federation>:<cluster>}:position   "<position> <incarnation>", and "#<mark>" if known
 *   isthmus:{<federation>:<cluster>}:facts      hash: subject → data, and "@" → what :position says
 *
 * The hash tag keeps both on one node of a Redis Cluster. Each operation is one script, so it
 * happens as a whole or not at all. Redis may evict one key and keep the other; a hash that does
 * not say what :position says counts as nothing, for half of a cluster's facts would deny the names
 * of the other half.
 */
import type { Head } from '../log/log.ts';
import type { AdvanceOutcome, FactChange, FactSnapshot, FactStore } from '../store/store.ts';
import type { RedisConnection } from './redis-connection.ts';
import { runScript, type Script, script } from './run-script.ts';

/** Longest for all facts of a cluster at once: 100,000 take 0.5 s on an idle machine. */
const BULK_TIMEOUT_MS = 5000;
/** Values of one call in a script: Lua's stack takes 8,000. */
const VALUES_PER_CALL = 2000;

const AT = `
local at = redis.call('GET', KEYS[1])
if at and redis.call('HGET', KEYS[2], '@') ~= at then at = false end
`;
const HEAD = script(`${AT} return at`);
const READ = script(`${AT} if not at then return false end
return redis.call('HGETALL', KEYS[2])`);
const ADVANCE = script(`${AT} if (at or '') ~= ARGV[1] then return { 0, at } end
if not at then redis.call('DEL', KEYS[2]) end
local last = 3 + tonumber(ARGV[3])
for i = 4, last, ${VALUES_PER_CALL} do
  redis.call('HSET', KEYS[2], unpack(ARGV, i, math.min(i + ${VALUES_PER_CALL - 1}, last)))
end
for i = last + 1, #ARGV, ${VALUES_PER_CALL} do
  redis.call('HDEL', KEYS[2], unpack(ARGV, i, math.min(i + ${VALUES_PER_CALL - 1}, #ARGV)))
end
redis.call('HSET', KEYS[2], '@', ARGV[2])
redis.call('SET', KEYS[1], ARGV[2])
return { 1 }`);
const DISCARD = script(`${AT} if (at or '') ~= ARGV[1] then return { 0, at } end
redis.call('DEL', KEYS[1], KEYS[2])
return { 1 }`);

export class RedisFacts implements FactStore {
  readonly #connection: RedisConnection;
  readonly #federation: string;

  constructor(connection: RedisConnection, federation: string) {
    this.#connection = connection;
    this.#federation = federation;
  }

  async head(cluster: string): Promise<Head | undefined> {
    return parseHead(await this.#run(HEAD, cluster, []));
  }

  async read(cluster: string): Promise<FactSnapshot | undefined> {
    const reply = await this.#run(READ, cluster, [], BULK_TIMEOUT_MS);
    if (!Array.isArray(reply)) return undefined;
    const facts = new Map<string, Uint8Array>();
    let head: Head | undefined;
    for (let i = 0; i + 1 < reply.length; i += 2) {
      const [subject, data]: readonly unknown[] = [reply[i], reply[i + 1]];
      if (!Buffer.isBuffer(subject) || !Buffer.isBuffer(data)) continue;
      if (subject.length === 1 && subject[0] === AT_SIGN) head = parseHead(data);
      else facts.set(subject.toString(), data);
    }
    return head && { head, facts };
  }

  async advance(
    cluster: string,
    from: Head | undefined,
    to: Head,
    changes: readonly FactChange[],
  ): Promise<AdvanceOutcome> {
    const last = new Map(changes.map(({ subject, data }) => [subject, data]));
    const [facts, gone]: [(string | Buffer)[], string[]] = [[], []];
    for (const [subject, data] of last) {
      if (data === undefined) gone.push(subject);
      else facts.push(subject, asBuffer(data));
    }
    const heads = [from === undefined ? '' : writeHead(from), writeHead(to)];
    const values = [...heads, `${facts.length}`, ...facts, ...gone];
    return outcomeOf(await this.#run(ADVANCE, cluster, values, BULK_TIMEOUT_MS));
  }

  async discard(cluster: string, from: Head): Promise<AdvanceOutcome> {
    return outcomeOf(await this.#run(DISCARD, cluster, [writeHead(from)], BULK_TIMEOUT_MS));
  }

  #run(
    what: Script,
    cluster: string,
    values: readonly (string | Buffer)[],
    timeoutMs?: number,
  ): Promise<unknown> {
    const key = `isthmus:{${this.#federation}:${cluster}}`;
    const keys = [`${key}:position`, `${key}:facts`];
    return this.#connection.run((redis) => runScript(redis, what, keys, values), timeoutMs);
  }
}

const AT_SIGN = '@'.charCodeAt(0);

function writeHead({ position, incarnation, mark }: Head): string {
  return `${position} ${incarnation}${mark === undefined ? '' : `#${mark}`}`;
}

/** Undefined for nothing, and for what no version of this wrote: it is filled again. */
function parseHead(reply: unknown): Head | undefined {
  const { position, incarnation, mark } =
    /^(?<position>\d+) (?<incarnation>[^#]*)(#(?<mark>.*))?$/s.exec(String(reply))?.groups ?? {};
  if (position === undefined || incarnation === undefined) return undefined;
  const head = { incarnation, position: Number(position) };
  return mark === undefined ? head : { ...head, mark };
}

function outcomeOf(reply: unknown): AdvanceOutcome {
  const [advanced, at]: readonly unknown[] = Array.isArray(reply) ? reply : [];
  return advanced === 1 ? { kind: 'advanced' } : { kind: 'conflict', head: parseHead(at) };
}

function asBuffer(data: Uint8Array): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
