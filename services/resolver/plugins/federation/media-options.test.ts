import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseCorefile } from '../../../../libs/corefile/parser.ts';
import { type FederationOptions, readFederationOptions } from './options.ts';

function optionsOf(...properties: readonly string[]): FederationOptions {
  const lines = ['home east', ...properties].join('\n');
  const text = `.:53 {\nfederation cluster.local {\n${lines}\n}\n}`;
  const source = { file: '/etc/isthmus/Corefile', text };
  const corefile = parseCorefile(source, { environment: {}, readFiles: () => [] });
  const directive = corefile.blocks[0]?.directives[0] ?? assert.fail('no directive');
  return readFederationOptions(directive, []);
}

const NATS = 'log tls://nats:4222';

describe('federation: the log', () => {
  it('on NATS has credentials, a domain and copies; files are beside the Corefile', () => {
    const { log } = optionsOf(NATS, 'log_credentials a.creds', 'log_domain hub', 'log_replicas 3');
    assert.ok(log.kind === 'nats');
    assert.equal(log.credentials?.text, '/etc/isthmus/a.creds');
    assert.equal(log.credentials?.line, 5);
    assert.deepEqual([log.domain, log.replicas, log.who], ['hub', 3, '_resolver']);
  });

  it('of the home cluster may be read at its own site', () => {
    const { log } = optionsOf(NATS, 'log_home nats://leaf:4222');
    const near = log.kind === 'nats' ? log.near : undefined;
    assert.deepEqual([near?.cluster, near?.servers[0]?.text], ['east', 'nats://leaf:4222']);
  });

  it('has TLS as CoreDNS has it: nothing, the CA, a pair, or all three', () => {
    const ca = '/etc/isthmus/ca.crt';
    const pair = { cert: '/etc/isthmus/c', key: '/k' };
    const rows: readonly (readonly [string, object])[] = [
      ['log_tls', {}],
      ['log_tls ca.crt', { ca }],
      ['log_tls c /k', { pair }],
      ['log_tls c /k ca.crt', { ca, pair }],
      ['log_tls ca.crt\nlog_tls_servername nats.example', { ca, serverName: 'nats.example' }],
      ['log_tls_servername nats.example\nlog_tls ca.crt', { ca, serverName: 'nats.example' }],
    ];
    for (const [property, expected] of rows) {
      const { log } = optionsOf(NATS, property);
      const { file, line, ...tls } = (log.kind === 'nats' ? log.tls : undefined) ?? assert.fail();
      assert.deepEqual([tls, file], [expected, '/etc/isthmus/Corefile'], property);
      assert.equal(line, property.startsWith('log_tls_') ? 6 : 5); // that of the files
    }
  });
});

describe('federation: the store', () => {
  it('is a Redis, a Redis Cluster, or one behind Sentinels, with TLS', () => {
    for (const url of ['redis://a', 'redis+cluster://a,b', 'rediss+sentinel://a,b/mymaster']) {
      const { store } = optionsOf(`store ${url}`, 'store_tls ca.crt');
      assert.equal(store?.url.text, url);
      assert.equal(store.tls?.ca, '/etc/isthmus/ca.crt');
    }
  });
});

describe('federation refuses, with the line and no secret,', () => {
  const rows: readonly (readonly [properties: readonly string[], expected: RegExp])[] = [
    [['log nts://a:hunter2@b'], /:4: Cannot read the log "nts:\/\/…@b"/],
    [['log nats:/a:hunter2@b'], /:4: Cannot read the log "…@b"/],
    [[NATS, 'log_home a:hunter2@b'], /:5: Cannot read the log_home "…@b"/],
    [['store redis:/a:hunter2@b'], /:4: Cannot read the store "…@b"/],
    [['store http://a:hunter2@b'], /:4: Cannot read the store "http:\/\/…@b": it is no Redis URL/],
    [
      ['log_nkey a'],
      /:4: Cannot use "log_nkey": there is nothing that it is for; expected "log nats/,
    ],
    [['log sqlite', 'log_tls'], /:5: Cannot use "log_tls": .*; expected "log nats:\/\/HOST:PORT"/],
    [
      ['store_tls ca.crt'],
      /:4: Cannot use "store_tls": there is nothing .*; expected "store rediss/,
    ],
    [[NATS, 'log_tls a b c d'], /:5: Cannot read "log_tls": it has 4 arguments; expected \[CERT/],
    [['log_home nats://leaf'], /:4: Cannot use "log_home": there is nothing that it is for/],
    [
      [NATS, 'log_home http://a:hunter2@b'],
      /:5: Cannot read the log_home "http:\/\/…@b": it is no/,
    ],
    [[NATS, 'log_domain a.b'], /:5: Cannot read the log_domain "a.b": .*; expected a word without/],
    [[NATS, 'log_replicas 6'], /:5: Cannot read the log_replicas "6": .*; expected 1 to 5/],
    [
      [NATS, 'log_credentials a', 'log_nkey b'],
      /:6: Cannot use log_nkey with log_credentials: both say who we are; expected one of them/,
    ],
  ];
  for (const [properties, expected] of rows) {
    it(properties.join(', '), () => {
      assert.throws(
        () => optionsOf(...properties),
        (error: Error) => {
          assert.match(error.message, expected);
          assert.doesNotMatch(error.message, /hunter2/);
          return true;
        },
      );
    });
  }
});
