import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { stringify } from 'yaml';
import { makeTempDirectory, removeTempDirectory } from '../../test/servers/temp-directory.ts';
import { readKubeDns } from './config.ts';
import { readConfigMap } from './config-map.ts';
import { readKubeDnsDirectory } from './directory.ts';

const server = (host: string, port = 53) => ({ host, isName: /\.$/.test(host), port });

describe('readKubeDns reads', () => {
  test('all servers of stub domains: addresses and names, with and without a port', () => {
    const stubDomains = `{
      "Acme.local": ["1.2.3.4", "5.6.7.8:5353", "2001:DB8::1", "[2001:db8::2]:54", "[2001:db8::3]"],
      "consul.local.": ["dns.Example.org", "dns.example.org:8600"]
    }`;
    assert.deepEqual(readKubeDns({ stubDomains }).stubDomains, [
      {
        domain: 'acme.local.',
        servers: [
          server('1.2.3.4'),
          server('5.6.7.8', 5353),
          server('2001:db8::1'),
          server('2001:db8::2', 54),
          server('2001:db8::3'),
        ],
      },
      {
        domain: 'consul.local.',
        servers: [server('dns.example.org.'), server('dns.example.org.', 8600)],
      },
    ]);
  });

  test('upstreams', () => {
    const upstreamNameservers = '["8.8.8.8", "8.8.4.4:54"]\n';
    assert.deepEqual(readKubeDns({ upstreamNameservers }).upstreamNameservers, [
      server('8.8.8.8'),
      server('8.8.4.4', 54),
    ]);
  });

  test('federations', () => {
    assert.deepEqual(
      readKubeDns({ federations: ' fed=Example.org, two = example.net. ,\n' }).federations,
      new Map([
        ['fed', 'example.org.'],
        ['two', 'example.net.'],
      ]),
    );
  });

  test('nothing where nothing is said', () => {
    const nothing = { stubDomains: [], upstreamNameservers: [], federations: new Map() };
    assert.deepEqual(readKubeDns({}), nothing);
    assert.deepEqual(readKubeDns({ stubDomains: ' \n', federations: '' }), nothing);
  });
});

describe('readKubeDns refuses', () => {
  const rows: readonly (readonly [key: string, text: string, message: RegExp])[] = [
    ['stubDomains', '{', /^Cannot read "\{" of stubDomains: .*; expected JSON$/],
    [
      'stubDomains',
      '{\n  "a": ["1.2.3.4",]\n}\n',
      /^Cannot read "\{ "a": \["1\.2.*of stubDomains: [^\n]*JSON$/,
    ],
    ['stubDomains', '[]', /it is no object; expected zones with lists of servers/],
    ['stubDomains', '{"a": "1.2.3.4"}', /Cannot read "a" of stubDomains: its servers are "1\.2/],
    ['stubDomains', '{"a": []}', /its servers are \[\]; expected a list of one or more/],
    ['stubDomains', '{"a": [1]}', /Cannot read "1" of stubDomains: it is no text; expected ADDR/],
    ['stubDomains', '{"a": ["1.2.3"]}', /Cannot read "1\.2\.3" of stubDomains: it is no server/],
    ['stubDomains', '{"a": ["1.2.3.4:0"]}', /its port is 0; expected 1 to 65535/],
    ['stubDomains', '{"a": ["tls://x"]}', /Cannot read "tls:\/\/x" of stubDomains: it is no serv/],
    [
      'stubDomains',
      '{"A": ["1.2.3.4"], "a": ["1.2.3.4"]}',
      /"a" of stubDomains: it is there twice/,
    ],
    ['stubDomains', '{".": ["1.2.3.4"]}', /Cannot read "\." of stubDomains: it is no zone/],
    ['stubDomains', '{"a {": ["1.2.3.4"]}', /Cannot read "a \{" of stubDomains: it is no zone/],
    ['stubDomains', '{"a..b": ["1.2.3.4"]}', /Cannot read stubDomains: Cannot use the domain name/],
    ['upstreamNameservers', '{}', /"\{\}" of upstreamNameservers: it is no list/],
    ['federations', 'fed', /Cannot read "fed" of federations: it is no pair; expected NAME=DOMAIN/],
    ['federations', 'Fed=a.b', /Cannot read "Fed" of federations: it is no label/],
    ['federations', 'a=b.c,a=d.e', /Cannot read "a" of federations: it is there twice/],
  ];
  for (const [key, text, message] of rows) {
    test(`${key}: ${text}`, () => {
      assert.throws(() => readKubeDns({ [key]: text }), { name: 'KubeDnsError', message });
    });
  }
});

describe('readConfigMap', () => {
  const map = (name: string, data?: unknown) => ({
    ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'kube-system' } },
    data,
  });
  const data = { federations: 'fed=example.org' };
  const list = (...items: readonly unknown[]) => ({ apiVersion: 'v1', kind: 'List', items });

  test('reads one, in a list or alone, in YAML or JSON', () => {
    const found = { data, unknown: [] };
    assert.deepEqual(readConfigMap(stringify(map('kube-dns', data))), found);
    assert.deepEqual(readConfigMap(JSON.stringify(map('kube-dns', data))), found);
    const several = list(
      { kind: 'Service' },
      map('coredns', { Corefile: '' }),
      map('kube-dns', data),
    );
    assert.deepEqual(readConfigMap(stringify(several)), found);
    assert.deepEqual(readConfigMap(stringify(map('my-dns', data))), found);
    assert.deepEqual(readConfigMap(`---\n---\n${stringify(map('kube-dns', data))}`), found);
  });

  test('tells keys that kube-dns does not know', () => {
    assert.deepEqual(readConfigMap(stringify(map('kube-dns', { Corefile: 'x' }))).unknown, [
      'Corefile',
    ]);
  });

  test('reads one without data', () => {
    assert.deepEqual(readConfigMap(stringify(map('kube-dns'))), { data: {}, unknown: [] });
  });

  const rows: readonly (readonly [what: string, text: string, message: RegExp])[] = [
    ['none', 'kind: Service', /Cannot find a ConfigMap: there is none; expected what "kubectl -n/],
    ['nothing', '', /Cannot find a ConfigMap/],
    ['no YAML', 'a: [', /Cannot read the ConfigMap: .*; expected YAML or JSON/],
    ['two', stringify(list(map('a'), map('b'))), /Cannot tell which ConfigMap: they are "a", "b"/],
    ['data that is none', stringify(map('kube-dns', [])), /Cannot read the data of "kube-dns"/],
    [
      'a value that is no text',
      stringify(map('kube-dns', { federations: 1 })),
      /it is 1; expected/,
    ],
  ];
  for (const [what, text, message] of rows) {
    test(`refuses ${what}`, () => {
      assert.throws(() => readConfigMap(text), { name: 'KubeDnsError', message });
    });
  }
});

test('readKubeDnsDirectory reads the files of a mounted ConfigMap', (t) => {
  const folder = makeTempDirectory();
  t.after(() => removeTempDirectory(folder));
  assert.deepEqual(readKubeDnsDirectory(folder), {});
  writeFileSync(join(folder, 'federations'), 'fed=example.org');
  writeFileSync(join(folder, 'other'), 'x');
  assert.deepEqual(readKubeDnsDirectory(folder), { federations: 'fed=example.org' });
  mkdirSync(join(folder, 'stubDomains'));
  assert.throws(() => readKubeDnsDirectory(folder), /Cannot read ".*stubDomains": EISDIR/);
  assert.throws(() => readKubeDnsDirectory(join(folder, 'none')), /it is no folder; expected a/);
});
