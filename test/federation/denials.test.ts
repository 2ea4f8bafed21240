/**
 * Invariant 4: what is denied while a cluster is still being read is denied whatever it turns out
 * to have. And what clusters that are known have answers meanwhile.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { encodeEnvelope } from '../../libs/event/codec.ts';
import type { Event } from '../../libs/event/event.ts';
import { subjectOf } from '../../libs/event/subject.ts';
import {
  exported,
  manyConfig,
  service,
  shown,
  slice,
} from '../../libs/federation/given-clusters.ts';
import type { FederationConfig } from '../../libs/federation/layer.ts';
import { FederationView } from '../../services/resolver/control/federation-view.ts';
import { type Histories, histories, peopledHistories } from './arbitrary-events.ts';
import { configs, federations } from './arbitrary-layers.ts';
import { questions } from './arbitrary-questions.ts';

const SYNCED: Event = {
  kind: 'synced',
  writer: 'w',
  resourceVersions: {},
  counts: { ServiceExport: 0, ServiceImport: 0, Pod: 0 },
  hash: '',
};

/** A resolver that knows all of east, and that there is a west. */
function given(config: FederationConfig, history: Histories) {
  const sink = { setZone: () => {}, put: () => {}, remove: () => {} };
  const view = new FederationView(config, sink, () => {});
  for (const cluster of ['east', 'west']) view.join(cluster);
  view.allJoined();
  let position = 0;
  const tell = (of: string) => {
    const own = history.filter(([cluster]) => cluster === of).map(([, event]) => event);
    for (const event of [...own, SYNCED]) {
      const data = encodeEnvelope({ event, observedAt: '2026-11-28T00:00:00Z', prev: 0 });
      view.apply(of, [{ position: ++position, subject: subjectOf('default', of, event), data }]);
    }
    view.caughtUp(of);
  };
  tell('east');
  return { view, tell };
}

const served = fc.oneof(configs, federations);
const lives = fc.oneof(histories, peopledHistories);
/** Nobody in particular, and some that pods, nodes and networks may place. */
const clients = fc.constantFrom(undefined, '10.0.0.1', '10.0.0.2', 'fd00::1');

test('what is denied before a cluster is known is not there afterwards', () => {
  let denied = 0;
  fc.assert(
    fc.property(served, lives, questions, clients, (config, history, asked, client) => {
      const { view, tell } = given(config, history);
      const kindOf = (name: string, type: string) =>
        view.lookup(name, type, undefined, client).kind;
      const before = asked.map(({ name, type }) => kindOf(name, type));
      tell('west');
      for (const [i, { name, type }] of asked.entries()) {
        if (before[i] !== 'nxdomain' && before[i] !== 'nodata') continue;
        denied++;
        assert.equal(kindOf(name, type), before[i], `${name} ${type}`);
      }
      view.stop();
    }),
    { numRuns: 2000 },
  );
  assert.ok(denied > 1000, `${denied} were denied`);
});

describe('while west is away', () => {
  const history: Histories = [
    service('web', { clusterIPs: ['10.96.1.1'] }),
    slice('web', ['10.1.0.1']),
    service('db', { headless: true }),
    slice('db', ['10.1.0.3=db-0']),
    exported('db', '2026-01-01T00:00:00Z'),
  ].map((object) => ['east', { kind: 'observed', object }]);
  const failover = given(manyConfig({ across: 'failover' }), history).view;
  const merge = given(manyConfig({ across: 'merge' }), history).view;
  for (const [question, inFailover, inMerge] of [
    ['web.shop.svc.cluster.local. A', '5 IN A 10.96.1.1', '5 IN A 10.96.1.1'],
    ['web.shop.svc.cluster.local. AAAA', 'nodata', 'nodata'],
    ['nope.web.shop.svc.cluster.local. A', 'nxdomain', 'nxdomain'],
    ['db.shop.svc.cluster.local. A', '5 IN A 10.1.0.3', '5 IN A 10.1.0.3'],
    ['db.shop.svc.cluster.local. AAAA', 'nodata', 'unready'],
    ['db-1.db.shop.svc.cluster.local. A', 'nxdomain', 'unready'],
    ['nope.shop.svc.cluster.local. A', 'unready', 'unready'],
    ['1.0.1.10.in-addr.arpa. A', 'nodata', 'nodata'],
    ['9.0.1.10.in-addr.arpa. PTR', 'nxdomain', 'nxdomain'],
    ['svc.cluster.local. A', 'nodata', 'nodata'],
    ['nope.cluster.local. A', 'nxdomain', 'nxdomain'],
    ['nope.shop.svc.east.many.local. A', 'nxdomain', 'nxdomain'],
    ['nope.shop.svc.west.many.local. A', 'unready', 'unready'],
    ['nope.shop.svc.south.many.local. A', 'nxdomain', 'nxdomain'],
  ] as const) {
    test(question, () => {
      const [name = '', type = ''] = question.split(' ');
      const expected = [inFailover, inMerge].map((text) => [
        /^\d/.test(text) ? `${name} ${text}` : text,
      ]);
      assert.deepEqual(
        [failover, merge].map((view) => shown(view.lookup(name, type))),
        expected,
      );
    });
  }
});
