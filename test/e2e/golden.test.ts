/**
 * Published Corefiles start, answer and reload: those of kubeadm, of the documentation's stub
 * domains, of Amazon EKS, Azure AKS, OpenShift and K3s, and of the cache on each node.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { check } from '../../services/isthmus/check/check.ts';
import { readFlags } from '../../services/isthmus/flags.ts';
import { ask, short } from './ask.ts';
import { type Change, goldenFile, goldenWorld, STUB, WORLD, type World } from './golden-world.ts';
import { IsthmusProcess } from './isthmus-process.ts';
import { ReloadProcess } from './reload-process.ts';

type Asked = readonly [name: string, type: string, answer: string];

const ZONE = 'cluster.local';
const CLUSTER: readonly Asked[] = [
  [`web.shop.svc.${ZONE}`, 'A', '10.96.0.10'],
  [`_http._tcp.web.shop.svc.${ZONE}`, 'SRV', `0 100 80 web.shop.svc.${ZONE}.`],
  [`10-1-2-3.shop.pod.${ZONE}`, 'A', '10.1.2.3'],
  [`none.shop.svc.${ZONE}`, 'A', 'NXDOMAIN'],
  ['10.0.96.10.in-addr.arpa', 'PTR', `web.shop.svc.${ZONE}.`],
  ['www.example.org', 'A', WORLD],
];

interface Golden {
  readonly file: string;
  readonly changes?: (world: World) => readonly Change[];
  /** Files beside it, as a volume has them. */
  readonly files?: (world: World) => Readonly<Record<string, string>>;
  readonly asked: readonly Asked[];
  /** What is edited while it runs, and what is asked then. */
  readonly edit: (text: string) => string;
  readonly next: Asked;
  readonly address?: string;
}

const HOSTS = '    hosts {\n        192.0.2.9 edited.example\n        fallthrough\n    }\n';
const addHosts = (text: string) => text.replace(/^ {4}loop\n/m, `    loop\n${HOSTS}`);
const EDITED: Asked = ['edited.example', 'A', '192.0.2.9'];

const STUBBED: Asked = ['a.consul.local', 'A', STUB];

