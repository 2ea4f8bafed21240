/**
 * What can be said of the deployment files without an engine that runs them. The files are read as
 * what they are to become: plain data.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, matchesGlob, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { parse, parseAllDocuments } from 'yaml';
import { parseCorefile } from '../../libs/corefile/parser.ts';
import { configure } from '../../services/resolver/configuration.ts';
import type { FederationOptions } from '../../services/resolver/plugins/federation/options.ts';
import { givenSetups } from './given-setups.ts';
import { importsOf, isTest, ROOT, readFiles, readSources } from './source-file.ts';

/** `undici/lib/agent.js` → `undici`, `@nats-io/jetstream/x.js` → `@nats-io/jetstream`. */
const packageOf = (specifier: string) => /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;

const textOf = (path: string) => readFiles(path)[0]?.text ?? '';

interface ComposeService {
  readonly image?: string;
  readonly command?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
}

describe('docker-compose.yml', () => {
  const { services }: { services: Readonly<Record<string, ComposeService>> } = parse(
    textOf('docker-compose.yml'),
    { merge: true },
  );
  const all = Object.entries(services);

  test('starts NATS, Redis, two watchers and two resolvers', () => {
    const roles = all.map(([name, { command }]) => `${name}: ${command?.[0]}`);
    assert.deepEqual(roles.sort(), [
      'nats: nats-server',
      'redis: redis-server',
      'resolver-1: resolver',
      'resolver-2: resolver',
      'watcher-east: watcher',
      'watcher-west: watcher',
    ]);
  });

  for (const [name, service] of all) {
    test(`${name} has no more rights than it needs, and a version`, () => {
      assert.equal(service.read_only, true);
      assert.deepEqual(service.cap_drop, ['ALL']);
      assert.deepEqual(service.security_opt, ['no-new-privileges:true']);
      assert.match(service.image ?? '', /:\d+\.\d+\.\d+(-\w+)?$/);
    });

    test(`${name} is published on the loopback address only`, () => {
      for (const port of service.ports ?? []) assert.match(port, /^127\.0\.0\.1:/);
    });
  }

  test('publishes both resolvers over UDP and TCP', () => {
    const ports = all.flatMap(([, service]) => service.ports ?? []);
    assert.deepEqual(ports.map((port) => port.split(':')[1] + (port.split('/')[1] ?? '')).sort(), [
      '1053tcp',
      '1053udp',
      '1054tcp',
      '1054udp',
    ]);
  });

  test('mounts files that exist', () => {
    const mounted = all
      .flatMap(([, { volumes }]) => volumes ?? [])
      .filter((volume) => volume.startsWith('./'))
      .map((volume) => volume.slice(2, volume.indexOf(':')));
    assert.ok(mounted.length > 0);
    for (const path of mounted) assert.ok(existsSync(resolve(ROOT, path)), `no ${path}`);
  });

  test('keeps what NATS acknowledged, on a volume', () => {
    const conf = textOf('deploy/nats/single.conf');
    assert.match(conf, /^ *sync_interval: always$/m);
    const folder = /store_dir: (\S+)/.exec(conf)?.[1];
    assert.ok(services.nats?.volumes?.includes(`nats:${folder}`));
  });
});

