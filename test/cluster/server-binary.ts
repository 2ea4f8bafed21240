/**
 * Where the real servers of the tests are: KUBEBUILDER_ASSETS (envtest's convention), then
 * ISTHMUS_TEST_SERVERS or the cache that install-servers.sh fills.
 */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

export type ServerBinary = 'kube-apiserver' | 'etcd';

export function binaryOf(name: ServerBinary): string | undefined {
  const { KUBEBUILDER_ASSETS, ISTHMUS_TEST_SERVERS, XDG_CACHE_HOME } = process.env;
  const cache = join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'isthmus', 'servers');
  return [KUBEBUILDER_ASSETS, ISTHMUS_TEST_SERVERS ?? cache]
    .filter((folder) => folder !== undefined && folder !== '')
    .map((folder) => join(folder ?? '', name))
    .find((path) => existsSync(path));
}

/** Why a test that needs a real API server can't run here; undefined when it can. */
export function apiServerMissing(): string | undefined {
  const missing = (['kube-apiserver', 'etcd'] as const).filter((name) => !binaryOf(name));
  if (missing.length === 0) return undefined;
  const how = 'test/cluster/install-servers.sh builds them';
  return `needs kube-apiserver: ${missing.join(' and ')} not found; ${how}`;
}

/**
 * Skips the test for want of a server, or fails it where servers are required. True when it can't
 * run.
 */
export function isSkipped(t: TestContext, missing: string | undefined): boolean {
  if (missing === undefined) return false;
  if (process.env.ISTHMUS_REQUIRE_SERVERS === '1') throw new Error(missing);
  t.skip(missing);
  return true;
}
