/**
 * What a stranger does first: start the demo, paste the README's questions, edit a manifest, break
 * one, stop, start again.
 */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { freePort } from '../servers/free-port.ts';
import { makeTempDirectory } from '../servers/temp-directory.ts';
import { ask, short } from './ask.ts';
import { IsthmusProcess, until } from './isthmus-process.ts';
import { operator } from './operators-world.ts';

const ROOT = join(import.meta.dirname, '..', '..');

interface ToldClusters {
  readonly clusters: readonly {
    readonly watcher: string | null;
    readonly lag: number | null;
    readonly position: number;
  }[];
}

/** The demo, in a folder and on ports of its own. */
async function demo() {
  const folder = makeTempDirectory();
  cpSync(join(ROOT, 'deploy', 'demo'), folder, { recursive: true });
  const ports = {
    dns: await freePort(),
    health: await freePort(),
    ready: await freePort(),
    metrics: await freePort(),
  };
  const corefile = readFileSync(join(folder, 'Corefile'), 'utf8')
    .replace(':1053', `:${ports.dns}`)
    .replace('127.0.0.1:8080', `127.0.0.1:${ports.health}`)
    .replace('127.0.0.1:8181', `127.0.0.1:${ports.ready}`)
    .replace('127.0.0.1:9153', `127.0.0.1:${ports.metrics}`)
    .replace('forward . /etc/resolv.conf', '');
  writeFileSync(join(folder, 'Corefile'), corefile);
  const start = () =>
    new IsthmusProcess(['up', '-conf', join(folder, 'Corefile')], { cwd: folder });
  return { folder, ports, start };
}

