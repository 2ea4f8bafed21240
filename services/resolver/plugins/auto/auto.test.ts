import assert from 'node:assert/strict';
import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { describe, test } from 'node:test';
import { RCODE, rcodeName } from '../../../../libs/dns/iana.ts';
import { compilePattern } from '../../../../libs/regex/pattern.ts';
import { askPlugin } from '../../../../test/plugin/ask-plugin.ts';
import { directives } from '../../../../test/plugin/directives.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import { makeTempDirectory, removeTempDirectory } from '../../../../test/servers/temp-directory.ts';
import type { ChainNamesChange } from '../../chain-names.ts';
import { emptyResponse } from '../../response.ts';
import { AutoZones } from './auto-zones.ts';
import { createAutoSetup } from './setup.ts';

const db = (serial: number, address = '192.0.2.1') =>
  `$TTL 60\n@ SOA ns admin ${serial} 1 2 3 60\n@ A ${address}\n`;

/** A time in the past, for files that are whole. */
const LONG_AGO = 1_000_000_000;

const DIRECTORY = 'auto {\ndirectory zones\n}';

function temporaryFolder(t: TestContext): string {
  const folder = makeTempDirectory();
  t.after(() => removeTempDirectory(folder));
  return folder;
}

/** The plugin over the folder `zones`; `look` lets time go by until it is looked at again. */
async function auto(
  t: TestContext,
  files: Readonly<Record<string, string>>,
  text = DIRECTORY,
  folder = temporaryFolder(t),
) {
  const zones = join(folder, 'zones');
  mkdirSync(zones, { recursive: true });
  const write = (name: string, content: string, seconds = LONG_AGO) => {
    mkdirSync(dirname(join(zones, name)), { recursive: true });
    writeFileSync(join(zones, name), content);
    utimesSync(join(zones, name), seconds, seconds);
  };
  for (const [name, content] of Object.entries(files)) write(name, content);
  let look = async () => {};
  let everyMs = 0;
  const every = (ms: number, work: () => Promise<void>) => {
    [everyMs, look] = [ms, work];
    return () => {};
  };
  const { context, lines } = setupContext({ zones: ['org.', 'net.'] });
  const setup = createAutoSetup({ every, wallMs: () => 2_000_000_000_000 });
  const plugin = setup(directives(text, join(folder, 'Corefile')), context);
  const changes: ChainNamesChange[] = [];
  plugin.chainNames?.follow((change) => changes.push(change));
  await plugin.start?.();
  t.after(async () => plugin.stop?.());
  return {
    plugin,
    folder,
    zones,
    write,
    changes,
    metrics: context.metrics,
    everyMs: () => everyMs,
    remove: (name: string) => rmSync(join(zones, name), { recursive: true }),
    look: () => look(),
    /** What was told since the last call, without the folder. */
    told: () => lines.splice(0).map((line) => line.replaceAll(`${folder}/`, '')),
    async ask(name: string): Promise<string> {
      const next = async () => emptyResponse(RCODE.NOTIMP);
      const { rcode, answer } = await askPlugin(plugin, name, 'A', next);
      if (rcode === RCODE.NOTIMP) return 'passed';
      return answer[0]?.rdata ?? rcodeName(rcode);
    },
  };
}

