/** Zones that are too many for the table, which has room for some hundred on all listeners. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOME_DEFAULTS } from '../../libs/federation/layer.ts';
import { createTable } from '../../libs/table/table-writer.ts';
import { createLog } from '../../libs/telemetry/log.ts';
import { Metrics } from '../../libs/telemetry/metrics.ts';
import { makeTempDirectory, removeTempDirectory } from '../../test/servers/temp-directory.ts';
import type { Block } from '../resolver/block.ts';
import { CachedAnswersTable } from '../resolver/control/cached-answers.ts';
import { emptyResponse } from '../resolver/plugin.ts';
import { QueryGroups } from '../resolver/query-groups.ts';
import { ServedClusters } from './served-clusters.ts';
import { ServedSince } from './served-since.ts';
import { watchedByStanzas } from './watched-clusters.ts';

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

test('zones that the table has no room for are answered by the chain, and a warning says so', async () => {
  const state = makeTempDirectory();
  const lines: string[] = [];
  const log = createLog((line) => lines.push(line));
  const metrics = new Metrics();
  const table = createTable({ octets: 1 << 20 });
  const groups = new QueryGroups(log);
  const asked: number[] = [];
  const served = new ServedClusters(
    {
      parts: [{ plugin: 'kubernetes', layers: [LAYER] }],
      watched: watchedByStanzas({ state, log, metrics }),
      clusters: ['east'],
      startupTimeoutMs: undefined,
      transfers: false,
    },
    {
      ...{ table, store: undefined, log, metrics, groups },
      cachedAnswers: new CachedAnswersTable(table, groups),
      servedSince: new ServedSince(state, log),
      takeZoneNumbers: (count) => {
        asked.push(count);
        return undefined;
      },
    },
  );
  const listeners = [53, 54].map((port) => ({
    ...{ host: '127.0.0.1', port, server: `dns://:${port}`, blocks: new Map([['.', BLOCK]]) },
  }));
  served.serveOn(listeners, BLOCK);
  await served.start();
  assert.deepEqual(asked, [4]);
  assert.match(lines.join(''), /WARNING.* 2 zones on 2 listeners are too many for the table/);
  const outcome = served.lookup('web.shop.svc.cluster.local.', 'A', served.layersOf('kubernetes'));
  assert.equal(outcome.kind, 'unready');
  await served.stop();
  removeTempDirectory(state);
});
