/** What metadata says of names that several clusters may have. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manyConfig } from '../../../libs/federation/given-clusters.ts';
import { metadataOf } from './query-metadata.ts';

/** The facts that are not empty, without `kubernetes/`. */
function factsOf(name: string): Readonly<Record<string, string>> {
  const facts = metadataOf(manyConfig().layers, new Map(), name, '192.0.2.7');
  const said = facts.map(([label, value]) => [label.replace('kubernetes/', ''), value()] as const);
  return Object.fromEntries(said.filter(([, value]) => value !== ''));
}

test('a name of a clusterset names the cluster of an endpoint', () => {
  assert.deepEqual(factsOf('db-0.west.db.shop.svc.clusterset.local.'), {
    kind: 'svc',
    namespace: 'shop',
    service: 'db',
    endpoint: 'db-0',
    cluster: 'west',
  });
});

test('a name below the label of a cluster is as in its own zone, and names the cluster', () => {
  assert.deepEqual(factsOf('_http._tcp.web.shop.svc.west.many.local.'), {
    kind: 'svc',
    namespace: 'shop',
    service: 'web',
    'port-name': 'http',
    protocol: 'tcp',
    cluster: 'west',
  });
});