describe('auto serves', () => {
  test('the zones of its files, also in folders below', async (t) => {
    const { ask, plugin, everyMs } = await auto(t, {
      'db.example.org': db(1),
      'db.Example.NET': db(1, '192.0.2.2'),
      'sub/old.db.deep.org': db(1, '192.0.2.3'),
      'notes.txt': 'nothing of it',
    });
    assert.equal(await ask('example.org.'), '192.0.2.1');
    assert.equal(await ask('nobody.example.org.'), 'NXDOMAIN');
    assert.equal(await ask('example.net.'), '192.0.2.2');
    assert.equal(await ask('deep.org.'), '192.0.2.3');
    assert.equal(await ask('other.org.'), 'passed');
    assert.deepEqual(plugin.sourceZones?.(), ['example.net.', 'example.org.', 'deep.org.']);
    assert.ok(plugin.zoneSource?.('example.org.')?.soa());
    assert.equal(everyMs(), 60_000);
  });

  test('what a pattern makes of their names', async (t) => {
    const text = 'auto {\ndirectory zones ^(.*)_(?P<top>[a-z]+)\\.zone$ {1}.{top}\nreload 0\n}';
    const files = { 'example_org.zone': db(1), 'example_net.zone.bak': db(1) };
    const { ask, everyMs } = await auto(t, files, text);
    assert.equal(await ask('example.org.'), '192.0.2.1');
    assert.equal(await ask('example.net.'), 'passed');
    assert.equal(everyMs(), 0, 'it is never looked again');
  });

  test('zones that are in its own, and the first file of each', async (t) => {
    const { ask, told, look } = await auto(t, {
      'db.example.com': db(1),
      'a/db.example.org': db(1, '192.0.2.1'),
      'b/db.example.org': db(1, '192.0.2.2'),
      'db.a..org': db(1),
      'db.': '',
    });
    assert.equal(await ask('example.com.'), 'passed');
    assert.equal(await ask('example.org.'), '192.0.2.1');
    assert.deepEqual(told(), [
      '[WARNING] plugin/auto: "zones/b/db.example.org" is left out: "zones/a/db.example.org" has example.org. already',
      '[WARNING] plugin/auto: "zones/db." has no zone: its template gives no name; expected one, or . for the root',
      '[WARNING] plugin/auto: "zones/db.a..org" has no zone: Cannot use the domain name "a..org.": it has an empty label; expected one dot between labels',
      '[WARNING] plugin/auto: "zones/db.example.com" is left out: example.com. is in none of its zones',
      '[INFO] plugin/auto: example.org. of serial 1 is served',
    ]);
    await look();
    assert.deepEqual(told(), [], 'once');
  });
});

