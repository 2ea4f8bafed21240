import assert from 'node:assert/strict';
import { rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { describe, test } from 'node:test';
import { RCODE, rcodeName } from '../../../../libs/dns/iana.ts';
import { formatRecord, parseRecord } from '../../../../libs/dns/presentation.ts';
import { askPlugin } from '../../../../test/plugin/ask-plugin.ts';
import { directives } from '../../../../test/plugin/directives.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import { makeTempDirectory, removeTempDirectory } from '../../../../test/servers/temp-directory.ts';
import type { ChainNamesChange } from '../../chain-names.ts';
import { emptyResponse } from '../../response.ts';
import { createHostsSetup } from './setup.ts';

const FILE = `# comments, and lines without a name, count for nothing
127.0.0.1 localhost localhost.domain
::1\tlocalhost localhost.domain # also here
10.0.0.1 Example.org
::FFFF:10.0.0.2 example.com
fe80::1%eth0 link.example.org
10.0.0.3 *.apps.example.org
10.0.0.4 www.apps.example.org
10.0.0.1 example.org alias.example.org
10.0.0.9
nonsense example.net
300.0.0.1 example.net
`;

/** The plugin over a file of a folder; `look` lets time go by until it is looked at again. */
async function hosts(t: TestContext, block = '', zones: readonly string[] = ['.']) {
  const folder = makeTempDirectory();
  t.after(() => removeTempDirectory(folder));
  const path = join(folder, 'hosts');
  writeFileSync(path, FILE);
  const { context, lines } = setupContext({ zones });
  let look = async () => {};
  let everyMs = 0;
  const every = (ms: number, work: () => Promise<void>) => {
    [look, everyMs] = [work, ms];
    return () => {};
  };
  const text = block.includes('hosts') ? block : `hosts hosts {\n${block}\n}`;
  const setup = createHostsSetup({ every });
  const plugin = setup(directives(text, join(folder, 'Corefile')), context);
  await plugin.start?.();
  return {
    plugin,
    path,
    lines,
    metrics: context.metrics,
    everyMs: () => everyMs,
    /** A time in the past that differs: the clock of a file system may be coarse. */
    async write(text: string, seconds: number) {
      writeFileSync(path, text);
      utimesSync(path, seconds, seconds);
      await look();
    },
    async remove() {
      rmSync(path, { force: true });
      await look();
    },
    async ask(question: string): Promise<readonly string[]> {
      const [name = '', type = ''] = question.split(' ');
      const next = async () => emptyResponse(RCODE.NXDOMAIN);
      const { rcode, answer, authoritative } = await askPlugin(plugin, name, type, next);
      if (rcode === RCODE.NXDOMAIN) return ['passed'];
      if (rcode !== RCODE.NOERROR) return [rcodeName(rcode)];
      assert.equal(authoritative, true);
      return answer.map(formatRecord);
    },
  };
}

describe('hosts', () => {
  const TTL = 'ttl 5';
  const rows: readonly (readonly [question: string, said: readonly string[], block?: string])[] = [
    ['example.org. A', ['example.org. 5 IN A 10.0.0.1']],
    ['EXAMPLE.org. A', ['EXAMPLE.org. 5 IN A 10.0.0.1']],
    ['example.com. A', ['example.com. 5 IN A 10.0.0.2']],
    ['localhost. A', ['localhost. 5 IN A 127.0.0.1']],
    ['localhost. AAAA', ['localhost. 5 IN AAAA ::1']],
    ['link.example.org. AAAA', ['link.example.org. 5 IN AAAA fe80::1']],
    ['example.org. AAAA', []],
    ['example.org. MX', []],
    ['example.net. A', ['SERVFAIL']],
    ['a.apps.example.org. A', ['a.apps.example.org. 5 IN A 10.0.0.3']],
    ['*.apps.example.org. A', ['*.apps.example.org. 5 IN A 10.0.0.3']],
    ['www.apps.example.org. A', ['www.apps.example.org. 5 IN A 10.0.0.4']],
    ['a.b.apps.example.org. A', ['SERVFAIL']],
    ['apps.example.org. A', ['SERVFAIL']],
    [
      '1.0.0.10.in-addr.arpa. PTR',
      [
        '1.0.0.10.in-addr.arpa. 5 IN PTR example.org.',
        '1.0.0.10.in-addr.arpa. 5 IN PTR alias.example.org.',
      ],
    ],
    ['3.0.0.10.in-addr.arpa. PTR', ['passed']],
    ['9.0.0.10.in-addr.arpa. PTR', ['passed']],
    ['1.0.0.10.in-addr.arpa. A', ['SERVFAIL']],
    ['1.0.0.10.in-addr.arpa. PTR', ['passed'], 'no_reverse'],
    ['example.net. A', ['passed'], 'fallthrough'],
    ['example.net. A', ['SERVFAIL'], 'fallthrough example.org'],
    ['x.example.org. A', ['passed'], 'fallthrough example.org'],
    ['example.org. AAAA', [], 'fallthrough'],
    ['example.org. MX', [], 'fallthrough'],
    ['example.org. MX', ['passed'], 'fallthrough\nfallthrough_unsupported'],
    ['example.org. AAAA', [], 'fallthrough\nfallthrough_unsupported'],
    ['a. A', ['a. 5 IN A 192.0.2.1', 'a. 5 IN A 192.0.2.2'], '192.0.2.1 a b\n192.0.2.2 a'],
    [
      'example.org. A',
      ['example.org. 5 IN A 10.0.0.1', 'example.org. 5 IN A 192.0.2.1'],
      '192.0.2.1 example.org\n10.0.0.1 example.org',
    ],
    ['example. A', ['SERVFAIL'], '192.0.2.1 *'],
    ['www.apps.example.org. AAAA', [], '2001:db8::1 *.apps.example.org'],
  ];
  for (const [question, said, block = ''] of rows) {
    test(`${question} is ${said.join(', ') || 'NODATA'} ${JSON.stringify(block)}`, async (t) => {
      const { ask } = await hosts(t, `${TTL}\n${block}`);
      assert.deepEqual(await ask(question), said);
    });
  }

  test('has names of its zones only, and PTR to those whatever is asked', async (t) => {
    const { ask } = await hosts(t, 'hosts hosts example.org');
    assert.deepEqual(await ask('example.org. A'), ['example.org. 3600 IN A 10.0.0.1']);
    assert.deepEqual(await ask('example.com. A'), ['passed']);
    assert.deepEqual(await ask('2.0.0.10.in-addr.arpa. PTR'), ['passed']);
    assert.equal((await ask('1.0.0.10.in-addr.arpa. PTR')).length, 2);
  });

  test('reads the file again when it changed, and keeps what it had when it is away', async (t) => {
    const { ask, write, remove, everyMs, lines } = await hosts(t, '192.0.2.1 inline');
    assert.equal(everyMs(), 5000);
    await write('10.0.0.7 example.org\n', 1_000_000_000);
    assert.deepEqual(await ask('example.org. A'), ['example.org. 3600 IN A 10.0.0.7']);
    assert.deepEqual(await ask('localhost. A'), ['SERVFAIL']);
    assert.deepEqual(await ask('inline. A'), ['inline. 3600 IN A 192.0.2.1']);
    await remove();
    await remove();
    assert.deepEqual(await ask('example.org. A'), ['example.org. 3600 IN A 10.0.0.7']);
    assert.equal(lines.length, 1, 'told once');
    assert.match(lines[0] ?? '', /^\[WARNING\] plugin\/hosts: Cannot read ".*hosts": ENOENT/);
    await write('10.0.0.8 example.org\n', 1_000_000_000);
    assert.deepEqual(await ask('example.org. A'), ['example.org. 3600 IN A 10.0.0.8']);
  });

  test('never looks again with reload 0s', async (t) => {
    assert.equal((await hosts(t, 'reload 0s')).everyMs(), 0);
    assert.equal((await hosts(t, 'reload 15s')).everyMs(), 15_000);
  });

  test('owns its names, so that nothing said of them is cached', async (t) => {
    const { plugin } = await hosts(t, '', ['org.']);
    const owned = ['example.org.', 'example.com.', 'b.apps.example.org.', 'x.org.'].filter((name) =>
      plugin.owns?.(name),
    );
    assert.deepEqual(owned, ['example.org.', 'b.apps.example.org.']);
    assert.equal(plugin.owns?.('1.0.0.10.in-addr.arpa.'), true);
  });

  test('leaves all names to the table but its own, which change with the file', async (t) => {
    const { plugin, write } = await hosts(t, 'fallthrough');
    const { seesEveryQuery, chainNames } = plugin;
    assert.equal(seesEveryQuery, false);
    const names = ['example.org.', 'b.apps.example.org.', '1.0.0.10.in-addr.arpa.', 'other.test.'];
    const own = () => names.filter((name) => chainNames?.has(name));
    assert.deepEqual([own(), chainNames?.isOpen('apps.example.org.')], [names.slice(0, 3), true]);
    const changes: ChainNamesChange[] = [];
    chainNames?.follow((change) => changes.push(change));
    await write('10.0.0.1 example.org other.test\n', 1_000_000_000);
    assert.deepEqual(own(), ['example.org.', '1.0.0.10.in-addr.arpa.', 'other.test.']);
    assert.equal(chainNames?.isOpen('apps.example.org.'), false);
    const [change] = changes;
    assert.deepEqual([changes.length, change?.hasOthers], [1, true]);
    const has = (name: string) => change?.names.includes(name);
    assert.deepEqual(['other.test.', 'apps.example.org.', 'example.org.'].map(has), [
      true,
      true,
      false,
    ]);
    await write('10.0.0.1 example.org other.test # again\n', 1_000_000_001);
    assert.equal(changes.length, 1);
  });

  test('sees every query where what it lacks may not fall through', async (t) => {
    const { plugin } = await hosts(t, 'fallthrough example.org');
    assert.equal(plugin.seesEveryQuery, true);
  });

  test('a name above one that is there exists in a zone of others too', async (t) => {
    const { plugin, write } = await hosts(t, 'fallthrough');
    const denial = (authoritative: boolean) => async () => ({
      ...{ ...emptyResponse(RCODE.NXDOMAIN), authoritative },
      authority: [parseRecord('example.org. 5 IN SOA ns.example.org. root.example.org. 1 2 3 4 5')],
    });
    await write('10.0.0.1 a.b.example.org *.c.example.org\n', 1_000_000_000);
    const said = async (name: string, type = 'A', authoritative = true) => {
      const response = await askPlugin(plugin, name, type, denial(authoritative));
      return `${rcodeName(response.rcode)} ${response.authority.length}`;
    };
    assert.equal(await said('b.example.org.'), 'NOERROR 1');
    assert.equal(await said('c.example.org.', 'TXT'), 'NOERROR 1');
    assert.equal(await said('0.0.10.in-addr.arpa.', 'PTR'), 'NOERROR 1');
    assert.equal(await said('b.example.org.', 'A', false), 'NXDOMAIN 1', 'of whom upstream asked');
    assert.equal(await said('d.example.org.'), 'NXDOMAIN 1');
    assert.equal(await said('x.a.b.example.org.'), 'NXDOMAIN 1');
  });

  test('gives others a turn while it reads a list of many names', async (t) => {
    const { ask, write, plugin } = await hosts(t, 'fallthrough');
    const lists: number[] = [];
    plugin.chainNames?.follow(({ names }) => lists.push(names.length));
    const many = Array.from({ length: 5000 }, (_, i) => `0.0.0.0 ad${i}.example.net`);
    let turns = 0;
    let isDone = false;
    const count = () => {
      turns++;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);
    await write(many.join('\n'), 1_000_000_000);
    isDone = true;
    assert.ok(turns >= 10, `${turns} turns`);
    assert.ok(Math.max(...lists) <= 1000, `${lists} at once`);
    assert.deepEqual(await ask('ad4999.example.net. A'), ['ad4999.example.net. 3600 IN A 0.0.0.0']);
    assert.equal((await ask('0.0.0.0.in-addr.arpa. PTR')).length, 1000);
    assert.equal(plugin.chainNames?.has('0.0.0.0.in-addr.arpa.'), true);
  });

  test('leaves out what is no domain name, and says so', async (t) => {
    const { ask, write, lines } = await hosts(t);
    await write(`10.0.0.1 ${'a'.repeat(64)} good a..b\n`, 1_000_000_000);
    assert.deepEqual(await ask('good. A'), ['good. 3600 IN A 10.0.0.1']);
    assert.match(lines.join(), /has what is no domain name: "a{64}", and 1 more$/);
  });

  test('counts its entries', async (t) => {
    const { metrics, write, path } = await hosts(t, '192.0.2.1 inline');
    await write('10.0.0.7 a b\n2001:db8::1 a\n10.0.0.8 *.c\n', 1_000_000_000);
    const text = await metrics.text();
    assert.ok(text.includes(`coredns_hosts_entries{hostsfile="${path}"} 9\n`), text);
    assert.ok(text.includes('coredns_hosts_reload_timestamp_seconds 1000000000\n'), text);
  });

  const refused: readonly (readonly [lines: string, message: RegExp])[] = [
    ['hosts\nhosts', /Corefile:3: Cannot use "hosts" again/],
    ['hosts {\n ttl 0\n}', /Cannot read the ttl "0": it is out of range; expected 1 to 65535/],
    ['hosts {\n ttl\n}', /Cannot read "ttl": it has no argument/],
    ['hosts {\n reload soon\n}', /Cannot read the reload "soon": it is no duration/],
    ['hosts {\n no_reverse x\n}', /Cannot read "no_reverse": it has one argument/],
    ['hosts {\n fallthru\n}', /Corefile:3: Cannot use "fallthru" of hosts: .* expected an address/],
    ['hosts {\n 10.0.0.1\n}', /Cannot read "10.0.0.1": it has no argument; expected names/],
    ['hosts {\n fallthrough_unsupported\n}', /nothing falls through; expected fallthrough as well/],
  ];
  for (const [lines, message] of refused) {
    test(`refuses ${JSON.stringify(lines)}`, () => {
      const setup = createHostsSetup({ every: () => () => {} });
      assert.throws(() => setup(directives(lines), setupContext().context), message);
    });
  }
});