const GOLDEN: readonly Golden[] = [
  { file: 'kubeadm.Corefile', asked: CLUSTER, edit: addHosts, next: EDITED },
  { file: 'eks.Corefile', asked: CLUSTER, edit: addHosts, next: EDITED },
  {
    file: 'openshift.Corefile',
    asked: CLUSTER,
    edit: (text) => text.replace(/^ {4}reload\n/m, `    reload\n${HOSTS}`),
    next: EDITED,
  },
  {
    file: 'stub-domains.Corefile',
    changes: ({ upstreamText, stubText }) => [
      ['172.16.0.1', upstreamText],
      ['10.150.0.1', stubText],
    ],
    asked: [...CLUSTER, STUBBED],
    edit: addHosts,
    next: EDITED,
  },
  {
    file: 'aks.Corefile',
    files: ({ dns, stubText }) => ({
      'custom/log.override': 'log\n',
      'custom/stub.server': `consul.local:${dns} {
    bind 127.0.0.1
    errors
    cache 30
    forward . ${stubText}
}
`,
    }),
    asked: [
      ...CLUSTER,
      STUBBED,
      // Names with the search path of the cluster in front are denied at once, others asked for.
      [`web.shop.svc.${ZONE}.internal.cloudapp.net`, 'A', 'NXDOMAIN'],
      ['vm.a.internal.cloudapp.net', 'A', WORLD],
      ['anything.reddog.microsoft.com', 'A', 'NXDOMAIN'],
    ],
    edit: addHosts,
    next: EDITED,
  },
  {
    file: 'k3s.Corefile',
    files: ({ dns, stubText }) => ({
      NodeHosts: '192.0.2.77 node-1\n2001:db8::77 node-1\n',
      'custom/stub.server': `consul.local:${dns} {
    bind 127.0.0.1
    forward . ${stubText}
}
`,
    }),
    asked: [...CLUSTER, STUBBED, ['node-1', 'A', '192.0.2.77'], ['node-1', 'AAAA', '2001:db8::77']],
    edit: (text) => text.replace('ttl 60', 'ttl 61\n      192.0.2.9 edited.example'),
    next: EDITED,
  },
  {
    file: 'nodelocaldns.Corefile',
    changes: ({ upstreamText, stubText, health }) => [
      ['__PILLAR__DNS__DOMAIN__', ZONE],
      ['__PILLAR__LOCAL__DNS__:8080', `127.0.0.1:${health}`],
      ['__PILLAR__LOCAL__DNS__', '127.0.0.20'],
      ['__PILLAR__DNS__SERVER__', '127.0.0.21'],
      ['__PILLAR__CLUSTER__DNS__', stubText],
      ['__PILLAR__UPSTREAM__SERVERS__', upstreamText],
    ],
    asked: [
      [`web.shop.svc.${ZONE}`, 'A', STUB],
      ['10.0.96.10.in-addr.arpa', 'A', STUB],
      ['1.ip6.arpa', 'A', STUB],
      ['www.example.org', 'A', WORLD],
    ],
    edit: (text) => text.replace(/^(\.:\d+ \{)$/m, `$1\n${HOSTS}`),
    next: EDITED,
    address: '127.0.0.20',
  },
];

async function started(t: TestContext, golden: Golden) {
  const world = await goldenWorld(t);
  const text = world.place(goldenFile(golden.file), golden.changes?.(world));
  world.write('Corefile', text);
  for (const [name, said] of Object.entries(golden.files?.(world) ?? {})) world.write(name, said);
  const file = join(world.folder, 'Corefile');
  const isthmus = new IsthmusProcess(['-conf', file], { cwd: world.folder });
  t.after(() => isthmus.kill());
  await isthmus.says(/Isthmus answers DNS on/);
  const process = new ReloadProcess(isthmus, world.metrics, (other) =>
    world.write('Corefile', other),
  );
  const { address = '127.0.0.1' } = golden;
  const answers = async ([name, type]: Asked) => short(world.dns, name, type, { address });
  return { world, file, text, isthmus, process, address, answers };
}

for (const golden of GOLDEN) {
  describe(golden.file, () => {
    test('starts, answers and is edited', async (t) => {
      const { world, file, text, isthmus, process, answers } = await started(t, golden);
      const [first] = golden.asked;
      if (first !== undefined) {
        await isthmus.until(
          async () => (await answers(first)) === first[2],
          'it knows the cluster',
        );
      }
      for (const asked of golden.asked) assert.equal(await answers(asked), asked[2], asked[0]);
      assert.equal((await fetch(`http://127.0.0.1:${world.health}/health`)).status, 200);
      if (text.includes('ready ')) {
        assert.equal((await fetch(`http://127.0.0.1:${world.ready}/ready`)).status, 200);
      }
      await process.reload(golden.edit(text));
      assert.equal(await answers(golden.next), golden.next[2]);
      for (const asked of golden.asked) assert.equal(await answers(asked), asked[2], asked[0]);
      const { flags } = readFlags(['-conf', file], {});
      assert.match((await check(flags, [])).text, /Corefile can be used: \d server block/);
      assert.doesNotMatch(isthmus.output, /\[ERROR\]/);
    });
  });
}

describe('nodelocaldns.Corefile', () => {
  const golden = GOLDEN.find(({ file }) => file === 'nodelocaldns.Corefile') ?? assert.fail();

  test('asks the cluster over TCP, once for what it remembers, on both of its addresses', async (t) => {
    const { world, isthmus } = await started(t, golden);
    for (const address of ['127.0.0.20', '127.0.0.21', '127.0.0.20']) {
      assert.equal(await short(world.dns, `web.shop.svc.${ZONE}`, 'A', { address }), STUB);
    }
    const asked = world.stub.asked.filter((one) => one.includes('web.shop'));
    assert.deepEqual(asked, [`tcp web.shop.svc.${ZONE}. A`]);
    assert.equal(await ask(world.dns, 'www.example.org', 'A', { timeoutMs: 300 }), undefined);
    assert.doesNotMatch(isthmus.output, /\[ERROR\]/);
  });

  test('is refused where nobody filled it in', async (t) => {
    const world = await goldenWorld(t);
    world.write('Corefile', goldenFile(golden.file));
    const file = join(world.folder, 'Corefile');
    const isthmus = new IsthmusProcess(['-conf', file], { cwd: world.folder });
    assert.equal(await isthmus.exit(), 2);
    assert.match(
      isthmus.output,
      /Corefile:3: .*nobody filled in __PILLAR__DNS__DOMAIN__; expected/,
    );
  });
});
