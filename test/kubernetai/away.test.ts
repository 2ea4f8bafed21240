/**
 * A cluster of `kubernetai` that is away: it costs its own names, and nothing else. Nothing is
 * denied that it may have, no start waits for it, and people are told.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { RawObject } from '../cluster/collections.ts';
import { apiServerMissing } from '../cluster/needs-api-server.ts';
import { putObject } from '../cluster/put-object.ts';
import { headless, service, slice } from '../conformance/objects.ts';
import { stanzasOf, startTwoClusters, type TwoClusters } from '../conformance/two-clusters.ts';
import { TwoWays } from '../conformance/two-ways.ts';
import { answerExternal } from '../coredns/external-names.ts';
import { type ScriptedUpstream, startUpstream } from '../servers/upstream.ts';

const EAST: readonly RawObject[] = [
  service('shop/web', { clusterIP: '10.96.1.1' }),
  headless('shop/both'),
  slice('shop/both', ['10.1.0.3']),
];
const WEST: readonly RawObject[] = [
  headless('shop/both'),
  slice('shop/both', ['10.2.0.3']),
  headless('shop/far'),
  slice('shop/far', ['10.2.0.5']),
];

/** Said where nothing can be denied: the extended error 14, Not Ready (RFC 8914). */
const NOT_READY = ['SERVFAIL 14'];

