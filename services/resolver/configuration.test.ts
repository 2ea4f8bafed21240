import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseCorefile } from '../../libs/corefile/parser.ts';
import { SILENT } from '../../libs/telemetry/log.ts';
import { Metrics } from '../../libs/telemetry/metrics.ts';
import { type Configuration, configure } from './configuration.ts';
import type { Plugin, Setup } from './plugin.ts';
import { PLUGIN_ORDER } from './plugin-order.ts';

const named =
  (more: Partial<Plugin> = {}): Setup =>
  ([directive]) => ({ name: directive?.name ?? '', ...more });

const setups: Readonly<Record<string, Setup>> = {
  errors: named(),
  log: named({ seesEveryQuery: true }),
  cache: named(),
  forward: named({ waitingFor: () => ['an upstream'] }),
  bind: ([directive]) => ({
    name: 'bind',
    listenOn: (directive?.args ?? []).map(({ text }) => text),
  }),
};

function configured(text: string, dnsPort?: number, more: Readonly<Record<string, Setup>> = {}) {
  const readFiles = () => [];
  const corefile = parseCorefile({ file: 'Corefile', text }, { environment: {}, readFiles });
  const port = dnsPort === undefined ? {} : { dnsPort };
  const metrics = new Metrics();
  return configure(corefile, { log: SILENT, metrics, setups: { ...setups, ...more }, ...port });
}

describe('configure', () => {
  test('puts plugins in the order of the list, not of the file', () => {
    const { plugins } = configured('. {\n forward .\n cache\n errors\n}');
    assert.deepEqual(
      plugins.map(({ name }) => name),
      ['errors', 'cache', 'forward'],
    );
  });

  test('sets a plugin up once for all its directives of a block', () => {
    assert.equal(configured('. {\n forward a\n cache\n forward b\n}').plugins.length, 2);
    assert.equal(configured('a {\n cache\n}\nb {\n cache\n}').plugins.length, 2);
  });

  test('makes a listener of each address and port, with its zones', () => {
    const { listeners } = configured('a b:54 {\n}\nc {\n}\nd:54 {\n bind 127.0.0.1 ::1\n}', 1053);
    assert.deepEqual(
      listeners.map(({ server, blocks }) => [server, ...blocks.keys()]),
      [
        ['dns://:1053', 'a.', 'c.'],
        ['dns://:54', 'b.'],
        ['dns://127.0.0.1:54', 'd.'],
        ['dns://[::1]:54', 'd.'],
      ],
    );
  });

  test('gives a listener the sockets of its first block that says how many', () => {
    const multisocket: Setup = ([directive]) => {
      return { name: 'multisocket', sockets: Number(directive?.args[0]?.text) };
    };
    const text = `a {\n}\nb {\n multisocket 2\n}\nc {\n multisocket 3\n}\nd:54 {\n}`;
    const { listeners } = configured(text, 53, { multisocket });
    assert.deepEqual(
      listeners.map(({ server, sockets }) => [server, sockets]),
      [
        ['dns://:53', 2],
        ['dns://:54', undefined],
      ],
    );
  });

  test('gives plugins the label of their first listener', () => {
    const labels: string[] = [];
    const cache: Setup = (_, { server }) => {
      labels.push(server);
      return { name: 'cache' };
    };
    configured('a:54 {\n cache\n}\nb:55 {\n cache\n bind ::1 127.0.0.1\n}', 53, { cache });
    assert.deepEqual(labels, ['dns://:54', 'dns://[::1]:55']);
  });

  test('knows which blocks the table may answer for, and which ask upstream', () => {
    const { listeners } = configured('a {\n errors\n}\nb {\n log\n forward .\n}');
    const blocks = [...(listeners[0]?.blocks.values() ?? [])].flat();
    assert.deepEqual(
      blocks.map(({ tableCapable, recursion }) => [tableCapable, recursion]),
      [
        [true, false],
        [false, true],
      ],
    );
  });

  test('collects what all plugins wait for, and says when it drains', async () => {
    const configuration = configured('a {\n forward .\n}\nb {\n cache\n forward .\n}');
    const { resolver } = configuration;
    assert.deepEqual(resolver.waitingFor(), ['forward: an upstream', 'forward: an upstream']);
    assert.equal(resolver.isDraining(), false);
    await configuration.drain();
    assert.equal(resolver.isDraining(), true);
  });

  const refused: readonly (readonly [what: string, text: string, message: RegExp])[] = [
    [
      'an unknown directive',
      '. {\n errors\n foo\n}',
      /^Corefile:3: Cannot use the directive "foo": it is unknown; expected one of bind, cache, errors, forward, log$/,
    ],
    [
      'a directive that is nearly one',
      '. {\n erors\n}',
      /^Corefile:2: Cannot use the directive "erors": it is unknown; expected errors$/,
    ],
    [
      "a directive of CoreDNS's that is not here",
      '. {\n dnssec\n}',
      /^Corefile:2: Cannot use the directive "dnssec": CoreDNS has it, we do not yet; expected/,
    ],
    [
      'a scheme that is not here',
      'quic://. {\n}',
      /^Corefile:1: Cannot serve "quic:\/\/.": quic is not here yet; expected dns, tls, https, or/,
    ],
    [
      'a zone twice',
      'a {\n}\nb A.:53 {\n}',
      /^Corefile:3: Cannot serve "A\.:53": line 1 serves a\. at dns:\/\/:53 already; expected one/,
    ],
  ];
  for (const [what, text, message] of refused) {
    test(`refuses ${what}`, () =>
      assert.throws(() => configured(text), { name: 'ConfigurationError', message }));
  }
});