describe('a folder that changes', () => {
  test('has zones that come, change and go', async (t) => {
    const { ask, write, remove, look, plugin, changes, told } = await auto(t, {});
    assert.equal(await ask('example.org.'), 'passed');
    assert.equal(plugin.owns?.('example.org.'), false);
    write('db.example.org', db(1));
    await look();
    assert.equal(await ask('example.org.'), '192.0.2.1');
    assert.equal(plugin.owns?.('x.example.org.'), true);
    assert.equal(plugin.chainNames?.has('x.example.org.'), true);
    assert.equal(plugin.chainNames?.isOpen('example.org.'), true);
    assert.deepEqual(changes, [{ names: ['example.org.'], hasOthers: true }]);
    const source = plugin.zoneSource?.('example.org.');
    write('db.example.org', db(2, '192.0.2.2'), LONG_AGO + 1);
    await look();
    assert.equal(await ask('example.org.'), '192.0.2.2');
    remove('db.example.org');
    await look();
    assert.equal(await ask('example.org.'), 'passed');
    assert.equal(plugin.zoneSource?.('example.org.'), undefined);
    assert.equal(changes.length, 2);
    let notified = 0;
    source?.onChange(() => notified++);
    write('sub/db.example.org', db(3, '192.0.2.3'), LONG_AGO + 2);
    await look();
    assert.equal(await ask('example.org.'), '192.0.2.3');
    assert.equal(notified, 1, 'who followed it follows it again');
    assert.deepEqual(told(), [
      '[INFO] plugin/auto: example.org. of serial 1 is served',
      '[INFO] plugin/auto: example.org. of serial 2 is served',
      '[INFO] plugin/auto: example.org. is gone, as is "zones/db.example.org"',
      '[INFO] plugin/auto: example.org. of serial 3 is served',
    ]);
  });

  test('forgets zones that are gone, the oldest first, where they are large', async (t) => {
    const folder = temporaryFolder(t);
    const { context } = setupContext();
    const zones = new AutoZones(
      {
        within: ['org.'],
        folder: { path: folder, pattern: compilePattern(String.raw`db\.(.*)`), template: '{1}' },
        goneNamesMax: 4,
      },
      {
        ...{ plugin: 'auto', log: context.log, count: () => {}, wallMs: () => 0 },
        ...{ follow: () => {}, changed: () => {} },
      },
    );
    const served = async (name: string) => {
      writeFileSync(join(folder, `db.${name}`), `${db(1)}www A 192.0.2.1\n`);
      await zones.look();
      const zone = zones.zones.get(`${name}.`);
      rmSync(join(folder, `db.${name}`));
      await zones.look();
      return zone;
    };
    const gone = [await served('a.org'), await served('b.org'), await served('c.org')];
    assert.deepEqual(
      gone.map((zone) => zone?.serial),
      [0, 1, 1],
    );
    assert.equal(await served('b.org'), gone[1], 'known again');
    assert.notEqual(await served('a.org'), gone[0]);
  });

  test('is served on by another configuration, which is told what differs', async (t) => {
    const first = await auto(t, { 'db.example.org': db(1) });
    const source = first.plugin.zoneSource?.('example.org.');
    first.write('db.example.org', db(2, '192.0.2.2'), LONG_AGO + 1);
    const other = `auto org {\ndirectory zones\nreload 30s\n}`;
    const second = await auto(t, {}, other, first.folder);
    await first.plugin.stop?.();
    assert.equal(second.plugin.zoneSource?.('example.org.'), source);
    assert.match(source?.soa()?.rdata ?? '', / 2 1 2 3 60$/);
    assert.equal(source?.differencesSince(1)?.length, 1);
    assert.match(
      await second.metrics.text(),
      /^isthmus_file_zone_serial\{server="dns:\/\/:53",zone="example.org."\} 2$/m,
    );
    await second.plugin.stop?.();
    const third = await auto(t, {}, DIRECTORY, first.folder);
    assert.notEqual(third.plugin.zoneSource?.('example.org.'), source, 'nobody served it');
  });

  test("keeps its zones while it can't be read", async (t) => {
    const { ask, zones, look, told } = await auto(t, { 'db.example.org': db(1) });
    told();
    renameSync(zones, `${zones}-away`);
    await look();
    await look();
    assert.equal(await ask('example.org.'), '192.0.2.1');
    const [cannot, ...more] = told();
    assert.match(cannot ?? '', /^\[WARNING\] plugin\/auto: Cannot read the folder "zones": ENOENT/);
    assert.deepEqual(more, []);
  });

  test('is SERVFAIL for a zone whose file is wrong, until it is right', async (t) => {
    const { ask, write, look, told, plugin } = await auto(t, {
      'db.example.org': `${db(1)}a 5 HUGO`,
    });
    assert.equal(await ask('example.org.'), 'SERVFAIL');
    assert.match(
      told()[0] ?? '',
      /^\[ERROR\] plugin\/auto: Cannot load example.org.: .*:4: .*its names are SERVFAIL$/,
    );
    assert.match(plugin.notes?.()[0] ?? '', /^auto: example.org. is not there: /);
    write('db.example.org', db(1), LONG_AGO + 1);
    await look();
    assert.equal(await ask('example.org.'), '192.0.2.1');
  });

  test('may be a mounted ConfigMap', async (t) => {
    const { ask, write, zones, look, told } = await auto(t, {
      '..2026_1/db.example.org': db(1),
      '..2026_2/db.example.org': db(2, '192.0.2.2'),
    });
    assert.equal(await ask('example.org.'), 'passed');
    symlinkSync('..2026_1', join(zones, '..data'));
    symlinkSync(join('..data', 'db.example.org'), join(zones, 'db.example.org'));
    write('other', 'x');
    await look();
    assert.equal(await ask('example.org.'), '192.0.2.1');
    symlinkSync('..2026_2', join(zones, '..next'));
    renameSync(join(zones, '..next'), join(zones, '..data'));
    await look();
    assert.equal(await ask('example.org.'), '192.0.2.2');
    assert.equal(told().length, 2);
  });
});

describe('auto refuses', () => {
  const rows: readonly (readonly [text: string, error: RegExp])[] = [
    ['auto', /Cannot use "auto": it has no folder; expected directory DIR/],
    ['auto {\ndirectory\n}', /Cannot read "directory": it has no argument; expected DIR, or DIR/],
    ['auto {\ndirectory a (b\n}', /Cannot read the pattern "\(b": .*expected a regular expression/],
    [
      'auto {\ndirectory a b {1}\n}',
      /Cannot read the pattern "b": it has no group; expected one in/,
    ],
    [
      'auto {\ndirectory a (b)\n}',
      /Cannot read the pattern "\(b\)": it has no template; expected one/,
    ],
    ['auto {\ndirectory a\nreload soon\n}', /Cannot read the reload "soon": it is no duration/],
    [
      'auto {\ndirectory a\nfallthrough\n}',
      /Cannot use the property "fallthrough" of auto: it is unknown/,
    ],
    [
      `${DIRECTORY}\n${DIRECTORY}`,
      /Cannot use "auto" again: line 2 has it; expected once a server block/,
    ],
  ];
  for (const [text, error] of rows) {
    test(JSON.stringify(text), async (t) => {
      await assert.rejects(auto(t, {}, text), error);
    });
  }
});