describe('deploy/nats', () => {
  const files = readFiles('deploy/nats/*.conf', 'deploy/nats/*/*.conf');
  const servers = files.filter(({ text }) => /^jetstream \{/m.test(text));

  test('has every log on a disk that is named, before it is acknowledged', () => {
    assert.ok(servers.length > 3);
    for (const { path, text } of servers) {
      assert.match(text, /^ {2}store_dir: "?\/data"?$/m, path);
      assert.match(text, /^ {2}sync_interval: always$/m, path);
    }
  });

  test('has no password in it', () => {
    for (const { path, text } of files) {
      for (const [, password] of text.matchAll(/password: *(\S+)/g)) {
        assert.match(password ?? '', /^\$NATS_[A-Z_]+_PASSWORD$/, path);
      }
    }
  });

  test('lets nobody hear or do everything, and is not open where it has users', () => {
    for (const { path, text } of files) {
      assert.doesNotMatch(text, /"(>|_INBOX\.>)"/, path);
      const users = (text.match(/user: "/g) ?? []).length;
      assert.equal((text.match(/permissions: \{/g) ?? []).length, users, path);
    }
  });

  test('is explained, each file', () => {
    const readme = textOf('deploy/nats/README.md');
    for (const { path } of files) assert.ok(readme.includes(path.split('/').at(-1) ?? ''), path);
  });
});

describe('a Corefile that is shipped', () => {
  const optionsOf = (path: string) => {
    const options: FederationOptions[] = [];
    const source = { file: path, text: textOf(path) };
    const corefile = parseCorefile(source, { environment: {}, readFiles: () => [] });
    configure(
      corefile,
      givenSetups((one) => options.push(one)),
    );
    return options;
  };

  test('of docker-compose.yml names the NATS and the Redis of that file', () => {
    const [options] = optionsOf('deploy/compose/Corefile');
    assert.match(JSON.stringify(options?.log), /"nats:\/\/nats:4222"/);
    assert.match(JSON.stringify(options), /"redis:\/\/redis:6379"/);
    assert.equal(options?.clusters.length, 0);
  });

  test('of the demo needs no server, and has two clusters', () => {
    const [options] = optionsOf('deploy/demo/Corefile');
    assert.doesNotMatch(JSON.stringify(options), /nats:|redis:/);
    assert.equal(options?.clusters.length, 2);
  });
});

describe('the image', () => {
  const patterns = textOf('.dockerignore')
    .split('\n')
    .filter((line) => /^[^#]/.test(line));
  const refused = patterns.filter((line) => line.startsWith('**/'));
  const sources = readSources().filter(({ path }) => !path.startsWith('test/'));
  const isShipped = (path: string) => !refused.some((pattern) => matchesGlob(path, pattern));

  test('has all code that is not for tests, and nothing else', () => {
    for (const { path } of sources) assert.equal(isShipped(path), !isTest(path), path);
  });

  test('has all that its code imports', () => {
    const { dependencies } = JSON.parse(textOf('package.json'));
    const missing = sources
      .filter(({ path }) => isShipped(path))
      .flatMap((file) =>
        importsOf(file)
          .filter(({ to, inside }) =>
            inside
              ? !isShipped(to)
              : !to.startsWith('node:') && !Object.hasOwn(dependencies, packageOf(to)),
          )
          .map(({ to, line }) => `Cannot run ${file.path}:${line}: "${to}" is not in the image`),
      );
    assert.deepEqual(missing, []);
  });

  test('lets in by name what it copies', () => {
    const allowed = patterns.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
    assert.equal(patterns[0], '*');
    const copied = [...textOf('deploy/docker/Dockerfile').matchAll(/^COPY ([^-].*) \S+$/gm)];
    const paths = copied.flatMap((copy) => (copy[1] ?? '').split(' '));
    assert.deepEqual([...new Set(paths)].sort(), allowed.sort());
  });

  test('keeps what Node makes of the code where the command looks for it', (t) => {
    const dockerfile = textOf('deploy/docker/Dockerfile');
    const [, before = '', run = ''] =
      /^(.*)^ENV NODE_COMPILE_CACHE=\S+\nRUN (.*?[^\\])$/ms.exec(dockerfile) ?? [];
    assert.match(before, /^USER /m); // a folder of its own for each user
    const folder = mkdtempSync(join(tmpdir(), 'isthmus-image-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const path = `${dirname(process.execPath)}:${process.env.PATH ?? ''}`;
    const env = { PATH: path, NODE_COMPILE_CACHE: folder };
    // Of one module, since this is about the folder only.
    const commands = run.replace(/for module in [^;]*;/, 'for module in libs/dns/iana;');
    execFileSync('sh', ['-c', commands.replaceAll('/app/', `${ROOT}/`)], { env });
    const made = readdirSync(folder);
    assert.equal(made.length, 1);
    execFileSync(join(ROOT, 'services/isthmus/start.js'), ['--help'], { env });
    assert.deepEqual(readdirSync(folder), made); // and one for each set of flags
  });

  test('runs as no root, with the version of Node that the tests run on', () => {
    const dockerfile = textOf('deploy/docker/Dockerfile');
    const { devDependencies } = JSON.parse(textOf('package.json'));
    assert.match(dockerfile, /^USER [1-9]\d*:[1-9]\d*$/m);
    assert.equal(/^FROM node:([\d.]+)-/m.exec(dockerfile)?.[1], devDependencies.node);
  });
});

describe('deploy/kubernetes', () => {
  const documentsOf = (file: string) =>
    parseAllDocuments(textOf(`deploy/kubernetes/${file}`)).map((document) => document.toJS());
  const [documents, ofPods] = [documentsOf('rbac.yaml'), documentsOf('rbac-pods.yaml')];
  const one = (kind: string, among = documents) => among.find((other) => other.kind === kind);
  const rightsOf = (role: {
    readonly rules: readonly Readonly<Record<string, readonly string[]>>[];
  }) =>
    role.rules
      .flatMap(({ apiGroups = [], resources = [], verbs = [] }) =>
        resources.map((resource) => `${apiGroups.join()}/${resource}: ${verbs.join(' ')}`),
      )
      .sort();

  test('grants list and watch of what is watched, nothing else', () => {
    assert.deepEqual(rightsOf(one('ClusterRole')), [
      '/namespaces: list watch',
      '/nodes: list watch',
      '/services: list watch',
      'discovery.k8s.io/endpointslices: list watch',
      'multicluster.x-k8s.io/serviceexports: list watch',
      'multicluster.x-k8s.io/serviceimports: list watch',
    ]);
  });

  test('grants pods by themselves, for who watches them', () => {
    assert.deepEqual(rightsOf(one('ClusterRole', ofPods)), ['/pods: list watch']);
  });

  test('binds both roles to the account it makes', () => {
    const account = one('ServiceAccount');
    assert.equal(account.metadata.namespace, one('Namespace').metadata.name);
    for (const among of [documents, ofPods]) {
      const { roleRef, subjects } = one('ClusterRoleBinding', among);
      assert.equal(roleRef.name, one('ClusterRole', among).metadata.name);
      assert.deepEqual(subjects, [{ kind: 'ServiceAccount', ...account.metadata }]);
    }
  });
});
