import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CONTROL } from '../../../libs/event/control.ts';
import { encodeHeartbeat } from '../../../libs/event/heartbeat.ts';
import { exported, service, slice } from '../../../libs/federation/given-clusters.ts';
import { ENTRY_OCTETS_MAX } from '../../../libs/log/log.ts';
import { service as apiService } from '../../watcher/given-cluster.ts';
import { Given as GivenWatcher } from '../../watcher/given-watcher.ts';
import { readControl, say } from './control-word.ts';
import { GivenFederation, observed, removed } from './given-federation.ts';

/** East and west, which have shop/web; east's is at 10.1.0.1, then at 10.1.0.2. */
async function given(): Promise<GivenFederation> {
  const federation = new GivenFederation();
  for (const [cluster, prefix] of [
    ['east', '10.1.0'],
    ['west', '10.2.0'],
  ] as const) {
    await federation.happened(
      cluster,
      observed(service('web', { headless: true })),
      observed(exported('web', '2026-01-01T00:00:00Z')),
      observed(slice('web', [`${prefix}.1`])),
      observed(slice('web', [`${prefix}.2`])),
    );
  }
  return federation;
}

describe('drain and restore', () => {
  test('say what happened, and are the same when said again', async () => {
    const federation = await given();
    assert.equal(
      await federation.run('drain east'),
      'east is drained, at control position 1: other clusters answer wherever they can',
    );
    const since = federation.now;
    federation.nowMs += 60_000;
    assert.equal(
      await federation.run('drain east'),
      `east is drained already, since ${since}, at control position 1`,
    );
    assert.ok((await readControl(federation.ground)).state.drained.has('east'));
    assert.equal(await federation.run('restore east'), 'east is restored, at control position 2');
    assert.equal(await federation.run('restore east'), 'east is not drained');
    assert.equal((await federation.logs.open(CONTROL).head()).position, 2);
  });

  test('name the clusters there are, and make none', async () => {
    const federation = await given();
    await assert.rejects(federation.run('drain north'), {
      message: 'Cannot drain "north": it has no log in the federation default; expected east, west',
    });
    assert.deepEqual(await federation.logs.clusters(), ['east', 'west']);
  });

  test('take back what was said of a cluster that is no more', async () => {
    const federation = await given();
    await federation.run('drain east');
    await federation.run('pin shop/web --at 1s --cluster east');
    const logs = { ...federation.logs, clusters: async () => ['west'] };
    const ground = { ...federation.ground, logs };
    assert.match(await federation.run('restore east', ground), /^east is restored/);
    await assert.rejects(federation.run('restore east', ground), {
      message: 'Cannot restore "east": it has no log in the federation default; expected west',
    });
    const unpin = 'unpin shop/web --cluster east';
    assert.match(await federation.run(unpin, ground), /^shop\/web of east is unpinned/);
    await assert.rejects(federation.run(unpin, ground), { message: /^Cannot unpin "east": it h/ });
  });

  test('are both said when two operators speak at once', async () => {
    const federation = await given();
    await Promise.all([federation.run('drain east'), federation.run('drain west')]);
    const { state } = await readControl(federation.ground);
    assert.deepEqual([...state.drained].sort(), ['east', 'west']);
  });

  test('are refused where nobody follows the control log', async () => {
    const federation = await given();
    const ground = { ...federation.ground, federation: 'kubernetes', isControlled: false };
    await assert.rejects(federation.run('drain east', ground), {
      message: /^Cannot drain: "kubernetes" is made of kubernetes stanzas/,
    });
  });
});

