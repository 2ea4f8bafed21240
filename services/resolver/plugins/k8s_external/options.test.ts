import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { directives } from '../../../../test/plugin/directives.ts';
import { readK8sExternalOptions } from './options.ts';

function read(lines: string) {
  const [directive] = directives(lines);
  assert.ok(directive !== undefined);
  return readK8sExternalOptions(directive, ['block.', '10.in-addr.arpa.']);
}

describe('options of k8s_external', () => {
  test('are those of CoreDNS unless said', () => {
    assert.deepEqual(read('k8s_external'), {
      file: 'Corefile',
      line: 2,
      zones: ['block.'],
      reverseZones: ['10.in-addr.arpa.'],
      apexLabel: 'dns',
      ttl: 5,
      headless: false,
      fallthrough: [],
    });
  });

  test('as the directive says', () => {
    const lines =
      'k8s_external 192.0.2.0/24 Example.org {\n' +
      ' apex NS-1\n ttl 60\n headless\n fallthrough example.ORG\n}';
    assert.deepEqual(read(lines), {
      file: 'Corefile',
      line: 2,
      zones: ['example.org.'],
      reverseZones: ['2.0.192.in-addr.arpa.'],
      apexLabel: 'ns-1',
      ttl: 60,
      headless: true,
      fallthrough: ['example.org.'],
    });
  });
});

describe('k8s_external refuses', () => {
  const rows: readonly (readonly [lines: string, message: RegExp])[] = [
    [
      'k8s_external in-addr.arpa',
      /Corefile:2: Cannot use "k8s_external": non-reverse zone name must be used/,
    ],
    ['k8s_external .', /the zone "." is everything/],
    ['k8s_external a. {\n apex\n}', /Corefile:3: Cannot read "apex": it has no argument/],
    ['k8s_external a. {\n apex a.b\n}', /Cannot read the apex "a.b": it is no label/],
    [
      `k8s_external a. {\n apex ${'x'.repeat(64)}\n}`,
      /it is no label; expected letters, digits and -, at most 63/,
    ],
    ['k8s_external a. {\n ttl 3601\n}', /ttl must be in range \[0, 3600\]/],
    ['k8s_external a. {\n headless 1\n}', /Cannot read "headless": it has one argument/],
    [
      'k8s_external a. {\n zones b.\n}',
      /"zones" of k8s_external: it is unknown; expected one of apex, ttl, headless, fallthrough/,
    ],
  ];
  for (const [lines, message] of rows) {
    test(JSON.stringify(lines), () => {
      assert.throws(() => read(lines), { name: 'ConfigurationError', message });
    });
  }
});
