import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HOME_DEFAULTS } from '../../../libs/federation/layer.ts';
import { directives } from '../../../test/plugin/directives.ts';
import { type KubernetesOptions, readKubernetesOptions } from './kubernetes-options.ts';

function read(lines: string): KubernetesOptions {
  const [directive] = directives(lines);
  assert.ok(directive !== undefined);
  return readKubernetesOptions(directive, ['block.', '10.in-addr.arpa.']);
}

/** Of a directive with this property. */
const having = (property: string) => read(`kubernetes cluster.local {\n ${property}\n}`);

describe('options of kubernetes', () => {
  test('are those of CoreDNS unless said', () => {
    assert.deepEqual(read('kubernetes'), {
      file: 'Corefile',
      line: 2,
      zones: ['block.'],
      multiclusterZones: [],
      reverseZones: ['10.in-addr.arpa.'],
      access: { kind: 'in-cluster' },
      limits: { qps: undefined, burst: undefined, maxInflight: undefined },
      home: HOME_DEFAULTS,
      ttl: 5,
      fallthrough: [],
      startupTimeoutMs: 5000,
      warnings: [],
    });
  });

  test('divide the zones into forward, multicluster and reverse ones', () => {
    const { zones, multiclusterZones, reverseZones } = read(
      'kubernetes in-addr.arpa Clusterset.local Cluster.local 10.96.0.0/15 cluster.local fd00::/8 {\n' +
        ' multicluster clusterset.LOCAL\n}',
    );
    assert.deepEqual(zones, ['cluster.local.']);
    assert.deepEqual(multiclusterZones, ['clusterset.local.']);
    assert.deepEqual(reverseZones, [
      'in-addr.arpa.',
      '96.10.in-addr.arpa.',
      '97.10.in-addr.arpa.',
      'd.f.ip6.arpa.',
    ]);
  });

  test('reach the API server by an endpoint', () => {
    const rows: readonly (readonly [property: string, access: object])[] = [
      ['endpoint http://[::1]:8080', { url: 'http://[::1]:8080', tls: undefined }],
      ['endpoint api:8080', { url: 'http://api:8080', tls: undefined }],
      [
        'endpoint api:6443\n tls c.pem /k.pem ca.pem',
        { url: 'https://api:6443', tls: { cert: 'c.pem', key: '/k.pem', ca: 'ca.pem' } },
      ],
    ];
    for (const [property, access] of rows) {
      const options = having(property);
      assert.deepEqual(options.access, { kind: 'endpoint', ...access });
      assert.deepEqual(options.warnings, []);
    }
  });

  test('reach the API server by a kubeconfig, which wins over an endpoint', () => {
    const alone = having('kubeconfig admin.conf');
    assert.deepEqual(alone.access, { kind: 'kubeconfig', file: 'admin.conf', context: undefined });
    const both = having('endpoint http://a\n kubeconfig /etc/admin.conf east');
    assert.deepEqual(both.access, {
      kind: 'kubeconfig',
      file: '/etc/admin.conf',
      context: 'east',
    });
    assert.deepEqual(both.warnings, ['Corefile:3: The endpoint is not used: kubeconfig wins']);
  });

  test('warn of what has no effect', () => {
    assert.deepEqual(having('endpoint http://a http://b').warnings, [
      'Corefile:3: Only the first endpoint is used; put a load balancer before several',
    ]);
    assert.deepEqual(having('tls a b c').warnings, [
      'Corefile:3: The files of tls are not used: there is no endpoint',
    ]);
  });

  test('find paths beside the Corefile', () => {
    const [directive] = directives('kubernetes a. {\n kubeconfig admin.conf\n}');
    const block = directive?.block?.map((property) => ({ ...property, file: '/etc/dns/Corefile' }));
    assert.ok(directive !== undefined);
    const { access } = readKubernetesOptions({ ...directive, block }, []);
    assert.equal(access.kind === 'kubeconfig' && access.file, '/etc/dns/admin.conf');
  });

  test('limit what is asked of the API server; 0 is no limit', () => {
    assert.deepEqual(
      having('apiserver_qps 2.5\n apiserver_burst 7\n apiserver_max_inflight 3').limits,
      { qps: 2.5, burst: 7, maxInflight: 3 },
    );
    assert.deepEqual(having('apiserver_qps 0\n apiserver_burst 0').limits, {
      qps: undefined,
      burst: undefined,
      maxInflight: undefined,
    });
  });

  const rows: readonly (readonly [property: string, options: Partial<KubernetesOptions>])[] = [
    ['ttl 0', { ttl: 0 }],
    ['ttl 3600', { ttl: 3600 }],
    ['ttl 30 31', { ttl: 30 }],
    ['fallthrough', { fallthrough: ['.'] }],
    ['fallthrough In-addr.arpa 10.0.0.0/8', { fallthrough: ['in-addr.arpa.', '10.in-addr.arpa.'] }],
    ['startup_timeout 1m30s', { startupTimeoutMs: 90_000 }],
    ['startup_timeout 0', { startupTimeoutMs: 0 }],
    ['multicluster', { multiclusterZones: [] }],
    ['multicluster cluster.local', { multiclusterZones: ['cluster.local.'], zones: [] }],
  ];
  for (const [property, expected] of rows) {
    test(JSON.stringify(property), () => assert.partialDeepStrictEqual(having(property), expected));
  }
});