describe('pin', () => {
  test('holds what was at a position, and says what that is', async () => {
    const federation = await given();
    assert.equal(
      await federation.run('pin shop/web --at 3 --cluster east'),
      'shop/web of east is pinned, at control position 1: it stays as it was at position 3 ' +
        '(2026-11-29T03:00:03.000Z: Service, ServiceExport, 1 EndpointSlice, 1 ready endpoint)',
    );
    const { state } = await readControl(federation.ground);
    const [pinned] = [...state.pins.values()];
    assert.deepEqual(
      pinned?.objects.flatMap((one) =>
        one.kind === 'EndpointSlice' ? one.endpoints.flatMap(({ addresses }) => addresses) : [],
      ),
      ['10.1.0.1'],
    );
    assert.match(
      await federation.run('pin shop/web --at 3 --cluster east'),
      /^shop\/web of east is pinned already, as it was at position 3 /,
    );
    assert.match(
      await federation.run('pin shop/web --at 4 --cluster east'),
      /is pinned, at control position 2: it stays as it was at position 4 /,
    );
  });

  test('at a time is for each cluster that had it', async () => {
    const federation = await given();
    await federation.happened('west', removed(service('web')));
    federation.nowMs += 60_000;
    await federation.happened('east', observed(slice('web', ['10.1.0.3'])));
    const lines = (await federation.run('pin shop/web --at 30s')).split('\n');
    assert.deepEqual(
      lines.map((line) => line.replace(/:.*/, '')),
      ['shop/web of east is pinned, at control position 1'],
    );
    const both = (await federation.run('pin shop/web --at 2026-11-29T03:00:08Z')).split('\n');
    assert.equal(both.length, 2);
    assert.match(both[0] ?? '', /^shop\/web of east .* position 4 .*1 ready endpoint/);
    assert.match(both[1] ?? '', /^shop\/web of west .* position 4 .*1 ready endpoint/);
  });

  const refused: readonly (readonly [line: string, why: RegExp])[] = [
    ['pin shop/web', /^Cannot pin: --at is missing; expected --at POSITION, a time/],
    ['pin web --at 3', /^Cannot use the Service "web": it is no name of one; expected NAMESPACE/],
    ['pin shop/web --at 3', /east and west have it, and each log has positions of its own; exp/],
    ['pin shop/web --at 9 --cluster east', /the log of east is at 4; expected a position up to/],
    ['pin shop/web --at 3 --cluster north', /^Cannot pin "north": it has no log .* east, west$/],
    [
      'pin shop/nope --at 1m',
      /the logs of east, west know no such Service; expected NAMESPACE\/NAME/,
    ],
    ['pin shop/web --at 1h', /was not there then; in east it came at position 1, 2026.*; in west/],
    ['pin shop/web more --at 1h', /^Cannot use "more": expected isthmus pin NAMESPACE\/NAME, th/],
  ];
  for (const [line, why] of refused) {
    test(`"${line}" is refused`, async () => {
      const federation = await given();
      await assert.rejects(async () => federation.run(line), { message: why });
      assert.equal((await federation.logs.open(CONTROL).head()).position, 0);
    });
  }

  test('is refused where history has lost what it was', async () => {
    const federation = await given();
    for (let i = 0; i < 80; i++) {
      await federation.happened('east', observed(slice('web', [`10.1.1.${i}`])));
    }
    await assert.rejects(federation.run('pin shop/web --at 4 --cluster east'), {
      message: new RegExp(
        '^Cannot pin shop/web of east as it was at position 4: history of its EndpointSlice ' +
          'web-1 reaches back to position 21, 2026-\\S+Z; expected that or later$',
      ),
    });
  });

  test('is refused where no entry can hold it', async () => {
    const federation = await given();
    const addresses = Array.from({ length: 5000 }, (_, i) => `10.3.${i >> 8}.${i & 255}`);
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) {
      await federation.happened('east', observed(slice('web', addresses, { name })));
    }
    await assert.rejects(federation.run('pin shop/web --at 10 --cluster east'), {
      message: new RegExp(
        `^Cannot pin shop/web of east: what it was takes \\d+ octets; expected at most ${ENTRY_OCTETS_MAX}$`,
      ),
    });
  });
});

describe('unpin', () => {
  test('lets go in every cluster, or in one', async () => {
    const federation = await given();
    await federation.run('pin shop/web --at 1s');
    assert.equal(
      await federation.run('unpin shop/web --cluster west'),
      'shop/web of west is unpinned, at control position 3: it is as its cluster says',
    );
    assert.match(await federation.run('unpin shop/web'), /^shop\/web of east is unpinned/);
    assert.equal(await federation.run('unpin shop/web'), 'shop/web is not pinned');
    assert.equal((await readControl(federation.ground)).state.pins.size, 0);
  });
});

