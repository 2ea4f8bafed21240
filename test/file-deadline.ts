/**
 * Loaded into the process of every test file by run.ts: ends one that does not end by itself,
 * because a test left something open. The exit code makes that a failure; a forced exit after the
 * last test would hide it.
 */

/**
 * The slowest files take a quarter of it, and half on a busy machine: an API server for each of
 * eight Corefiles; three NATS nodes, killed one after the other.
 */
const FILE_DEADLINE_MS = 300_000;

const deadline = setTimeout(() => {
  const open = process.getActiveResourcesInfo().join(', ');
  console.error(
    `Cannot end "${process.argv[1]}": open after ${FILE_DEADLINE_MS / 1000} s are ${open}; ` +
      'expected tests that close what they open',
  );
  process.exit(1);
}, FILE_DEADLINE_MS);
deadline.unref();
