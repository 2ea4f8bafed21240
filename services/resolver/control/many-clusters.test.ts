/**
 * What a change costs does not depend on how many clusters there are that have nothing to do with
 * it. Counted, not timed: what is told to the table, and which clusters are asked.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { encodeEnvelope } from '../../../libs/event/codec.ts';
import type { Event } from '../../../libs/event/event.ts';
import type { ClusterObject } from '../../../libs/event/object.ts';
import { subjectOf } from '../../../libs/event/subject.ts';
import { federationConfig } from '../../../libs/federation/federation-layers.ts';
import { statesIn } from '../../../libs/federation/indexed-states.ts';
import { createMemoryLogs } from '../../../libs/log/memory.ts';
import { SILENT } from '../../../libs/telemetry/log.ts';
import { Metrics } from '../../../libs/telemetry/metrics.ts';
import { FederationControl } from './federation-control.ts';
import type { NameSink } from './name-sink.ts';

const SERVICES = 50;
const FEW = 2;
const MANY = 20;
const ZONES = ['cluster.local.', 'clusterset.local.', 'clusters.local.'];
const CONFIG = federationConfig(
  {
    home: 'c0',
    homeZone: 'cluster.local.',
    clustersetZone: 'clusterset.local.',
    qualifiedZone: 'clusters.local.',
    reverseZones: ['in-addr.arpa.'],
    ttl: 5,
  },
  ['192.0.2.53'],
);

/**
 * Of each cluster a namespace of its own, and Services in a namespace that all have: `exported`,
 * and `alone`, which each cluster has for itself.
 */
function factsOf(cluster: string): readonly ClusterObject[] {
  const names = Array.from({ length: SERVICES - 2 }, (_, i) => `web-${i}`);
  return [
    { kind: 'Namespace', namespace: '', name: `team-${cluster}` },
    { kind: 'Namespace', namespace: '', name: 'platform' },
    ...names.flatMap((name) => serviceOf(`team-${cluster}`, name, cluster, 1)),
    ...serviceOf('platform', 'alone', cluster, 1),
    ...serviceOf('platform', 'exported', cluster, 1),
    exportOf('exported'),
  ];
}

function serviceOf(
  namespace: string,
  name: string,
  cluster: string,
  generation: number,
): readonly ClusterObject[] {
  const addresses = [`10.${cluster.slice(1)}.0.${generation}`];
  const ports = [{ name: 'http', protocol: 'TCP', port: 80 }];
  const ref = { namespace, name };
  return [
    { ...ref, kind: 'Service', type: 'ClusterIP', clusterIPs: [], headless: true, ports },
    {
      ...ref,
      kind: 'EndpointSlice',
      service: name,
      endpoints: [{ addresses, ready: true }],
      ports,
    },
  ];
}

function exportOf(name: string): ClusterObject {
  const createdAt = '2026-01-01T00:00:00Z';
  return { kind: 'ServiceExport', namespace: 'platform', name, createdAt };
}

/** A resolver that has read so many clusters; `told`: names put and removed by one change. */
async function given(t: TestContext, clusters: number) {
  let told: string[] = [];
  const denying = new Set<string>();
  const sink: NameSink = {
    setZone: (zone, _soa, denies) => (denies ? denying.add(zone) : denying.delete(zone)),
    put: (zone, name) => isOfService(zone, name) && told.push(name),
    remove: (_zone, name) => told.push(name),
  };
  const logs = createMemoryLogs();
  let entries = 0;
  const tell = async (cluster: string, events: readonly Event[]) => {
    const log = logs.open(cluster);
    const { position } = await log.head();
    const appended = events.map((event) => ({
      subject: subjectOf('default', cluster, event),
      data: encodeEnvelope({ event, observedAt: '2026-01-01T00:00:00Z', prev: 0 }),
      id: `${++entries}`,
    }));
    await log.append(position, appended);
    return position + events.length;
  };
  const names = Array.from({ length: clusters }, (_, i) => `c${i}`);
  const counts = { ServiceExport: 1 };
  const synced: Event = { kind: 'synced', writer: 'w', resourceVersions: {}, counts, hash: '' };
  for (const cluster of names) {
    const observed = factsOf(cluster).map((object): Event => ({ kind: 'observed', object }));
    await tell(cluster, [...observed, synced]);
  }
  const control = new FederationControl({
    config: CONFIG,
    sink,
    logs,
    store: undefined,
    clusters: undefined,
    log: SILENT,
    metrics: new Metrics(),
    random: () => 0,
  });
  control.start();
  t.after(() => control.stop());
  const isRead = () => ZONES.every((zone) => denying.has(zone)) && control.states.size === clusters;
  while (!isRead()) await setImmediate();
  const change = async (cluster: string, objects: readonly ClusterObject[]) => {
    told = [];
    const events = objects.map((object): Event => ({ kind: 'observed', object }));
    const position = await tell(cluster, events);
    while (control.states.get(cluster)?.position !== position || !isRead()) await setImmediate();
    return told.toSorted();
  };
  return { states: control.states, change };
}

/** Those of the apex are told with each serial. */
function isOfService(zone: string, name: string): boolean {
  return name !== zone && name.includes('.svc.');
}

const OF_C1 = '.svc.c1.clusters.local.';
const OF_HOME = '.svc.cluster.local.';

const changed = (namespace: string, name: string, cluster: string) =>
  serviceOf(namespace, name, cluster, 2).slice(1);

test('a Service that one cluster has costs the same among 2 clusters and among 20', async (t) => {
  const [few, many] = [await given(t, FEW), await given(t, MANY)];
  const change = changed('team-c1', 'web-7', 'c1');
  const told = await few.change('c1', change);
  assert.deepEqual(await many.change('c1', change), told);
  const base = 'web-7.team-c1.svc.c1.clusters.local.';
  assert.deepEqual(told, [`10-1-0-1.${base}`, `10-1-0-2.${base}`, `_http._tcp.${base}`, base]);
  assert.deepEqual(
    [...statesIn(many.states, 'team-c1')].map(({ cluster }) => cluster),
    ['c1'],
  );
});

test('a Service that each cluster has for itself costs what one of them costs', async (t) => {
  const [few, many] = [await given(t, FEW), await given(t, MANY)];
  const change = changed('platform', 'alone', 'c1');
  const told = await few.change('c1', change);
  assert.deepEqual(await many.change('c1', change), told);
  assert.ok(told.some((name) => name.endsWith(OF_C1)));
  // Home's are of the same group, and are one cluster's as well.
  assert.deepEqual(
    told.filter((name) => !name.endsWith(OF_C1) && !name.endsWith(OF_HOME)),
    [],
  );
});

test('of an exported Service the clusterset names are told, and those of its cluster', async (t) => {
  const { change } = await given(t, MANY);
  const told = await change('c1', changed('platform', 'exported', 'c1'));
  const own = told.filter((name) => name.endsWith('.clusters.local.'));
  assert.ok(own.length > 0 && own.every((name) => name.endsWith(OF_C1)));
  const together = told.filter((name) => name.endsWith('.clusterset.local.'));
  // The Service, its port, an endpoint of each cluster, and the one that is gone.
  assert.equal(together.length, 2 + MANY + 1);
  const home = told.filter((name) => name.endsWith(OF_HOME));
  assert.equal(own.length + together.length + home.length, told.length);
});
