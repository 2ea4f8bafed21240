/**
 * Where the real servers are: ISTHMUS_TEST_SERVERS or the cache that test/cluster/install-
 * servers.sh fills, then the system's own. KUBEBUILDER_ASSETS (envtest's convention) goes before
 * both.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** A server, with its version where that matters: `nats-server 2.9`, `redis-server`. */
export function findServer(server: string): string | undefined {
  const [name = '', version] = server.split(' ');
  return folders()
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path) && (version === undefined || isVersion(path, version)));
}

/** Why a test that needs it can't run, in the words that the test command looks for. */
export function missingServer(server: string): string {
  return `needs ${server}: not found; expected it on PATH or in ISTHMUS_TEST_SERVERS`;
}

function folders(): readonly string[] {
  const { KUBEBUILDER_ASSETS, ISTHMUS_TEST_SERVERS, XDG_CACHE_HOME, PATH } = process.env;
  const cache = join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'isthmus', 'servers');
  const path = (PATH ?? '').split(delimiter);
  const all = [KUBEBUILDER_ASSETS, ISTHMUS_TEST_SERVERS ?? cache, ...path, '/usr/sbin'];
  return all.filter((folder) => folder !== undefined && folder !== '').map(String);
}

function isVersion(path: string, version: string): boolean {
  try {
    const said = execFileSync(path, ['--version'], { encoding: 'utf8' });
    return new RegExp(`\\bv?${version.replaceAll('.', '\\.')}\\.`).test(said);
  } catch {
    return false;
  }
}
