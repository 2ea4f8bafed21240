import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { directives } from '../../../../test/plugin/directives.ts';
import { readFederationOptions } from './options.ts';

function read(block: string, zones = 'cluster.local') {
  const text = `federation ${zones} {\n home east\n ${block}\n}`;
  return readFederationOptions(directives(text)[0] ?? assert.fail(), ['.']);
}

describe('federated', () => {
  test('gives federations their domains', () => {
    const { many } = read('federated fed Example.org\n federated two example.net.');
    const expected = [
      ['fed', 'example.org.'],
      ['two', 'example.net.'],
    ] as const;
    assert.deepEqual(many.federations, new Map(expected));
  });

  test('is not there by default', () => assert.equal(read('').many.federations, undefined));

  const rows: readonly (readonly [block: string, message: RegExp])[] = [
    ['federated fed', /:4: Cannot read "federated": it has one argument; expected NAME DOMAIN, as/],
    ['federated Fed x.org', /:4: Cannot read the federation "Fed": it is no label; expected a DNS/],
    [
      'federated fed x.org\n federated fed y.org',
      /:5: Cannot read the federation "fed": it has a domain already; expected each federation once/,
    ],
    ['federated fed .', /:4: Cannot read the domain of a federation "\.": it is none; expected as/],
    ['federated fed a..b', /:4: Cannot use the domain name "a\.\.b\."/],
  ];
  for (const [block, message] of rows) {
    test(`refuses ${JSON.stringify(block)}`, () => assert.throws(() => read(block), message));
  }

  test('needs a home zone', () => {
    assert.throws(
      () => read('federated fed x.org', 'clusterset.local'),
      /:2: Cannot use federated: no home zone is served, where its names are; expected one/,
    );
  });
});

describe('a cluster in which this process runs', () => {
  test('needs its name alone', () => {
    const { clusters } = read('cluster east in_cluster');
    assert.deepEqual(
      clusters.map(({ source }) => source),
      [{ kind: 'in-cluster' }],
    );
  });

  test('has no path', () => {
    assert.throws(
      () => read('cluster east in_cluster x'),
      /:4: Cannot read the source of a cluster "in_cluster": it is unknown; expected NAME manif/,
    );
    assert.throws(
      () => read('cluster east manifests'),
      /:4: Cannot read the source of a cluster "manifests": it says not where; expected NAME/,
    );
  });
});
