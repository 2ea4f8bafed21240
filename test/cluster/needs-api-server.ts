/** Why tests that need a real kube-apiserver can not run here. */
import type { TestContext } from 'node:test';
import { findServer } from '../servers/find-server.ts';

/** Undefined when they can. */
export function apiServerMissing(): string | undefined {
  const missing = ['kube-apiserver', 'etcd'].filter((name) => findServer(name) === undefined);
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