describe('a configuration that follows another', () => {
  const TEXT = 'a {\n cache\n forward .\n}\nb:54 {\n errors\n}';
  const read = (text: string) =>
    parseCorefile({ file: 'Corefile', text }, { environment: {}, readFiles: () => [] });
  const metrics = new Metrics();

  /** What the plugins of both are told, as `cache starts`. */
  function following(after: string, text = TEXT) {
    const told: string[] = [];
    const formers: (Plugin | undefined)[] = [];
    const tells: Setup = ([directive], { former }) => {
      const name = directive?.name ?? '';
      const tell = (what: string) => async () => void told.push(`${name} ${what}`);
      if (name === 'cache') formers.push(former);
      return { name, start: tell('starts'), stop: tell('stops') };
    };
    const all = { errors: tells, cache: tells, forward: tells, federation: tells };
    const dependencies = { log: SILENT, metrics, setups: all };
    const before = configure(read(text), dependencies);
    const next = configure(read(after), dependencies, { before, same: before });
    return { before, next, told, formers };
  }
  const viewsOf = ({ views }: Configuration) =>
    [...views].map(([view, { server }]) => `${server} ${view}`);

  test('has server blocks that say the same, and the views of their listeners', async () => {
    const { before, next, told } = following('# other\n\na {\n cache\n\n forward  .\n}');
    assert.deepEqual(viewsOf(before), ['dns://:53 0', 'dns://:54 1']);
    assert.deepEqual(viewsOf(next), ['dns://:53 0']);
    assert.deepEqual(before.viewsGone(next), [1]);
    assert.equal(next.plugins[0], before.plugins[0]);
    await next.start();
    assert.deepEqual(told, []);
    next.take();
    await before.end(next);
    assert.deepEqual(told, ['errors stops']);
  });

  test('gives a listener another view where one of its server blocks is another', async () => {
    const { before, next, told } = following(`${TEXT.replace('forward .', 'forward a')}\nc {\n}`);
    assert.deepEqual(viewsOf(next), ['dns://:53 2', 'dns://:54 1']);
    await next.start();
    assert.deepEqual(told, ['cache starts', 'forward starts']);
    next.take();
    await before.end(next);
    before.giveViews(before.viewsGone(next));
    assert.deepEqual(told.slice(2), ['cache stops', 'forward stops']);
  });

  test('leaves nothing when it is given up', async () => {
    const { before, next, told } = following('c {\n errors\n}');
    await next.start();
    await next.giveUp();
    next.giveViews(next.viewsGone(before));
    assert.deepEqual(told, ['errors starts', 'errors stops']);
    const again = configure(
      read('c {\n}'),
      { log: SILENT, metrics, setups },
      {
        before,
        same: before,
      },
    );
    assert.deepEqual(viewsOf(again), viewsOf(next));
  });

  const heirs: readonly (readonly [what: string, after: string, isHeir: boolean])[] = [
    ['what is above it is another', 'a {\n errors\n cache\n forward .\n}', true],
    ['who owns names below it is another', 'a {\n federation x\n cache\n forward .\n}', true],
    ['another server block has its zone', 'b a {\n cache\n forward .\n}', true],
    ['it says something else', 'a {\n cache 5\n forward .\n}', false],
    ['what is below it says something else', 'a {\n cache\n forward b\n}', false],
    ['it was at another port', 'a:55 {\n errors\n cache\n forward .\n}', false],
  ];
  for (const [what, after, isHeir] of heirs) {
    test(`${isHeir ? 'tells' : 'does not tell'} a plugin who did the same, where ${what}`, () => {
      const { before, formers } = following(after);
      assert.deepEqual(formers, [undefined, isHeir ? before.plugins[0] : undefined]);
    });
  }
});

test('the plugin order names each plugin once, with a reason', () => {
  const names = PLUGIN_ORDER.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  assert.deepEqual(
    PLUGIN_ORDER.filter(({ why }) => why.length < 10),
    [],
  );
});
