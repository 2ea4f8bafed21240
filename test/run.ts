/**
 * The test command: every test file beside its source, each in a process of its own, two at once.
 *
 *   npm test                       everything; the benches are npm run bench
 *   npm test -- libs/dns log       only files whose path contains one of these words
 *
 * Node's own summary closes the run (`ℹ tests N`, `ℹ pass N` …); then one line for each kind of
 * server that was missing says what was skipped for want of it. A test asks for that by skipping
 * with the reason `needs nats-server 2.15: …`. Where ISTHMUS_REQUIRE_SERVERS=1 such a skip fails.
 */
import { globSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

/**
 * Test files at once. Most of their time they wait for servers, so that more than the cores would
 * be a little faster, but starved servers make tests flaky.
 */
const CONCURRENCY = 2;
/**
 * A test, or a hook, that takes longer hangs: the slowest, two API servers with their CRDs, takes a
 * quarter, and more than half on a busy machine.
 */
const TEST_TIMEOUT_MS = 120_000;
/** All of it. file-deadline.ts bounds each file. */
const RUN_TIMEOUT_MS = 30 * 60_000;

/** Where whoever lacks a server gets it. */
const HOW_TO_GET: readonly (readonly [server: RegExp, how: string])[] = [
  [/^nats-server 2\.9/, 'apt-get install nats-server'],
  [/^(nats-server|kube-apiserver|etcd|coredns)/, 'test/cluster/install-servers.sh builds it'],
  [/^redis/, 'apt-get install redis-server'],
  [/^(dig|delv|nsupdate)/, 'apt-get install bind9-dnsutils'],
  [/^kdig/, 'apt-get install knot-dnsutils'],
  [/^knotd/, 'apt-get install knot'],
  [/^(nsd|unbound)/, 'apt-get install it'],
];

const root = dirname(import.meta.dirname);
const words = process.argv.slice(2);
// What waits most begins first: the last files to end are then the small ones.
const files = ['test', 'services', 'libs']
  .flatMap((folder) => globSync(`${folder}/**/*.test.ts`, { cwd: root }).sort())
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)));
if (files.length === 0) {
  console.error(`Cannot test "${words.join(' ')}": no test file has it in its path; expected one`);
  process.exit(1);
}

// The files' processes end with this one, and their servers with them.
const stopped = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stopped.abort());

const skips: { readonly reason: string; readonly folder: string }[] = [];
const tests = run({
  files,
  cwd: root,
  concurrency: CONCURRENCY,
  execArgv: ['--import', join(import.meta.dirname, 'file-deadline.ts')],
  timeout: TEST_TIMEOUT_MS,
  signal: AbortSignal.any([stopped.signal, AbortSignal.timeout(RUN_TIMEOUT_MS)]),
});
tests.on('test:pass', ({ skip, file }) => {
  if (typeof skip === 'string') skips.push({ reason: skip, folder: folderOf(file) });
});
tests.on('test:summary', ({ file, success, counts }) => {
  if (file === undefined && (!success || counts.tests === 0)) process.exitCode = 1;
});
tests
  .compose(new spec())
  .on('end', () => reportSkips())
  .pipe(process.stdout);

function reportSkips(): void {
  const missing = Map.groupBy(skips, ({ reason }) => /^needs ([^:;,(]+)/.exec(reason)?.[1]?.trim());
  for (const [server, skipped] of missing) {
    const number = `${skipped.length} ${skipped.length === 1 ? 'test' : 'tests'}`;
    if (server === undefined) {
      const reasons = new Set(skipped.map(({ reason }) => reason));
      console.log(`skipped for other reasons: ${number} (${[...reasons].join('; ')})`);
      continue;
    }
    const folders = [...new Set(skipped.map(({ folder }) => folder))].join(', ');
    const how = HOW_TO_GET.find(([pattern]) => pattern.test(server))?.[1];
    const hint = how === undefined ? '' : ` (${how})`;
    console.log(`skipped for want of ${server}: ${number} of ${folders}${hint}`);
    if (process.env.ISTHMUS_REQUIRE_SERVERS === '1') {
      console.error(`Cannot skip for want of "${server}": ISTHMUS_REQUIRE_SERVERS is 1`);
      process.exitCode = 1;
    }
  }
}

function folderOf(file: string | undefined): string {
  return file === undefined ? 'somewhere' : dirname(relative(root, file));
}
