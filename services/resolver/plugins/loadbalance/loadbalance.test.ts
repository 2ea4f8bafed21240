import assert from 'node:assert/strict';
import { rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { describe, test } from 'node:test';
import { RCODE } from '../../../../libs/dns/iana.ts';
import { formatRecord, parseRecord } from '../../../../libs/dns/presentation.ts';
import { askPlugin } from '../../../../test/plugin/ask-plugin.ts';
import { directives } from '../../../../test/plugin/directives.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import { makeTempDirectory, removeTempDirectory } from '../../../../test/servers/temp-directory.ts';
import { emptyResponse } from '../../response.ts';
import { createLoadbalance } from './handler.ts';
import { createLoadbalanceSetup, setup } from './setup.ts';

const RECORDS = [
  'b. 5 IN A 192.0.2.1',
  'b. 5 IN SRV 0 10 80 x.',
  'b. 5 IN MX 10 m1.',
  'b. 5 IN AAAA 2001:db8::2',
  'a. 5 IN CNAME b.',
  'b. 5 IN SRV 0 10 80 a.',
  'b. 5 IN MX 10 m2.',
  'b. 5 IN A 192.0.2.3',
];

const saying = (records: readonly string[], rcode: number = RCODE.NOERROR) => {
  const answer = records.map(parseRecord);
  return async () => ({ ...emptyResponse(rcode), answer, authority: answer, additional: answer });
};

async function turned(random: () => number, type = 'A', rcode: number = RCODE.NOERROR) {
  const response = await askPlugin(
    createLoadbalance({ random }),
    'a.',
    type,
    saying(RECORDS, rcode),
  );
  return response.answer.map(formatRecord);
}

describe('loadbalance', () => {
  test('turns addresses and exchanges behind CNAMEs and what keeps its order', async () => {
    assert.deepEqual(await turned(() => 0.99), [
      'a. 5 IN CNAME b.',
      'b. 5 IN SRV 0 10 80 x.',
      'b. 5 IN SRV 0 10 80 a.',
      'b. 5 IN A 192.0.2.3',
      'b. 5 IN AAAA 2001:db8::2',
      'b. 5 IN A 192.0.2.1',
      'b. 5 IN MX 10 m2.',
      'b. 5 IN MX 10 m1.',
    ]);
  });

  test('makes every order of three addresses', async () => {
    const orders = new Set<string>();
    for (const first of [0, 0.4, 0.7]) {
      for (const second of [0, 0.6]) {
        const numbers = [first, second, 0, 0, 0];
        const records = await turned(() => numbers.shift() ?? 0);
        orders.add(records.filter((record) => / A/.test(record)).join());
      }
    }
    assert.equal(orders.size, 6);
  });

  test('leaves transfers and failures as they are', async () => {
    assert.deepEqual(await turned(() => 0.99, 'AXFR'), RECORDS);
    assert.deepEqual(await turned(() => 0.99, 'A', RCODE.SERVFAIL), RECORDS);
  });

  test('leaves its block to the table, if it only turns', () => {
    const plugin = (lines: string) => setup(directives(lines), setupContext().context);
    assert.equal(plugin('loadbalance').seesEveryQuery, undefined);
    assert.equal(plugin('loadbalance {\n prefer 10.0.0.0/8\n}').seesEveryQuery, true);
  });
});

const FILE = `# comments
WWW.example

192.0.2.1 3
 192.0.2.2\t1
192.0.2.2 200
2001:DB8:0::3 2
other.example.
192.0.2.1 255
www.example.
192.0.2.9 4
`;

interface Given {
  readonly file?: string;
  readonly lines?: string;
  readonly random?: () => number;
}

/** The plugin over a file of a folder; `look` lets time go by until it is looked at again. */
function given(
  t: TestContext,
  { file, lines = 'loadbalance weighted weights', random }: Given = {},
) {
  const folder = makeTempDirectory();
  t.after(() => removeTempDirectory(folder));
  const path = join(folder, 'weights');
  if (file !== undefined) writeFileSync(path, file);
  const looks: (() => Promise<void>)[] = [];
  let everyMs = 0;
  let stopped = 0;
  const setupHere = createLoadbalanceSetup({
    random: random ?? (() => 0),
    every: (ms, work) => {
      everyMs = ms;
      looks.push(work);
      return () => stopped++;
    },
  });
  const { context, lines: written } = setupContext();
  const plugin = setupHere(directives(lines, join(folder, 'Corefile')), context);
  return {
    plugin,
    path,
    written,
    metrics: context.metrics,
    everyMs: () => everyMs,
    stopped: () => stopped,
    look: async () => {
      for (const look of looks) await look();
    },
    first: async (records: readonly string[], type = 'A') => {
      const { answer } = await askPlugin(plugin, 'a.', type, saying(records));
      return answer.map(formatRecord)[0]?.split(' ').at(-1);
    },
  };
}

const WWW = ['192.0.2.1', '192.0.2.2', '192.0.2.7'].map((one) => `www.example. 5 IN A ${one}`);

describe('loadbalance weighted', () => {
  // 3 + 1 + 1: the last has no weight.
  const rows: readonly (readonly [number: number, first: string])[] = [
    [0, '192.0.2.1'],
    [0.59, '192.0.2.1'],
    [0.61, '192.0.2.2'],
    [0.79, '192.0.2.2'],
    [0.81, '192.0.2.7'],
    [0.999, '192.0.2.7'],
  ];
  for (const [number, first] of rows) {
    test(`puts ${first} first at ${number}`, async (t) => {
      assert.equal(await given(t, { file: FILE, random: () => number }).first(WWW), first);
    });
  }

  test('knows names in any case, addresses in any form, and only of their name', async (t) => {
    const { first } = given(t, { file: FILE, random: () => 0.5 });
    const records = (name: string, ...rdata: readonly string[]) =>
      rdata.map((each) => `${name} 5 IN ${each}`);
    const of = (name: string) => records(name, 'A 192.0.2.8', 'AAAA 2001:db8::3');
    assert.equal(await first(of('wWw.Example.')), '2001:db8::3');
    assert.equal(await first(records('other.example.', 'A 192.0.2.9', 'A 192.0.2.1')), '192.0.2.1');
    const equal = records('third.example.', 'A 192.0.2.1', 'A 192.0.2.9', 'A 192.0.2.10');
    assert.equal(await first(equal), '192.0.2.9');
  });

  test('leaves all others where they are', async (t) => {
    const { plugin } = given(t, { file: FILE, random: () => 0.9 });
    const response = await askPlugin(plugin, 'a.', 'SRV', saying(RECORDS));
    const ordered = [
      'a. 5 IN CNAME b.',
      'b. 5 IN SRV 0 10 80 x.',
      'b. 5 IN SRV 0 10 80 a.',
      'b. 5 IN A 192.0.2.3',
      'b. 5 IN AAAA 2001:db8::2',
      'b. 5 IN A 192.0.2.1',
      'b. 5 IN MX 10 m1.',
      'b. 5 IN MX 10 m2.',
    ];
    assert.deepEqual(response.answer.map(formatRecord), ordered);
    assert.deepEqual(response.additional.map(formatRecord), ordered);
    assert.deepEqual(response.authority.map(formatRecord), RECORDS);
    const other = await askPlugin(plugin, 'a.', 'MX', saying(RECORDS));
    assert.deepEqual(other.answer.map(formatRecord), RECORDS);
  });

  test('reads a file again that changed; one that is wrong changes nothing', async (t) => {
    const { plugin, path, look, first, written, metrics, everyMs, stopped } = given(t, {
      file: FILE,
      random: () => 0.5,
    });
    await plugin.start?.();
    assert.equal(everyMs(), 30_000);
    const change = async (text: string | undefined, seconds: number) => {
      if (text === undefined) rmSync(path);
      else {
        writeFileSync(path, text);
        utimesSync(path, seconds, seconds);
      }
      await look();
      await look();
    };
    assert.equal(await first(WWW), '192.0.2.1');
    await change('www.example\n192.0.2.7 200\n', 1);
    assert.equal(await first(WWW), '192.0.2.7');
    await change('www.example\n192.0.2.7 256\n', 2);
    await change(undefined, 3);
    assert.equal(await first(WWW), '192.0.2.7');
    assert.equal(written.filter((line) => line.includes('[ERROR]')).length, 2);
    assert.match(
      written.join(''),
      /weights:2: Cannot read the weight "192\.0\.2\.7 256": "256" is/,
    );
    const text = await metrics.text();
    assert.match(text, /^isthmus_loadbalance_weights\{file=".*weights"\} 1$/m);
    assert.match(text, /^isthmus_loadbalance_reload_failures_total\{file=".*weights"\} 2$/m);
    await plugin.stop?.();
    assert.equal(stopped(), 1);
  });

  test('a file that is missing may come', async (t) => {
    const { plugin, path, look, first, written } = given(t, { random: () => 0.5 });
    await plugin.start?.();
    assert.match(written.join(''), /\[WARNING\] plugin\/loadbalance: ".*" is not there/);
    assert.equal(await first(WWW), '192.0.2.2');
    writeFileSync(path, FILE);
    await look();
    assert.equal(await first(WWW), '192.0.2.1');
  });

  test('is not looked for again with a reload of 0', async (t) => {
    const lines = 'loadbalance weighted weights {\n reload 0s\n}';
    const { plugin, everyMs } = given(t, { file: FILE, lines });
    await plugin.start?.();
    assert.equal(everyMs(), 0);
    assert.throws(() => given(t, { lines }), /Corefile:2: Cannot read the file "weights": ENOENT/);
  });
});

describe('loadbalance prefer', () => {
  const ADDRESSES = ['10.9.30.1', '10.9.20.5', '192.168.1.2', '10.9.20.3', '172.16.0.1'];
  const records = [
    ...ADDRESSES.map((address) => `b. 5 IN A ${address}`),
    'b. 5 IN AAAA 2001:db8::1',
    'b. 5 IN MX 1 m.',
    'a. 5 IN CNAME b.',
  ];
  const lines =
    'loadbalance weighted none {\n prefer 2001:db8::/32 10.9.20.0/24\n}\n' +
    'loadbalance {\n prefer 10.9.30.0/24\n}';

  test('has addresses of each network, in all directives, before those of the next, and all others', async (t) => {
    const { plugin } = given(t, { lines });
    const response = await askPlugin(plugin, 'a.', 'A', saying(records));
    const ordered = ['b.', '2001:db8::1', '10.9.20.5', '10.9.20.3', '10.9.30.1', '192.168.1.2'];
    const rdata = (answer: typeof response.answer) => answer.map((record) => record.rdata);
    assert.deepEqual(rdata(response.answer), [...ordered, '172.16.0.1', '1 m.']);
    assert.deepEqual(rdata(response.additional), rdata(response.answer));
    assert.deepEqual(rdata(response.authority), ['b.', ...ADDRESSES, '2001:db8::1', '1 m.']);
  });

  test('goes with weights', async (t) => {
    const both = 'loadbalance weighted weights {\n prefer 192.0.2.7 192.0.2.0/30\n}';
    const { plugin } = given(t, { file: FILE, lines: both, random: () => 0.7 });
    const { answer } = await askPlugin(plugin, 'a.', 'A', saying(WWW));
    const rdata = answer.map((record) => record.rdata);
    assert.deepEqual(rdata, ['192.0.2.7', '192.0.2.2', '192.0.2.1']);
  });
});

describe('loadbalance refuses', () => {
  const refused: readonly (readonly [lines: string, message: RegExp])[] = [
    [
      'loadbalance weighted',
      /Cannot read the policy "weighted": it has 0 arguments; expected round/,
    ],
    ['loadbalance weighted a b', /the policy "weighted": it has 2 arguments/],
    [
      'loadbalance foo',
      /Cannot read the policy "foo": it is unknown; expected round_robin, or weig/,
    ],
    ['loadbalance round_robin 1', /the policy "round_robin": it has 1 arguments/],
    ['loadbalance {\n prefer\n}', /Corefile:3: Cannot read "prefer": it has no argument/],
    ['loadbalance {\n prefer a\n}', /Corefile:3: Cannot read the network "a": it is no network/],
    [
      'loadbalance {\n reload 1s\n}',
      /Corefile:3: Cannot use "reload" of loadbalance: there is no f/,
    ],
    ['loadbalance weighted f {\n reload x\n}', /Cannot read the reload "x": it is no duration/],
    ['loadbalance {\n foo\n}', /Cannot use the property "foo" of loadbalance: it is unknown/],
  ];
  for (const [lines, message] of refused) {
    test(`${JSON.stringify(lines)}`, () => {
      assert.throws(() => setup(directives(lines), setupContext().context), message);
    });
  }

  const files: readonly (readonly [text: string, message: RegExp])[] = [
    [
      '192.0.2.1 1',
      /weights:1: Cannot read the weight "192\.0\.2\.1 1": no name is before it; exp/,
    ],
    ['a\n192.0.2.1', /weights:2: .* "192\.0\.2\.1": it is an address without a weight/],
    [
      'a\n192.0.2.1 0',
      /weights:2: .* "0" is no weight; expected a name, or an address and 1 to 255/,
    ],
    ['a\nb 1', /weights:2: .* "b" is no address/],
    ['a\n192.0.2.1 1 2', /weights:2: .* it has more than two words/],
    ['a..b', /weights:1: .* "a\.\.b": it is no name/],
  ];
  for (const [file, message] of files) {
    test(`a file of ${JSON.stringify(file)}`, (t) => {
      assert.throws(() => given(t, { file }), message);
    });
  }
});
