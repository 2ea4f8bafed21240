import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { directives } from '../../../../test/plugin/directives.ts';
import { readKubernetaiOptions } from './options.ts';

const read = (lines: string) => readKubernetaiOptions(directives(lines), ['block.']);

describe('options of kubernetai', () => {
  test('are those of kubernetes for each stanza, in the order of the Corefile', () => {
    const options = read(
      'kubernetai cluster.local {\n ttl 10\n fallthrough\n}\n' +
        'kubernetai cluster.local other.local {\n ttl 20\n pods verified\n}\n' +
        'kubernetai',
    );
    assert.deepEqual(
      options.map(({ line, zones, ttl, fallthrough, home }) => [
        line,
        zones.join(' '),
        ttl,
        fallthrough.join(' '),
        home.pods,
      ]),
      [
        [2, 'cluster.local.', 10, '.', 'disabled'],
        [6, 'cluster.local. other.local.', 20, '', 'verified'],
        [10, 'block.', 5, '', 'disabled'],
      ],
    );
  });

  test('are refused with the line of their stanza', () => {
    assert.throws(() => read('kubernetai a.\nkubernetai b. {\n ttl -1\n}'), {
      name: 'ConfigurationError',
      message: /Corefile:4: Cannot read the ttl "-1"/,
    });
    assert.throws(() => read('kubernetai a.\nkubernetai 10.0.0.0/8'), {
      message: /Corefile:3: Cannot use "kubernetai": non-reverse zone name must be used/,
    });
  });
});
