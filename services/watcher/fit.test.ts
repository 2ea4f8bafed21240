import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EndpointSliceObject } from '../../libs/event/object.ts';
import { ENTRY_OCTETS_MAX } from '../../libs/log/log.ts';
import { fitted } from './fit.ts';
import { pod, service } from './given-cluster.ts';

function slice(endpoints: number, addresses: number): EndpointSliceObject {
  const some = Array.from({ length: endpoints }, (_, i) => ({
    addresses: Array.from({ length: addresses }, (__, j) => `fd00:1234:5678:9abc:def0:${i}::${j}`),
    ready: true,
  }));
  const of = { kind: 'EndpointSlice', namespace: 'shop', name: 'web-1' } as const;
  return { ...of, service: 'web', endpoints: some, ports: [] };
}

test('what fits is told as it is', () => {
  for (const object of [service('web', '10.0.0.1'), slice(1000, 2), slice(0, 0)]) {
    assert.equal(fitted(object), undefined);
  }
});

test('a slice that does not fit has as many endpoints as do', () => {
  const large = slice(1000, 100);
  const { object, why = '' } = fitted(large) ?? {};
  assert.ok(object?.kind === 'EndpointSlice');
  const { length } = object.endpoints;
  assert.ok(length > 0 && length < 1000, `${length}`);
  assert.deepEqual(object.endpoints, large.endpoints.slice(0, length));
  assert.equal(fitted(object), undefined);
  const octets = JSON.stringify(object).length;
  assert.ok(octets > 0.9 * ENTRY_OCTETS_MAX, `${octets}: more would have fitted`);
  assert.match(why, /^EndpointSlice "shop\/web-1" takes \d+ octets; expected at most \d+: it is/);
  assert.ok(why.endsWith(`told with ${length} of its 1000 endpoints`), why);
});

test('others are told without what alone can be so large', () => {
  const labels = { large: 'x'.repeat(ENTRY_OCTETS_MAX) };
  const web = service('web', '10.0.0.1');
  const of = fitted({ ...web, labels: { app: 'web' }, annotations: labels });
  assert.deepEqual(of?.object, web);
  assert.deepEqual(fitted({ ...pod('p', '10.0.0.2'), labels })?.object, pod('p', '10.0.0.2'));
});
