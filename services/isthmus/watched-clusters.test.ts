import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { directives } from '../../test/plugin/directives.ts';
import { readKubernetesOptions } from '../resolver/stanza/kubernetes-options.ts';
import { placeOfStanza, togetherOf } from './watched-clusters.ts';

const placeOf = (properties: string) => {
  const [directive] = directives(`kubernetes a. b. {\n endpoint http://a\n ${properties}\n}`);
  assert.ok(directive !== undefined);
  return placeOfStanza(readKubernetesOptions(directive, []));
};

describe('of the cluster of a stanza is watched', () => {
  const rows: readonly (readonly [properties: string, kinds: string])[] = [
    ['', 'Namespace Service EndpointSlice'],
    ['pods insecure', 'Namespace Service EndpointSlice'],
    ['pods verified', 'Namespace Pod Service EndpointSlice'],
    ['multicluster b.', 'Namespace Service EndpointSlice ServiceImport'],
  ];
  for (const [properties, kinds] of rows) {
    test(`${properties || 'no property'}: ${kinds}`, () => {
      assert.equal(placeOf(properties).kinds.join(' '), kinds);
    });
  }
});

describe('a cluster of two stanzas is watched', () => {
  test('for what one of them wants', () => {
    const { kinds } = togetherOf(placeOf('pods verified'), placeOf('multicluster b.'));
    assert.equal(kinds.join(' '), 'Namespace Pod Service EndpointSlice ServiceImport');
  });

  const limits: readonly (readonly [one: string, other: string, both: unknown])[] = [
    ['', '', undefined],
    ['apiserver_qps 9', '', { qps: 9, burst: undefined, maxInflight: undefined }],
    ['', 'apiserver_qps 9', { qps: 9, burst: undefined, maxInflight: undefined }],
    [
      'apiserver_qps 9\n apiserver_burst 3',
      'apiserver_qps 7\n apiserver_max_inflight 2',
      { qps: 7, burst: 3, maxInflight: 2 },
    ],
  ];
  for (const [one, other, both] of limits) {
    test(`within the limits "${one}" and "${other}"`, () => {
      assert.deepEqual(togetherOf(placeOf(one), placeOf(other)).limits, both);
    });
  }
});