describe('the first minute', () => {
  let here: Awaited<ReturnType<typeof demo>>;
  let isthmus: IsthmusProcess;
  before(async () => {
    here = await demo();
    isthmus = here.start();
    await isthmus.says(/a name that nobody has/);
  });
  after(async () => {
    await isthmus.kill();
    rmSync(here.folder, { recursive: true, force: true });
  });

  test('the banner says what is served, and what to ask', () => {
    assert.match(isthmus.output, /Isthmus answers DNS on\n {2}127\.0\.0\.1:\d+, UDP and TCP/);
    assert.match(isthmus.output, /east \(home\): 3 services, 2 endpoint slices, at position \d+/);
    assert.match(isthmus.output, /west: 3 services, 3 endpoint slices, at position \d+/);
    assert.match(isthmus.output, /^ {2}isthmus status +# how the clusters are$/m);
  });

  test('the questions of the banner are those of the README, with its answers', async () => {
    const questions = readmeQuestions();
    assert.ok(questions.length >= 7, `the README asks ${questions.length} questions`);
    for (const { line, name, type, answer } of questions) {
      const asked = line.replace('-p 1053', `-p ${here.ports.dns}`).replace(' +short', '');
      assert.ok(
        isthmus.output.replace(/ +#.*/g, '').includes(`  ${asked}\n`),
        `the banner has: ${asked}`,
      );
      assert.equal(await short(here.ports.dns, name, type), answer, line);
      assert.equal(
        await short(here.ports.dns, name, type, { transport: 'tcp' }),
        answer,
        `${line} +tcp`,
      );
    }
  });

  test('health, ready and metrics answer on their ports', async () => {
    const get = async (port: number, path: string) => {
      const reply = await fetch(`http://127.0.0.1:${port}${path}`);
      return { status: reply.status, text: await reply.text() };
    };
    assert.deepEqual(await get(here.ports.health, '/health'), { status: 200, text: 'OK' });
    assert.deepEqual(await get(here.ports.ready, '/ready'), { status: 200, text: 'OK' });
    assert.match((await get(here.ports.metrics, '/metrics')).text, /coredns_dns_requests_total\{/);
  });

  test('denials come with the SOA, and empty non-terminals are no denials', async () => {
    const nope = await ask(here.ports.dns, 'nope.shop.svc.cluster.local', 'A');
    assert.equal(nope?.rcode, 3);
    assert.equal(nope?.authority[0]?.type, 'SOA');
    assert.equal(await short(here.ports.dns, '_tcp.web.shop.svc.cluster.local'), 'NOERROR');
    assert.equal(await short(here.ports.dns, '96.10.in-addr.arpa', 'PTR'), 'NOERROR');
  });

  test('an edit shows without a restart, and so does its undoing', async () => {
    const file = join(here.folder, 'east', 'shop.yaml');
    const text = readFileSync(file, 'utf8');
    const name = 'web.shop.svc.cluster.local';
    const says = (answer: string) =>
      until(async () => (await short(here.ports.dns, name)) === answer, `it is ${answer}`);
    writeFileSync(file, text.replaceAll('10.96.0.10', '10.96.0.77'));
    await says('10.96.0.77');
    writeFileSync(file, text);
    await says('10.96.0.10');
  });

  test('a broken file is told with its line, and what was known stays', async () => {
    const file = join(here.folder, 'west', 'shop.yaml');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace('kind: List', 'kind: List\n  oops: ['));
    await isthmus.says(/shop\.yaml:\d+: Cannot/);
    const name = 'search.shop.svc.clusterset.local';
    assert.equal(await short(here.ports.dns, name), '10.2.0.31 10.2.0.32');
    writeFileSync(file, text);
  });

  test('it stops cleanly; a second start goes on with the log and repeats nothing', async () => {
    const operate = operator(['--state', join(here.folder, '.isthmus')]);
    /** Of both logs, once all is told; the banner does not wait so long on a busy machine. */
    const positions = async () => {
      const told: number[] = [];
      await isthmus.until(async () => {
        const { code, text } = await operate('clusters', '-o', 'json');
        if (code !== 0) return false;
        const { clusters }: ToldClusters = JSON.parse(text);
        const isDone = clusters.every(({ watcher, lag }) => watcher === 'synced' && lag === 0);
        told.splice(0, told.length, ...clusters.map(({ position }) => position));
        return isDone && clusters.length === 2;
      }, 'both clusters are told');
      return told;
    };
    // Both, as when a terminal signals the group, and npm in it passes its own signal on.
    isthmus.signal('SIGINT');
    isthmus.signal('SIGTERM');
    assert.equal(await isthmus.exit(), 0);
    isthmus = here.start();
    const first = await positions();
    isthmus.signal('SIGTERM');
    assert.equal(await isthmus.exit(), 0);
    isthmus = here.start();
    // A restart in a quiet cluster appends WatchStarted and Synced.
    assert.deepEqual(
      await positions(),
      first.map((position) => position + 2),
    );
  });
});

describe('a start that can not be', () => {
  const rows: readonly (readonly [
    what: string,
    args: readonly string[],
    error: RegExp,
    code: number,
  ])[] = [
    [
      'an unknown verb',
      ['dance'],
      /Cannot run "dance": it is no verb of isthmus; expected up, watcher, resolver, .*status, drain, re/,
      2,
    ],
    [
      'an unknown flag',
      ['up', '--colour', 'red'],
      /Cannot use the flag "--colour": it is unknown; expected one of --conf/,
      2,
    ],
    [
      'no Corefile',
      ['up', '-conf', '/nonexistent/Corefile'],
      /Cannot read the file "\/nonexistent\/Corefile"/,
      2,
    ],
    [
      'a watcher without a log',
      ['watcher', '--cluster', 'east', '--manifests', '.'],
      /--log is missing/,
      2,
    ],
    [
      'a cluster that is no label',
      ['watcher', '--cluster', 'East', '--manifests', '.', '--log', 'nats://x'],
      /"East": it is no label/,
      2,
    ],
    [
      'a log at no address',
      ['watcher', '--cluster', 'east', '--manifests', '.', '--log', 'nats://h:70000'],
      /Cannot use "nats:\/\/h:70000" as log: .*; expected nats:\/\/HOST:PORT/,
      2,
    ],
    [
      'no kubeconfig',
      ['up', '--kubeconfig', '/nonexistent/config'],
      /Cannot .*"\/nonexistent\/config"/,
      2,
    ],
  ];
  for (const [what, args, error, code] of rows) {
    test(`${what} ends with ${code} and says what would be right`, async () => {
      const process = new IsthmusProcess(args);
      assert.equal(await process.exit(), code);
      assert.match(process.output, error);
      assert.doesNotMatch(process.output, /\n\s+at /, 'no stack');
    });
  }

  async function corefile(lines: string) {
    const folder = makeTempDirectory();
    const file = join(folder, 'Corefile');
    writeFileSync(file, `.:0 {\n    bind 127.0.0.1\n${lines}\n}\n`);
    const process = new IsthmusProcess(['-conf', file], { cwd: folder });
    const code = await process.exit();
    rmSync(folder, { recursive: true, force: true });
    return { code, output: process.output };
  }

  test('an unknown directive is told with its line', async () => {
    const { code, output } = await corefile('    fedration');
    assert.match(
      output,
      /Corefile:3: Cannot use the directive "fedration": it is unknown; expected federation$/m,
    );
    assert.equal(code, 2);
  });

  test('a directive of CoreDNS that is not here yet is told by name', async () => {
    const { code, output } = await corefile('    dnssec');
    assert.match(
      output,
      /Corefile:3: Cannot use the directive "dnssec": CoreDNS has it, we do not yet/,
    );
    assert.equal(code, 2);
  });

  test('a missing folder of manifests is told with its line', async () => {
    const { code, output } = await corefile(
      '    federation cluster.local {\n        cluster east manifests nowhere\n    }',
    );
    assert.match(output, /Corefile:4: Cannot read the manifests ".*nowhere"/);
    assert.equal(code, 2);
  });

  test('the banner asks only of zones that are served', async (t) => {
    const folder = makeTempDirectory();
    const file = join(folder, 'Corefile');
    const manifests = join(ROOT, 'deploy', 'demo', 'east');
    const federation = `federation cluster.local {\ncluster east manifests ${manifests}\n}`;
    writeFileSync(file, `.:0 {\nbind 127.0.0.1\n${federation}\n}\n`);
    const process = new IsthmusProcess(['-conf', file], { cwd: folder });
    t.after(async () => {
      await process.kill();
      rmSync(folder, { recursive: true, force: true });
    });
    await process.says(/a name that nobody has/);
    assert.doesNotMatch(process.output, /dig .* -x |clusterset/);
  });

  for (const line of ['log nats://h:70000', 'store redis://h:70000']) {
    test(`"${line}" is told with its line, and nothing opens`, async () => {
      const { code, output } = await corefile(
        `    federation cluster.local {\n        home east\n        ${line}\n    }`,
      );
      assert.match(output, /^\S*Corefile:5: Cannot use .*h:70000.*; expected \S+:\/\//);
      assert.equal(code, 2);
    });
  }

  test('a Corefile without a server block is told', async (t) => {
    const folder = makeTempDirectory();
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'Corefile');
    writeFileSync(file, '# nothing yet\n');
    const process = new IsthmusProcess(['-conf', file]);
    assert.equal(await process.exit(), 2);
    assert.match(process.output, /Corefile:1: Cannot serve ".*": it has no server block; expected/);
  });

  test('a damaged log is told without a stack, and the other cluster goes on', async (t) => {
    const { folder, ports, start } = await demo();
    mkdirSync(join(folder, '.isthmus', 'log'), { recursive: true });
    writeFileSync(join(folder, '.isthmus', 'log', 'east.sqlite'), 'no database');
    const process = start();
    t.after(async () => {
      await process.kill();
      rmSync(folder, { recursive: true, force: true });
    });
    await process.says(/Isthmus answers/);
    assert.match(process.output, /Cannot use the log file ".*east\.sqlite": it is damaged/);
    assert.doesNotMatch(process.output, /\n\s+at /, 'no stack');
    assert.equal(await short(ports.dns, 'db-0.west.db.shop.svc.clusterset.local'), '10.2.0.21');
  });

  test('a port and a state directory in use are told', async (t) => {
    const first = await demo();
    const isthmus = first.start();
    t.after(() => isthmus.kill());
    await isthmus.says(/Isthmus answers/);
    const second = new IsthmusProcess(['up', '-conf', join(first.folder, 'Corefile')], {
      cwd: first.folder,
    });
    assert.equal(await second.exit(), 1);
    assert.match(second.output, /Cannot (listen on|serve HTTP on|open|use)/);
    assert.doesNotMatch(second.output, /\n\s+at /, 'no stack');
    const other = await demo();
    const third = new IsthmusProcess([
      'up',
      '-conf',
      join(other.folder, 'Corefile'),
      '--state',
      join(first.folder, '.isthmus'),
    ]);
    assert.equal(await third.exit(), 1);
    assert.match(third.output, /Cannot use the state directory ".*": .*; expected/);
    for (const { folder } of [first, other]) rmSync(folder, { recursive: true, force: true });
  });
});

test('--help names every flag with its environment variable', async () => {
  const process = new IsthmusProcess(['--help']);
  assert.equal(await process.exit(), 0);
  for (const word of [
    'isthmus up',
    'isthmus watcher',
    'isthmus resolver',
    '--state DIR',
    'ISTHMUS_STATE',
    'ISTHMUS_DNS_PORT',
  ]) {
    assert.ok(process.output.includes(word), word);
  }
});

/** The `$ dig …` lines of the README's Quick start, each with what stands below it. */
function readmeQuestions() {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  return [...readme.matchAll(/^\$ (dig @127\.0\.0\.1 -p 1053 .*)\n((?:(?!\$|```).*\n)*)/gm)].map(
    ([, line = '', output = '']) => {
      const words = line
        .split(/\s+/)
        .slice(4)
        .filter((word) => !word.startsWith('+'));
      const reverse =
        words[0] === '-x' ? `${words[1]?.split('.').reverse().join('.')}.in-addr.arpa` : undefined;
      const type = reverse === undefined ? (words.length > 1 ? (words[0] ?? '') : 'A') : 'PTR';
      const answers = output
        .trim()
        .split('\n')
        .filter((row) => !row.startsWith(';') && row !== '');
      const denied = /status: (\w+)/.exec(output)?.[1];
      return {
        line,
        name: reverse ?? words.at(-1) ?? '',
        type,
        answer: denied ?? answers.sort().join(' '),
      };
    },
  );
}
