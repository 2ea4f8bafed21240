import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readWebConfig } from './web-config.ts';

const PAIR = 'tls_server_config:\n  cert_file: a.crt\n  key_file: "/keys/a.key" # mode 0600\n';

describe('readWebConfig', () => {
  test('reads the files of TLS, whose paths begin at it', () => {
    assert.deepEqual(readWebConfig(`---\n# a comment\n\n${PAIR}`, '/etc/web.yaml'), {
      cert: '/etc/a.crt',
      key: '/keys/a.key',
      ca: undefined,
      asksClients: false,
    });
    const more = "  client_ca_file: 'ca.crt'\n  client_auth_type: RequireAndVerifyClientCert\n";
    const config = readWebConfig(`${PAIR}${more}  min_version: TLS12\n`, '/etc/web.yaml');
    assert.deepEqual([config.ca, config.asksClients], ['/etc/ca.crt', true]);
  });

  const refused: readonly (readonly [text: string, message: RegExp])[] = [
    ['', /it names no cert_file or no key_file; expected both in tls_server_config/],
    [
      'cert_file: a.crt',
      /line 1, "cert_file: a.crt", is not read; expected tls_server_config: and/,
    ],
    [`${PAIR}basic_auth_users:\n`, /line 4, "basic_auth_users:", is not read/],
    [`${PAIR}  cipher_suites:\n`, /line 4, "cipher_suites:", is not read/],
    [`${PAIR}  - a\n`, /line 4, "- a", is not read/],
    [
      `${PAIR}  client_auth_type: RequestClientCert\n`,
      /is "RequestClientCert"; expected NoClientC/,
    ],
    [`${PAIR}  min_version: TLS10\n`, /its min_version is "TLS10"; expected TLS12/],
    [`${PAIR}  client_auth_type: RequireAndVerifyClientCert\n`, /it has no client_ca_file/],
  ];
  for (const [text, message] of refused) {
    test(`refuses ${JSON.stringify(text.replace(PAIR, '…'))}`, () => {
      assert.throws(() => readWebConfig(text, 'web.yaml'), message);
    });
  }
});
