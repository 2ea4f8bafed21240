import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readProperties } from '../../../libs/corefile/arguments.ts';
import { HOME_DEFAULTS, type HomeOptions } from '../../../libs/federation/layer.ts';
import { directives } from '../../../test/plugin/directives.ts';
import { homeOptionsReader } from './home-options.ts';

function read(properties: string): HomeOptions {
  const [directive] = directives(`kubernetes {\n ${properties}\n}`);
  assert.ok(directive !== undefined);
  const reader = homeOptionsReader();
  readProperties(directive, reader.properties);
  return reader.finish(directive);
}

describe('properties of what a cluster shows', () => {
  const rows: readonly (readonly [properties: string, options: Partial<HomeOptions>])[] = [
    ['', {}],
    ['namespaces shop', { namespaces: new Set(['shop']) }],
    ['namespaces shop Bank\n namespaces bar', { namespaces: new Set(['shop', 'Bank', 'bar']) }],
    [
      'namespace_labels team in (a, b),dns',
      {
        namespaceLabels: [
          { key: 'team', operator: 'in', values: ['a', 'b'] },
          { key: 'dns', operator: 'exists', values: [] },
        ],
      },
    ],
    ['labels a!=b', { labels: [{ key: 'a', operator: 'notin', values: ['b'] }] }],
    ['labels !a', { labels: [{ key: 'a', operator: 'absent', values: [] }] }],
    ['labels "a != b"', { labels: [{ key: 'a', operator: 'notin', values: ['b'] }] }],
    ['pods disabled', { pods: 'disabled' }],
    ['pods insecure', { pods: 'insecure' }],
    ['pods verified', { pods: 'verified' }],
    ['endpoint_pod_names', { endpointPodNames: true }],
    ['noendpoints', { endpoints: false }],
    ['zonal', { zonal: true }],
    ['ignore empty_service', { ignoreEmptyService: true }],
    ['ignore', {}],
  ];
  for (const [properties, expected] of rows) {
    test(properties === '' ? 'by default' : JSON.stringify(properties), () => {
      assert.deepEqual(read(properties), { ...HOME_DEFAULTS, ...expected });
    });
  }

  const refused: readonly (readonly [properties: string, message: RegExp])[] = [
    ['namespaces', /Corefile:3: Cannot read "namespaces": it has no argument/],
    ['namespace_labels', /Cannot read "namespace_labels": it has no argument/],
    [
      'namespaces a\n namespace_labels b',
      /Corefile:2: .*namespaces and namespace_labels cannot both be set; expected one of them/,
    ],
    [
      'labels a>1',
      /Corefile:3: Cannot read the labels "a>1": unable to parse label selector value: ">" isn't/,
    ],
    ['labels', /Cannot read "labels": it has no argument/],
    [
      'pods all',
      /Cannot read the pods "all": wrong value for pods; expected one of disabled, insecure, verif/,
    ],
    ['pods', /Cannot read "pods": it has no argument; expected disabled, insecure, verified/],
    ['endpoint_pod_names true', /Cannot read "endpoint_pod_names": it has one argument/],
    ['noendpoints true', /Cannot read "noendpoints": it has one argument/],
    ['zonal true', /Cannot read "zonal": it has one argument/],
    ['zonal\n noendpoints', /zonal and noendpoints cannot both be set/],
    [
      'ignore all',
      /Cannot read the ignore value "all": unable to parse ignore value; expected emp/,
    ],
  ];
  for (const [properties, message] of refused) {
    test(`refused: ${JSON.stringify(properties)}`, () => {
      assert.throws(() => read(properties), { name: 'ConfigurationError', message });
    });
  }
});
