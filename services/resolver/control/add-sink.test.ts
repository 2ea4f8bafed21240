/** A sink that is added later knows what the others know, whatever happens while it is told. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { encodeEnvelope } from '../../../libs/event/codec.ts';
import type { Event } from '../../../libs/event/event.ts';
import { subjectOf } from '../../../libs/event/subject.ts';
import { federationConfig } from '../../../libs/federation/federation-layers.ts';
import type { StoredEntry } from '../../../libs/log/log.ts';
import { FederationView } from './federation-view.ts';
import type { NameSink } from './name-sink.ts';

const ZONE = 'cluster.local.';
const CONFIG = federationConfig(
  {
    home: 'east',
    homeZone: ZONE,
    clustersetZone: undefined,
    reverseZones: ['in-addr.arpa.'],
    ttl: 5,
  },
  ['127.0.0.1'],
);
const SYNCED: Event = { kind: 'synced', writer: 'w', resourceVersions: {}, counts: {}, hash: '' };
/** More than a few slices. */
const SERVICES = 500;

/** What a sink was told, as one value. */
function remembering() {
  const names = new Map<string, string>();
  const denying = new Set<string>();
  const sink: NameSink = {
    setZone: (zone, _soa, denies) => (denies ? denying.add(zone) : denying.delete(zone)),
    put: (_zone, name, all, isOpen = false) => {
      names.set(name, JSON.stringify([all.get(name), isOpen]));
    },
    remove: (_zone, name) => names.delete(name),
  };
  return { sink, names, denying, told: () => [[...names].sort(), [...denying].sort()] };
}

async function given(t: { after(end: () => void): void }) {
  const first = remembering();
  const view = new FederationView(CONFIG, first.sink, (_cluster, why) => assert.fail(why));
  t.after(() => view.stop());
  let position = 0;
  const entry = (event: Event): StoredEntry => {
    const data = encodeEnvelope({ event, observedAt: '2026-11-28T00:00:00Z', prev: 0 });
    return { position: ++position, subject: subjectOf('default', 'east', event), data };
  };
  const apply = (...events: readonly Event[]) => view.apply('east', events.map(entry));
  view.join('east');
  view.allJoined();
  view.caughtUp('east');
  apply(...Array.from({ length: SERVICES }, (_, i) => service(i)), SYNCED);
  while (first.denying.size < 2) await setImmediate();
  return { view, first, apply };
}

describe('a sink that is added', () => {
  test('is told all names, and denies none before', async (t) => {
    const { view, first } = await given(t);
    const second = remembering();
    const filled = view.addSink(second.sink);
    assert.equal(second.denying.size, 0);
    assert.ok(second.names.size > 0 && second.names.size < first.names.size);
    assert.equal(first.denying.size, 2, 'the other goes on denying');
    assert.equal(view.lookup('none.svc.cluster.local.', 'A').kind, 'nxdomain');
    await filled;
    assert.deepEqual(second.told(), first.told());
  });

  test('knows as much when names came, changed and went meanwhile', async (t) => {
    const { view, first, apply } = await given(t);
    const second = remembering();
    const filled = view.addSink(second.sink);
    apply(service(1, '10.9.0.1'), service(SERVICES - 1, '10.9.0.2'), removed(2));
    apply(removed(SERVICES - 2), service(SERVICES));
    await filled;
    assert.deepEqual(second.told(), first.told());
    apply(removed(3), service(4, '10.9.0.4'));
    assert.deepEqual(second.told(), first.told());
    assert.ok(!second.names.has('web-3.shop.svc.cluster.local.'));
  });

  test('is told nothing more once it is taken away, filled or not', async (t) => {
    const { view, first } = await given(t);
    const second = remembering();
    const filled = view.addSink(second.sink);
    view.deleteSink(second.sink);
    const { size } = second.names;
    await filled;
    assert.equal(second.names.size, size);
    assert.equal(second.denying.size, 0);
    assert.equal(first.denying.size, 2);
  });
});

function service(i: number, address = `10.0.${i >> 8}.${i & 255}`): Event {
  const object = {
    kind: 'Service',
    namespace: 'shop',
    name: `web-${i}`,
    type: 'ClusterIP',
  } as const;
  return {
    kind: 'observed',
    object: { ...object, clusterIPs: [address], headless: false, ports: [] },
  };
}

function removed(i: number): Event {
  return { kind: 'removed', ref: { kind: 'Service', namespace: 'shop', name: `web-${i}` } };
}
