/** Runs a Lua script on the server by its digest, and sends its text only where it is not known. */
import { createHash } from 'node:crypto';
import type { Cluster, Redis } from 'ioredis';

export interface Script {
  readonly lua: string;
  readonly digest: string;
}

export function script(lua: string): Script {
  return { lua, digest: createHash('sha1').update(lua).digest('hex') };
}

/** The reply: octets, numbers, null, and lists of these. */
export async function runScript(
  redis: Redis | Cluster,
  { lua, digest }: Script,
  keys: readonly string[],
  values: readonly (string | Buffer)[],
): Promise<unknown> {
  try {
    return await redis.callBuffer('EVALSHA', [digest, keys.length, ...keys, ...values]);
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
    return redis.callBuffer('EVAL', [lua, keys.length, ...keys, ...values]);
  }
}
