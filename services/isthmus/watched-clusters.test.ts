import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { describe, test } from 'node:test';
import { DEFAULT_KINDS, OBJECT_KINDS } from '../../libs/event/object.ts';
import type { Logs } from '../../libs/log/log.ts';
import { SILENT } from '../../libs/telemetry/log.ts';
import { Metrics } from '../../libs/telemetry/metrics.ts';
import { until } from '../../test/e2e/isthmus-process.ts';
import { directives } from '../../test/plugin/directives.ts';
import { makeTempDirectory, removeTempDirectory } from '../../test/servers/temp-directory.ts';
import { readKubernetesOptions } from '../resolver/stanza/kubernetes-options.ts';
import type { ClusterPlace } from './open-cluster.ts';
import {
  placeOfStanza,
  placesOf,
  togetherOf,
  WatchedClusters,
  watchedByStanzas,
} from './watched-clusters.ts';

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

test('where a cluster is, says who came last; what is watched of it, all together', () => {
  const one = { source: { kind: 'manifests', directory: 'one' }, kinds: OBJECT_KINDS } as const;
  const two = { source: { kind: 'manifests', directory: 'two' }, kinds: DEFAULT_KINDS } as const;
  const all = placesOf([new Map([['a', one]]), new Map([['a', two]]), new Map([['b', two]])]);
  assert.deepEqual(
    [...all].map(([name, { source, kinds }]) => [name, source, kinds.length]),
    [
      ['a', two.source, OBJECT_KINDS.length],
      ['b', two.source, DEFAULT_KINDS.length],
    ],
  );
});

describe('clusters of two configurations, one after the other', () => {
  /** Two folders that are clusters, and who began to watch them, as their logs say. */
  const given = (t: TestContext) => {
    const state = makeTempDirectory();
    t.after(() => removeTempDirectory(state));
    const place = (name: string, kinds = DEFAULT_KINDS): ClusterPlace => {
      mkdirSync(join(state, name), { recursive: true });
      return { source: { kind: 'manifests', directory: join(state, name) }, kinds };
    };
    const options = { state, log: SILENT, metrics: new Metrics() };
    const watched = new WatchedClusters(watchedByStanzas(options));
    const synced = async (logs: Logs, cluster: string, position: number) => {
      const log = logs.open(cluster);
      const isAt = async () => (await log.head()).position >= position;
      await until(isAt, `${cluster} is at ${position}`);
      return (await log.head()).position;
    };
    return { place, watched, synced };
  };
  /** A watcher that starts in a quiet cluster says WatchStarted and Synced. */
  const STARTED = 2;

  test('go on being watched where both want the same', async (t) => {
    const { place, watched, synced } = given(t);
    const [one, two] = [new Map([['a', place('a')]]), new Map([['a', place('a')]])];
    const logs = await watched.open(one);
    assert.equal(await synced(logs, 'a', STARTED), STARTED);
    assert.equal(await watched.open(two), logs);
    await watched.close(one);
    assert.equal((await logs.open('a').head()).position, STARTED);
    await watched.close(two);
  });

  test('are watched anew where they are elsewhere, and as before when that is given up', async (t) => {
    const { place, watched, synced } = given(t);
    const one = new Map([['a', place('a')]]);
    const two = new Map([['a', place('other')]]);
    const logs = await watched.open(one);
    t.after(() => watched.close(one));
    await synced(logs, 'a', STARTED);
    await watched.open(two);
    await synced(logs, 'a', 2 * STARTED);
    await watched.close(two);
    assert.equal(await synced(logs, 'a', 3 * STARTED), 3 * STARTED);
  });

  test('open again after all have closed them', async (t) => {
    const { place, watched, synced } = given(t);
    const one = new Map([['a', place('a')]]);
    await synced(await watched.open(one), 'a', STARTED);
    const [closed, logs] = await Promise.all([watched.close(one), watched.open(one)]);
    assert.equal(closed, undefined);
    await synced(logs, 'a', STARTED);
    await watched.close(one);
  });
});
