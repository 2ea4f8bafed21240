import { describe } from 'node:test';
import { findServer, missingServer } from '../../test/servers/find-server.ts';
import { type RedisServers, startRedis, startRedisCluster } from '../../test/servers/redis.ts';
import { type StoreMedium, testStoreContract } from '../store/contract.ts';
import { openRedisStore } from './redis-store.ts';

/** Long enough for two busy cores: here it is not the bound that is tried. */
const TIMEOUT_MS = 10_000;

const binary = findServer('redis-server') ?? '';
const options = { skip: binary === '' && missingServer('redis-server') };

function medium(servers: RedisServers): StoreMedium {
  const { url } = servers;
  return {
    connect: async () => openRedisStore({ url, federation: 'contract', timeoutMs: TIMEOUT_MS }),
    end: () => servers.stop(),
  };
}

describe('one Redis', options, () => {
  testStoreContract(async () => medium(await startRedis(binary)));
});

describe('a Redis Cluster of three', options, () => {
  testStoreContract(async () => medium(await startRedisCluster(binary)));
});
