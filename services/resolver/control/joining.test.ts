/** A cluster that joins when the others are known: it has its label, and none of it is denied. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeEnvelope } from '../../../libs/event/codec.ts';
import type { Event } from '../../../libs/event/event.ts';
import { subjectOf } from '../../../libs/event/subject.ts';
import { ControlState, evolveControl } from '../../../libs/federation/control-state.ts';
import { manyConfig, service, shown, slice } from '../../../libs/federation/given-clusters.ts';
import { FederationView } from './federation-view.ts';

const SYNCED: Event = {
  kind: 'synced',
  writer: 'w',
  resourceVersions: {},
  counts: { ServiceExport: 0 },
  hash: '',
};

test('the names of a cluster that joins late', (t) => {
  const put = new Set<string>();
  const denying = new Set<string>();
  const sink = {
    setZone: (zone: string, _soa: unknown, denies: boolean) =>
      denies ? denying.add(zone) : denying.delete(zone),
    put: (_zone: string, name: string) => put.add(name),
    remove: (_zone: string, name: string) => put.delete(name),
  };
  const view = new FederationView(manyConfig({ across: 'failover' }), sink, () => {});
  t.after(() => view.stop());
  let position = 0;
  const tell = (cluster: string, ...events: readonly Event[]) => {
    for (const event of events) {
      const data = encodeEnvelope({ event, observedAt: '2026-11-28T00:00:00Z', prev: 0 });
      const subject = subjectOf('default', cluster, event);
      view.apply(cluster, [{ position: ++position, subject, data }]);
    }
    view.caughtUp(cluster);
  };
  const ask = (question: string) => {
    const [name = '', type = ''] = question.split(' ');
    return shown(view.lookup(name, type));
  };
  const web = 'web.shop.svc.west.many.local. A';
  const far = 'web.shop.svc.cluster.local. A';

  view.join('east');
  view.allJoined();
  tell('east', SYNCED);
  assert.deepEqual([...denying].sort(), [
    ...['cluster.local.', 'clusterset.local.', 'in-addr.arpa.', 'ip6.arpa.', 'many.local.'],
  ]);
  assert.deepEqual([ask(web), ask(far)], [['nxdomain'], ['nxdomain']]);

  view.join('west');
  assert.deepEqual([...denying].sort(), ['in-addr.arpa.', 'ip6.arpa.']);
  assert.ok(put.has('svc.west.many.local.'), 'its label is in the table');
  assert.deepEqual([ask(web), ask(far)], [['unready'], ['unready']]);
  assert.deepEqual(ask('nope.shop.svc.east.many.local. A'), ['nxdomain']);

  const objects = [service('web', { clusterIPs: ['10.96.2.1'] }), slice('web', ['10.2.0.1'])];
  tell('west', ...objects.map((object): Event => ({ kind: 'observed', object })), SYNCED);
  assert.deepEqual(ask(web), ['web.shop.svc.west.many.local. 5 IN A 10.2.0.1']);
  assert.deepEqual(ask(far), ['web.shop.svc.cluster.local. 5 IN A 10.2.0.1']);
  assert.ok(put.has('web.shop.svc.west.many.local.') && denying.has('many.local.'));
});

test('what is pinned of a cluster that joins late is in the table, whatever its log says', (t) => {
  const put = new Set<string>();
  const sink = {
    setZone: () => {},
    put: (_zone: string, name: string) => put.add(name),
    remove: (_zone: string, name: string) => put.delete(name),
  };
  const view = new FederationView(manyConfig(), sink, () => {});
  t.after(() => view.stop());
  const objects = [service('web', { clusterIPs: ['10.96.2.1'] }), slice('web', ['10.2.0.1'])];
  const of = { cluster: 'east', namespace: 'shop', name: 'web' };
  const control = new ControlState();
  evolveControl(control, { kind: 'pinned', ...of, at: 1, objects }, 1);
  view.controlled(control);
  view.join('east');
  view.allJoined();
  const data = encodeEnvelope({ event: SYNCED, observedAt: '2026-11-28T00:00:00Z', prev: 0 });
  view.apply('east', [{ position: 1, subject: subjectOf('default', 'east', SYNCED), data }]);
  view.caughtUp('east');
  const name = 'web.shop.svc.cluster.local.';
  assert.deepEqual(shown(view.lookup(name, 'A')), [`${name} 5 IN A 10.96.2.1`]);
  assert.ok(put.has(name));
});
