/** What stands behind a server block: its zones in the table, and what it tells of its clusters. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DEFAULT_KINDS } from '../../libs/event/object.ts';
import { HOME_DEFAULTS, type Layer } from '../../libs/federation/layer.ts';
import { createTable } from '../../libs/table/table-writer.ts';
import { createLog } from '../../libs/telemetry/log.ts';
import { Metrics } from '../../libs/telemetry/metrics.ts';
import { until } from '../../test/e2e/isthmus-process.ts';
import { makeTempDirectory, removeTempDirectory } from '../../test/servers/temp-directory.ts';
import type { Block } from '../resolver/block.ts';
import { CachedAnswersTable } from '../resolver/control/cached-answers.ts';
import { NumberPool } from '../resolver/number-pool.ts';
import { QueryGroups } from '../resolver/query-groups.ts';
import { emptyResponse } from '../resolver/response.ts';

import { RunningClusters } from './running-clusters.ts';
import { ServedClusters } from './served-clusters.ts';
import { ServedSince } from './served-since.ts';
import { WatchedClusters, watchedByStanzas } from './watched-clusters.ts';

const LAYER = {
  ...{ ...HOME_DEFAULTS, kind: 'home' as const, cluster: 'east', ttl: 5, fallthrough: [] },
  zones: ['cluster.local.'],
  reverseZones: ['10.in-addr.arpa.'],
};
const BLOCK: Block = {
  plugins: [],
  chain: async () => emptyResponse(0),
  recursion: false,
  tableCapable: true,
  tableDenies: true,
};

/** On two listeners; `room`: the table has some for its zones. */
async function serving(layer: Layer, room: boolean) {
  const state = makeTempDirectory();
  const lines: string[] = [];
  const log = createLog((line) => lines.push(line));
  const metrics = new Metrics();
  const table = createTable({ octets: 1 << 20 });
  const groups = new QueryGroups(log);
  const watched = new WatchedClusters(watchedByStanzas({ state, log, metrics }));
  const directory = join(state, 'manifests');
  mkdirSync(directory);
  const east = { source: { kind: 'manifests', directory }, kinds: DEFAULT_KINDS } as const;
  const places = new Map([['east', east]]);
  const servedSince = new ServedSince(state, log);
  const served = new ServedClusters(
    {
      parts: [{ plugin: 'kubernetes', layers: [layer] }],
      ...{ watched, places, clusters: ['east'], startupTimeoutMs: undefined, transfers: false },
    },
    {
      ...{ table, log, groups },
      cachedAnswers: new CachedAnswersTable(table, groups),
      zoneNumbers: new NumberPool(1, room ? 5 : 4),
      running: (options) =>
        new RunningClusters(options, { store: undefined, log, metrics, servedSince }),
    },
  );
  const listeners = [53, 54].map((port) => ({
    ...{ host: '127.0.0.1', port, server: `dns://:${port}`, blocks: new Map([['.', [BLOCK]]]) },
  }));
  served.serveOn(listeners, BLOCK);
  await served.start();
  const stop = async () => {
    await served.stop();
    removeTempDirectory(state);
  };
  return { served, lines, stop };
}

test('zones beyond the room of the table are answered by the chain, with a warning', async () => {
  const { served, lines, stop } = await serving(LAYER, false);
  assert.match(lines.join(''), /WARNING.* 2 zones on 2 listeners are too many for the table/);
  await until(async () => served.waitingFor().length === 0, 'the cluster is synced');
  const outcome = served.lookup('svc.cluster.local.', 'A', served.layersOf('kubernetes'));
  assert.equal(outcome.kind, 'nodata');
  await stop();
});

test('what the API of a cluster keeps from us is told of it', async () => {
  const { served, stop } = await serving({ ...LAYER, pods: 'verified' }, true);
  await until(async () => served.waitingFor().length === 0, 'the cluster is synced');
  assert.deepEqual(served.notes(), ['the pods of east are not known']);
  await stop();
});