describe('kubernetes refuses', () => {
  const rows: readonly (readonly [lines: string, message: RegExp])[] = [
    ['kubernetes 10.0.0.0/8', /Corefile:2: .*non-reverse zone name must be used; expected zones/],
    ['kubernetes in-addr.arpa', /non-reverse zone name must be used/],
    ['kubernetes .', /Cannot use "kubernetes": the zone "." is everything; expected zones/],
    ['kubernetes a..b', /Cannot use the domain name "a..b."/],
    [
      'kubernetes a. {\n multicluster b.\n}',
      /Corefile:3: .* "b.": it is not authoritative for the multicluster zone; expected one of a\./,
    ],
    ['kubernetes a. in-addr.arpa {\n multicluster in-addr.arpa\n}', /is not authoritative/],
    ['kubernetes a. {\n endpoint\n}', /Cannot read "endpoint": it has no argument/],
    [
      'kubernetes a. {\n endpoint ftp://u:p@a\n}',
      /Cannot read the endpoint "ftp:\/\/…@a": it is no URL of an API server/,
    ],
    ['kubernetes a. {\n endpoint http://\n}', /Cannot read the endpoint "http:\/\/"/],
    [
      'kubernetes a. {\n endpoint https://u:p@a:6443\n}',
      /Corefile:3: Cannot read the endpoint "https:\/\/…@a:6443": it is no URL of an API server/,
    ],
    ['kubernetes a. {\n endpoint u:p@a\n}', /Cannot read the endpoint "…@a"/],
    ['kubernetes a. {\n endpoint http://a?p=x\n}', /Cannot read the endpoint "http:\/\/a\?…"/],
    ['kubernetes a. {\n tls a b\n}', /Cannot read "tls": it has 2 arguments; .* CERT KEY CA/],
    ['kubernetes a. {\n kubeconfig\n}', /Cannot read "kubeconfig": it has no argument/],
    ['kubernetes a. {\n kubeconfig a b c\n}', /Cannot read "kubeconfig": it has 3 arguments/],
    ['kubernetes a. {\n apiserver_qps -1\n}', /Cannot read the apiserver_qps "-1"/],
    ['kubernetes a. {\n apiserver_qps .\n}', /Cannot read the apiserver_qps "."/],
    ['kubernetes a. {\n apiserver_burst 1.5\n}', /Cannot read the apiserver_burst "1.5"/],
    ['kubernetes a. {\n apiserver_max_inflight\n}', /"apiserver_max_inflight": it has no argument/],
    [
      'kubernetes a. {\n ttl 3601\n}',
      /Corefile:3: Cannot read the ttl "3601": ttl must be in range \[0, 3600\]; expected seconds/,
    ],
    ['kubernetes a. {\n ttl -1\n}', /ttl must be in range \[0, 3600\]/],
    ['kubernetes a. {\n ttl\n}', /Cannot read the ttl ""/],
    ['kubernetes a. {\n startup_timeout 5\n}', /the startup_timeout "5": it is no duration/],
    ['kubernetes a. {\n startup_timeout 25h\n}', /it is out of range; expected 0 to 24h/],
    ['kubernetes a. {\n fallthrough a..b\n}', /Cannot use the domain name "a..b."/],
    [
      'kubernetes a. {\n upstream\n}',
      /Corefile:3: .*"upstream" of kubernetes: it is unknown; expected one of endpoint, tls, /,
    ],
  ];
  for (const [lines, message] of rows) {
    test(JSON.stringify(lines), () => {
      assert.throws(() => read(lines), { name: 'ConfigurationError', message });
    });
  }
});
