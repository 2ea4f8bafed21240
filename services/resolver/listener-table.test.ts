import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseCorefile } from '../../libs/corefile/parser.ts';
import { createLog } from '../../libs/telemetry/log.ts';
import { Metrics } from '../../libs/telemetry/metrics.ts';
import { configure } from './configuration.ts';
import { setup as bind } from './plugins/bind/setup.ts';
import { setup as https } from './plugins/https/setup.ts';
import { createTlsSetup } from './plugins/tls/setup.ts';

const tls = createTlsSetup({ every: () => () => {}, whyNot: () => undefined });

/** Listeners of a whole Corefile, and what was warned of. */
const listenersOf = (text: string) => {
  const lines: string[] = [];
  const source = { file: 'Corefile', text };
  const corefile = parseCorefile(source, { environment: {}, readFiles: () => [] });
  const log = createLog((line) => lines.push(line));
  const setups = { tls, bind, https };
  const { listeners } = configure(corefile, { log, metrics: new Metrics(), setups });
  return { listeners, lines };
};

describe('listeners that encrypt', () => {
  const TLS = 'tls own.crt own.key';

  test('are of tls and https keys, each at its port', () => {
    const { listeners, lines } = listenersOf(`. tls://. https://. tls://a:8853 {\n${TLS}\n}`);
    assert.deepEqual(
      listeners.map(({ server, scheme, security }) => [server, scheme, security?.clientAuth]),
      [
        ['dns://:53', 'dns', undefined],
        ['tls://:853', 'tls', 'nocert'],
        ['https://:443', 'https', 'nocert'],
        ['tls://:8853', 'tls', 'nocert'],
      ],
    );
    assert.deepEqual(lines, []);
  });

  test('may be shared by server blocks of the same keys', () => {
    const text = `tls://a {\n${TLS}\n}\ntls://b tls://c:854 {\n${TLS}\n}`;
    assert.deepEqual(
      listenersOf(text).listeners.map(({ server, blocks }) => [server, ...blocks.keys()]),
      [
        ['tls://:853', 'a.', 'b.'],
        ['tls://:854', 'c.'],
      ],
    );
  });

  test('have keys of their own, whoever answers in the clear beside them', () => {
    const text = `a tls://a {\n${TLS}\n}\nb {\n}\nc tls://c:854 {\ntls other.crt other.key\n}`;
    assert.deepEqual(
      listenersOf(text).listeners.map(({ server, blocks }) => [server, ...blocks.keys()]),
      [
        ['dns://:53', 'a.', 'b.', 'c.'],
        ['tls://:853', 'a.'],
        ['tls://:854', 'c.'],
      ],
    );
  });

  test('speak HTTP in the clear where https has no keys', () => {
    const { listeners } = listenersOf('https://.:8053 {\nhttps {\nmax_streams 9\n}\n}');
    const [{ security, httpLimits } = {}] = listeners;
    assert.deepEqual([security, httpLimits], [undefined, { streamsMax: 9 }]);
  });

  test('are missed where keys are given, and limits', () => {
    const { lines } = listenersOf(`. {\n${TLS}\nhttps\n}`);
    assert.equal(lines.length, 2);
    assert.match(lines.join('\n'), /tls: Corefile:2 does nothing: no key is "tls:\/\/ZONE" or/);
    assert.match(lines.join('\n'), /https: Corefile:3 does nothing: no key of its/);
  });

  const refused: readonly (readonly [text: string, message: RegExp])[] = [
    ['tls://. {\n}', /:1: Cannot serve "tls:\/\/\.": it has no certificate; expected "tls CERT/],
    ['quic://. {\n}', /Cannot serve "quic:\/\/\.": quic is not here yet; expected dns, tls, https/],
    ['grpc://. {\n}', /grpc is not here yet/],
    ['https3://. {\n}', /https3 is not here yet/],
    [`.:853 tls://. {\n${TLS}\n}`, /Cannot serve "tls:.*": line 1 has dns:\/\/ at :853; expected/],
    [
      `tls://a {\n${TLS}\n}\ntls://b {\ntls renewed.crt renewed.key\n}`,
      /:4: Cannot serve "tls:\/\/b": line 1 serves tls:\/\/:853 with another tls; expected the/,
    ],
    [
      `https://a {\n${TLS}\n}\nhttps://b {\n}`,
      /:4: Cannot serve "https:\/\/b": line 1 serves https:\/\/:443 with another tls/,
    ],
    [
      `tls://a {\n${TLS}\n}\ntls://b {\n${TLS} {\nclient_auth request\n}\n}`,
      /line 1 serves tls:\/\/:853 with another tls/,
    ],
    [`tls://a {\n${TLS}\n}\ntls://a {\n${TLS}\n}`, /line 1 serves a\. at tls:\/\/:853 already/],
  ];
  for (const [text, message] of refused) {
    test(`are refused for ${JSON.stringify(text)}`, () => {
      assert.throws(() => listenersOf(text), message);
    });
  }
});