describe('kubernetai while a cluster is away', { skip: apiServerMissing() ?? false }, () => {
  let clusters: TwoClusters | undefined;
  let upstream: ScriptedUpstream | undefined;
  before(async () => {
    clusters = await startTwoClusters({ east: EAST, west: WEST });
    upstream = await startUpstream((query) => [answerExternal(query)]);
  });
  after(async () => {
    await upstream?.close();
    await clusters?.stop();
  });

  /** East is asked first; whoever waited for it would not answer within this test. */
  function start({ east, west }: ReturnType<typeof stanzasOf>) {
    const reverse = '10.in-addr.arpa';
    const patience = 'startup_timeout 1h';
    return TwoWays.start({
      block: [
        east(`cluster.local east.local ${reverse}`, 'ttl 10', 'fallthrough', patience),
        west(`cluster.local west.local ${reverse}`, 'ttl 20', patience),
      ],
      through: [
        east('example', 'fallthrough'),
        west('example', 'fallthrough'),
        `forward . 127.0.0.1:${upstream?.port}`,
      ],
    });
  }

  test('dead at the start, then there, then dead again, and over a restart', async (t) => {
    assert.ok(clusters !== undefined);
    const { east, west } = clusters;
    await east.kill();
    const isthmus = await start(stanzasOf(clusters));
    t.after(() => isthmus.stop());
    const says = (question: string, ...answer: readonly string[]) =>
      isthmus.until('block', question, answer);

    await t.test('the other one answers', async () => {
      await says('far.shop.svc.cluster.local A', '20 IN A 10.2.0.5');
      await says('both.shop.svc.cluster.local A', '20 IN A 10.2.0.3');
      await says('5.0.2.10.in-addr.arpa PTR', '20 IN PTR 10-2-0-5.far.shop.svc.cluster.local.');
      await says('nope.shop.svc.west.local A', 'NXDOMAIN west.local. 20');
    });

    await t.test('nothing is denied that it may have', async () => {
      for (const question of [
        'web.shop.svc.cluster.local A',
        'nope.shop.svc.cluster.local A',
        'nope.nope.svc.cluster.local AAAA',
        'web.shop.svc.east.local A',
        'nope.shop.svc.east.local SRV',
        '9.9.9.10.in-addr.arpa PTR',
      ]) {
        assert.deepEqual(await isthmus.ask('block', question), NOT_READY, question);
      }
    });

    await t.test('what it falls through for is answered, if somebody has it', async () => {
      const ask = (question: string) => isthmus.ask('through', question);
      assert.deepEqual(await ask('a.example A'), ['a.example. 60 IN A 192.0.2.80']);
      assert.deepEqual(await ask('web.shop.svc.example A'), NOT_READY);
      assert.deepEqual(await ask('none.example A'), NOT_READY);
    });

    await t.test('it is told', async () => {
      await isthmus.untilReady();
      await says('far.shop.svc.cluster.local A', '20 IN A 10.2.0.5');
      const { status, text } = await isthmus.page('/ready?verbose');
      assert.equal(status, 200);
      assert.match(text, /^OK\nkubernetai: east-\w+ is not synced: \w+: Cannot reach the API .*$/);
      const metrics = await isthmus.page('/metrics');
      assert.match(metrics.text, /^isthmus_cluster_synced\{cluster="east-[0-9a-f]+"\} 0$/m);
      assert.match(metrics.text, /^isthmus_cluster_reachable\{cluster="east-[0-9a-f]+"\} 0$/m);
      assert.match(metrics.text, /^isthmus_cluster_synced\{cluster="west-[0-9a-f]+"\} 1$/m);
      assert.match(metrics.text, /^isthmus_cluster_reachable\{cluster="west-[0-9a-f]+"\} 1$/m);
    });

    await t.test('it comes, and has what it has', async () => {
      await east.restart();
      await says('web.shop.svc.cluster.local A', '10 IN A 10.96.1.1');
      await says('both.shop.svc.cluster.local A', '10 IN A 10.1.0.3');
      await says('nope.shop.svc.cluster.local A', 'NXDOMAIN cluster.local. 10');
      await says('9.9.9.10.in-addr.arpa PTR', 'NXDOMAIN 10.in-addr.arpa. 10');
      await isthmus.process.until(
        async () => (await isthmus.page('/ready?verbose')).text === 'OK',
        'nobody is away',
      );
    });

    await t.test('it is killed later: all goes on', async () => {
      await east.kill();
      await isthmus.process.until(async () => {
        const { status, text } = await isthmus.page('/ready?verbose');
        return status === 200 && /east-[0-9a-f]+ can't be reached, and is as it was/.test(text);
      }, 'it is told');
      await says('web.shop.svc.cluster.local A', '10 IN A 10.96.1.1');
      await putObject(west, service('shop/late', { clusterIP: '10.97.1.1' }));
      await says('late.shop.svc.cluster.local A', '20 IN A 10.97.1.1');
      const metrics = await isthmus.page('/metrics');
      assert.match(metrics.text, /^isthmus_cluster_reachable\{cluster="east-[0-9a-f]+"\} 0$/m);
    });

    await t.test('a start without it has the names that it had', async () => {
      await isthmus.process.kill();
      isthmus.process.restart();
      await says('web.shop.svc.cluster.local A', '10 IN A 10.96.1.1');
      await says('late.shop.svc.cluster.local A', '20 IN A 10.97.1.1');
      await isthmus.untilReady();
    });
  });

  test('one that refuses is as one that is dead', async (t) => {
    assert.ok(clusters !== undefined);
    const { east } = clusters;
    await east.restart();
    const refused = `kubernetai cluster.local {
        kubeconfig ${east.readerKubeconfig} test
        fallthrough
    }`;
    const { west } = stanzasOf(clusters);
    const isthmus = await TwoWays.start({ block: [refused, west('cluster.local', 'ttl 20')] });
    t.after(() => isthmus.stop());
    await isthmus.until('block', 'far.shop.svc.cluster.local A', ['20 IN A 10.2.0.5']);
    assert.deepEqual(await isthmus.ask('block', 'web.shop.svc.cluster.local A'), NOT_READY);
    await isthmus.untilReady();
    assert.match((await isthmus.page('/ready?verbose')).text, /is not synced: .*forbidden/);
  });

  test('where all are away nobody is ready', async (t) => {
    assert.ok(clusters !== undefined);
    const { east, west } = clusters;
    await Promise.all([east.kill(), west.kill()]);
    const isthmus = await start(stanzasOf(clusters));
    t.after(() => isthmus.stop());
    const both = /^kubernetai: east-\w+, which can't be reached: .*\n.*west-\w+, which can't be/;
    await isthmus.process.until(async () => {
      const { status, text } = await isthmus.page('/ready');
      return status === 503 && both.test(text);
    }, 'both are waited for');
    assert.deepEqual(await isthmus.ask('block', 'far.shop.svc.cluster.local A'), NOT_READY);
    await west.restart();
    await isthmus.until('block', 'far.shop.svc.cluster.local A', ['20 IN A 10.2.0.5']);
    await isthmus.untilReady();
  });

  test('one that says nothing is as one that is dead', async (t) => {
    assert.ok(clusters !== undefined);
    const { east } = clusters;
    await east.restart();
    east.pause();
    const isthmus = await start(stanzasOf(clusters));
    t.after(() => isthmus.stop());
    await isthmus.until('block', 'far.shop.svc.cluster.local A', ['20 IN A 10.2.0.5']);
    assert.deepEqual(await isthmus.ask('block', 'web.shop.svc.cluster.local A'), NOT_READY);
    await isthmus.untilReady();
    assert.match((await isthmus.page('/ready?verbose')).text, /east-\w+ is not synced: /);
    east.resume();
    await isthmus.until('block', 'web.shop.svc.cluster.local A', ['10 IN A 10.96.1.1']);
  });
});