describe('clusters and status', () => {
  test('of a watcher that answers', async (t) => {
    const watched = new GivenWatcher(t);
    watched.cluster.apply(apiService('web', '10.0.0.1'));
    const first = await watched.syncedWatcher();
    const { position } = await watched.log.head();
    const federation = new GivenFederation();
    const { signal } = new AbortController();
    const nowMs = () => watched.clock.nowMs();
    const { logs } = watched;
    const ground = { ...federation.ground, federation: 'demo', logs, nowMs, signal };
    assert.equal(
      await federation.run('clusters', ground),
      [
        'CLUSTER   STATE   SYNCED   POSITION   LAG   AGE   SERVICES   ENDPOINTSLICES   EXPORTS   WRITER     HELD',
        `east      live    yes      ${position}          0     0s    1          0                0         watcher-   0`,
      ].join('\n'),
    );
    await first.stop();
  });

  test('of a log that is behind its watcher, as a mirror is, say by how much', async (t) => {
    const federation = await given();
    const ended = new AbortController();
    t.after(() => ended.abort());
    const said = { state: 'synced', incarnation: 'of the site', counts: {} } as const;
    const answering = (async () => {
      for await (const _ of federation.logs.heartbeats.asked(ended.signal)) {
        for (const [role, position, silentMs] of [
          ['writer', 9, 5000],
          ['standby', 4, 2000],
        ] as const) {
          const beat = encodeHeartbeat({ ...said, writer: role, role, position, silentMs });
          federation.logs.heartbeats.beat('east', beat);
        }
      }
    })();
    const { clusters } = JSON.parse(await federation.run('clusters --output json'));
    const { position, lag, ageSeconds, standbys } = clusters[0];
    assert.deepEqual(
      { position, lag, ageSeconds, standbys },
      { position: 4, lag: 5, ageSeconds: 2, standbys: 1 },
    );
    ended.abort();
    await answering;
  });

  test('without a watcher say what the log says', async () => {
    const federation = await given();
    const counts = { Service: 1, EndpointSlice: 1, ServiceExport: 1 };
    await federation.happened(
      'east',
      { kind: 'watch-started', writer: 'w', previous: 0 },
      { kind: 'synced', writer: 'w', resourceVersions: {}, counts, hash: '' },
      { kind: 'removals-held', count: 20, of: 30 },
    );
    await federation.run('drain east');
    await federation.run('pin shop/web --at 3 --cluster east');
    federation.nowMs += 10 * 60_000;
    assert.equal(
      await federation.run('status'),
      [
        'Federation:         default',
        'Log:                memory',
        'Control position:   2',
        'Drained:            east, since 2026-11-29T03:00:11.000Z',
        'Pinned:             shop/web of east as it was at position 3, since 2026-11-29T03:00:11.000Z',
        '',
        'CLUSTER   STATE     SYNCED   POSITION   LAG   AGE   SERVICES   ENDPOINTSLICES   EXPORTS   WRITER   HELD',
        'east      drained   yes      7          -     10m   1          1                1         -        20 of 30',
        'west      live      no       4          -     10m   -          -                -         -        0',
      ].join('\n'),
    );
    const document: unknown = JSON.parse(await federation.run('status --output json'));
    assert.deepEqual(document, {
      federation: 'default',
      log: 'memory',
      controlPosition: 2,
      drained: [{ cluster: 'east', since: '2026-11-29T03:00:11.000Z', position: 1 }],
      pins: [
        {
          ...{ cluster: 'east', namespace: 'shop', name: 'web', at: 3 },
          ...{ since: '2026-11-29T03:00:11.000Z', position: 2 },
        },
      ],
      clusters: [
        {
          ...{ cluster: 'east', state: 'live', since: null, drained: true, synced: true },
          ...{ position: 7, lag: null, ageSeconds: 600, counts, writer: null, watcher: null },
          ...{ standbys: 0, held: { count: 20, of: 30 }, trouble: null },
        },
        {
          ...{ cluster: 'west', state: 'live', since: null, drained: false, synced: false },
          ...{ position: 4, lag: null, ageSeconds: 603, counts: {}, writer: null, watcher: null },
          ...{ standbys: 0, held: null, trouble: null },
        },
      ],
    });
  });

  test('of stanzas, of which no control log is, make none', async () => {
    const federation = await given();
    const open: string[] = [];
    const logs = {
      ...federation.logs,
      open: (cluster: string) => {
        open.push(cluster);
        return federation.logs.open(cluster);
      },
    };
    const ground = { ...federation.ground, logs, isControlled: false };
    assert.match(await federation.run('status', ground), /^Control position: {3}0$/m);
    assert.ok(open.includes('east') && !open.includes(CONTROL));
  });

  test('of a cluster that was never reached have no age', async () => {
    const federation = new GivenFederation();
    await federation.happened('east', { kind: 'watch-started', writer: 'w', previous: 0 });
    assert.match(await federation.run('clusters'), /^east +live +no +1 +- +- +- /m);
  });

  test('of a log that can not be read hide no other', async () => {
    const federation = await given();
    const { logs } = federation;
    const open = (cluster: string) => {
      if (cluster === 'west') throw new Error('Cannot use the log file "west.sqlite": damaged');
      return logs.open(cluster);
    };
    const ground = { ...federation.ground, logs: { ...logs, open } };
    const lines = (await federation.run('clusters', ground)).split('\n');
    assert.match(lines[1] ?? '', /^east +live +no +4 /);
    assert.match(lines[2] ?? '', /^west +live +no +- +- +- /);
    assert.equal(lines[3], 'west: Cannot use the log file "west.sqlite": damaged');
  });

  test('of a cluster that is stale or lost say since when', async () => {
    const federation = await given();
    const { ground } = federation;
    await say(ground, () => ({ kind: 'cluster-stale', cluster: 'west', silentSeconds: 31 }));
    const since = federation.now;
    await federation.run('drain west');
    federation.nowMs += 3 * 3_600_000;
    const [, east, west] = (await federation.run('clusters')).split('\n');
    assert.match(east ?? '', /^east +live +no +4 +- +3h /);
    assert.match(west ?? '', /^west +stale,drained +no +4 +- +3h /);
    const { clusters } = JSON.parse(await federation.run('clusters --output json'));
    assert.deepEqual([clusters[1].state, clusters[1].since], ['stale', since]);
  });

  test('of no cluster say so', async () => {
    const federation = new GivenFederation();
    assert.equal(await federation.run('clusters'), 'No cluster has a log in this federation.');
    assert.deepEqual(JSON.parse(await federation.run('clusters --output json')), {
      federation: 'default',
      clusters: [],
    });
  });
});
