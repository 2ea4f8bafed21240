/** What is wrong with how NATS and Redis are reached is said at the line that says it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseCorefile } from '../../libs/corefile/parser.ts';
import { readFederationOptions } from '../resolver/plugins/federation/options.ts';
import { whyNoLog } from './open-logs.ts';
import { whyNoStore } from './open-store.ts';

/** The line, and why; undefined when nothing is wrong. */
function wrongOf(...properties: readonly string[]): string | undefined {
  const lines = ['home east', ...properties].join('\n');
  const source = { file: '/none/Corefile', text: `.:53 {\nfederation a {\n${lines}\n}\n}` };
  const corefile = parseCorefile(source, { environment: {}, readFiles: () => [] });
  const directive = corefile.blocks[0]?.directives[0] ?? assert.fail('no directive');
  const { log, store } = readFederationOptions(directive, []);
  const wrong = (log.kind === 'nats' && whyNoLog(log)) || (store && whyNoStore(store));
  return wrong && `${wrong.at.line}: ${wrong.why}`;
}

const NATS = 'log nats://u:hunter2@a';

describe('a federation', () => {
  const rows: readonly (readonly [properties: readonly string[], expected: RegExp])[] = [
    [['log nats://u:hunter2@a:x'], /^4: Cannot use "a:x" as log: it is no address of a NATS/],
    [[NATS, 'log_home nats://b/c'], /^5: Cannot use "nats:\/\/b\/c" as log: it is no address/],
    [[NATS, 'log_nkey k', 'log_tls'], /^5: Cannot use "\/none\/k" as nkey: ENOENT/],
    [[NATS, 'log_tls', 'log_credentials k'], /^6: Cannot use "\/none\/k" as credentials: ENOENT/],
    [[NATS, 'log_tls_servername b', 'log_tls c k'], /^6: Cannot use "\/none\/c" for TLS: ENOENT/],
    [['store redis://u:hunter2@a/x'], /^4: Cannot use the store "redis:\/\/…@a\/x": "x" is no/],
    [['store redis://a', 'store_tls ca'], /^5: Cannot use store_tls: .*; expected rediss:\/\/$/],
    [['store rediss://a', 'store_tls ca'], /^5: Cannot use "\/none\/ca" for TLS: ENOENT/],
  ];
  for (const [properties, expected] of rows) {
    it(`is refused with ${properties.join(', ')}`, () => {
      const wrong = wrongOf(...properties) ?? '';
      assert.match(wrong, expected);
      assert.doesNotMatch(wrong, /hunter2/);
    });
  }

  it('is not, where there is nothing wrong', () => {
    assert.equal(wrongOf(NATS, 'log_tls', 'store rediss://u:p@a', 'store_tls'), undefined);
  });
});
