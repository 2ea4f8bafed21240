/** What servers and networks do to a log on one node, and what becomes of it. */
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from 'nats';
import { CutProxy } from '../../test/servers/cut-proxy.ts';
import { findServer, missingServer } from '../../test/servers/find-server.ts';
import { NATS_VERSIONS, type NatsServer, startNats } from '../../test/servers/nats.ts';
import { entry, FEDERATION, positionsOf } from '../log/contract-facts.ts';
import { Follower } from '../log/follower.ts';
import { type Logs, LogUnavailable } from '../log/log.ts';
import { type JetStreamLogsOptions, openJetStreamLogs } from './jetstream-logs.ts';

for (const version of NATS_VERSIONS) {
  const binary = findServer(version) ?? '';
  describe(`a log on ${version}`, { skip: binary === '' && missingServer(version) }, () => {
    test('is opened while the server is down: it says so, and heals', async (t) => {
      const node = await startNode(t, binary);
      await node.kill();
      const said: string[] = [];
      const logs = openLogs(t, node.url, { patienceMs: 500, onTrouble: (text) => said.push(text) });
      const reader = new Follower(logs.open('east'));
      await assert.rejects(logs.open('east').head(), {
        name: 'LogUnavailable',
        message:
          `Cannot use the log at "${node.url}": connection refused; ` +
          'expected a NATS server with JetStream',
      });
      assert.deepEqual(said, [`Waiting for ${node.url}: connection refused`]);
      await node.start();
      await reader.caughtUp();
      await logs.open('east').append(0, [entry('east', 'a', '1')]);
      await reader.reached(1);
      await reader.stop();
    });

    test('is killed and comes back: readers and writers go on where they were', async (t) => {
      const node = await startNode(t, binary);
      const log = openLogs(t, node.url).open('east');
      const reader = new Follower(log);
      await log.append(0, [entry('east', 'a', '1'), entry('east', 'a', '2')]);
      await reader.reached(2);
      for (const position of [3, 4]) {
        await node.kill();
        const lost = log.append(position - 1, [entry('east', 'a', `${position}`)]);
        await node.start();
        assert.deepEqual(await lost, { kind: 'appended', positions: [position] });
        await reader.reached(position);
      }
      await reader.stop();
      assert.deepEqual(reader.texts.slice(-3), ['2', '3', '4']);
      assert.ok(!reader.has('restarted'));
      assert.equal(new Set(reader.positions).size, reader.positions.length);
    });

    test('loses an acknowledgement: the entry is known again, and stored once', async (t) => {
      const node = await startNode(t, binary);
      const proxy = await CutProxy.start(Number(new URL(node.url).port));
      t.after(() => proxy.stop());
      const log = openLogs(t, `nats://127.0.0.1:${proxy.port}`).open('east');
      const watching = openLogs(t, node.url).open('east');
      const reader = new Follower(watching);
      await log.append(0, [entry('east', 'a', '1')]);
      proxy.mute();
      const unacknowledged = log.append(1, [entry('east', 'a', '2'), entry('east', 'a', '3')]);
      await reader.reached(2);
      proxy.cut();
      assert.deepEqual(positionsOf(await unacknowledged), [2, 3]);
      await reader.reached(3);
      await reader.stop();
      assert.deepEqual(reader.texts.slice(-2), ['2', '3']);
      assert.equal((await watching.head()).position, 3);
    });

    test('loses an acknowledgement, then the race: the conflict names what is in', async (t) => {
      const node = await startNode(t, binary);
      const proxy = await CutProxy.start(Number(new URL(node.url).port));
      t.after(() => proxy.stop());
      const log = openLogs(t, `nats://127.0.0.1:${proxy.port}`).open('east');
      const other = openLogs(t, node.url).open('east');
      await log.append(0, [entry('east', 'a', '1')]);
      const reader = new Follower(other);
      proxy.mute();
      const unacknowledged = log.append(1, [entry('east', 'a', '2'), entry('east', 'a', '3')]);
      await reader.reached(2);
      await other.append(2, [entry('east', 'b', 'of another')]);
      proxy.cut();
      assert.deepEqual(await unacknowledged, { kind: 'conflict', positions: [2], head: 3 });
      await reader.stop();
    });

    test('goes silent under a reader: it reads on over another connection', async (t) => {
      const node = await startNode(t, binary);
      const proxy = await CutProxy.start(Number(new URL(node.url).port));
      t.after(() => proxy.stop());
      const reader = new Follower(openLogs(t, `nats://127.0.0.1:${proxy.port}`).open('east'));
      await reader.caughtUp();
      const log = openLogs(t, node.url).open('east');
      await log.append(0, [entry('east', 'a', '1')]);
      await reader.reached(1);
      proxy.mute();
      await log.append(1, [entry('east', 'a', '2'), entry('east', 'a', '3')]);
      proxy.cut();
      await reader.reached(3);
      await reader.stop();
      assert.deepEqual(reader.positions, [1, 2, 3]);
    });

    test('goes silent under a reader of an empty log: it gets every entry all the same', async (t) => {
      const node = await startNode(t, binary);
      const proxy = await CutProxy.start(Number(new URL(node.url).port));
      t.after(() => proxy.stop());
      const reader = new Follower(openLogs(t, `nats://127.0.0.1:${proxy.port}`).open('east'));
      await reader.caughtUp();
      const log = openLogs(t, node.url).open('east');
      proxy.mute();
      const entries = ['a', 'a', 'b'].map((tail, i) => entry('east', tail, `${i + 1}`));
      await log.append(0, entries);
      proxy.cut();
      await reader.reached(3);
      await reader.stop();
      assert.deepEqual(reader.positions, [1, 2, 3]);
    });

    test('is deleted and made anew: readers are told and start over', async (t) => {
      const node = await startNode(t, binary);
      const log = openLogs(t, node.url).open('east');
      await log.append(0, [entry('east', 'a', 'old'), entry('east', 'b', 'old')]);
      const reader = new Follower(log);
      await reader.caughtUp();
      const nc = await connect({ servers: node.url });
      await (await jetstreamManager(nc)).streams.delete(`isthmus-${FEDERATION}-east`);
      await nc.close();
      await reader.until(() => reader.has('restarted'));
      assert.deepEqual(await log.append(2, [entry('east', 'a', 'late')]), {
        kind: 'conflict',
        positions: [],
        head: 0,
      });
      await log.append(0, [entry('east', 'c', 'new')]);
      await reader.until(() => reader.texts.includes('new'));
      await reader.stop();
      const kinds = reader.deliveries.map(({ kind }) => kind);
      assert.equal(kinds.filter((kind) => kind === 'restarted').length, 1);
      assert.equal(kinds.filter((kind) => kind === 'caught-up').length, 2);
    });

    test('whose server wants a password says what is wrong without it', async (t) => {
      const node = await startNode(
        t,
        binary,
        'authorization { user: isthmus, password: "s3cr3t/@" }',
      );
      const { host } = new URL(node.url);
      const said: string[] = [];
      const wrong = openLogs(t, `nats://isthmus:wrong@${host}`, {
        patienceMs: 500,
        onTrouble: (text) => said.push(text),
      });
      await assert.rejects(wrong.open('east').head(), /Authorization Violation/i);
      assert.ok(said.length > 0 && said.every((text) => !/wrong|s3cr3t/.test(text)), said.join());
      const right = openLogs(t, `nats://isthmus:${encodeURIComponent('s3cr3t/@')}@${host}`);
      assert.equal((await right.open('east').head()).position, 0);
    });

    test('whose stream is of somebody else is refused by what it is', async (t) => {
      const node = await startNode(t, binary);
      const nc = await connect({ servers: node.url });
      const manager = await jetstreamManager(nc);
      await manager.streams.add({ name: `isthmus-${FEDERATION}-east`, subjects: ['orders.>'] });
      await nc.close();
      const logs = openLogs(t, node.url);
      await assert.rejects(logs.open('east').head(), {
        message:
          `Cannot use stream "isthmus-${FEDERATION}-east": it holds orders.>; ` +
          `expected isthmus.${FEDERATION}.east.>`,
      });
      await assert.rejects(
        logs.open('east').append(0, [entry('east', 'a', '1')]),
        /it holds orders/,
      );
      assert.deepEqual(await logs.clusters(), []);
    });

    test('whose stream forgets its oldest entries is refused: the last of a subject may be one', async (t) => {
      const node = await startNode(t, binary);
      const nc = await connect({ servers: node.url });
      const manager = await jetstreamManager(nc);
      for (const [cluster, limit] of [
        ['few', { max_msgs: 3 }],
        ['small', { max_bytes: 100_000 }],
      ] as const) {
        const name = `isthmus-${FEDERATION}-${cluster}`;
        const subjects = [`isthmus.${FEDERATION}.${cluster}.>`];
        await manager.streams.add({ name, subjects, ...limit });
        await assert.rejects(
          openLogs(t, node.url).open(cluster).head(),
          /it drops its oldest entries when it is full \(max_msgs, max_bytes\); expected no limit/,
        );
      }
      await nc.close();
    });

    test('is among the clusters; a stream that no cluster can be called is not', async (t) => {
      const node = await startNode(t, binary);
      const logs = openLogs(t, node.url);
      await logs.open('east').head();
      const nc = await connect({ servers: node.url });
      const manager = await jetstreamManager(nc);
      const add = (name: string, subject: string) =>
        manager.streams.add({ name, subjects: [subject] });
      await add(`isthmus-${FEDERATION}-West`, `isthmus.${FEDERATION}.West.>`);
      await add(`isthmus-${FEDERATION}-of-north`, `isthmus.${FEDERATION}-of.north.>`);
      await manager.streams.add({
        name: `isthmus-${FEDERATION}-site`,
        mirror: { name: `isthmus-${FEDERATION}-east` },
      });
      await nc.close();
      assert.deepEqual(await logs.clusters(), ['east', 'site']);
    });

    test('ends reading when it is closed, and cannot be used after', async (t) => {
      const node = await startNode(t, binary);
      const logs = openLogs(t, node.url);
      const reader = new Follower(logs.open('east'));
      await reader.caughtUp();
      await logs.close();
      await reader.stop();
      await assert.rejects(logs.open('east').head(), LogUnavailable);
      await logs.close();
    });
  });
}

async function startNode(t: TestContext, binary: string, extra = ''): Promise<NatsServer> {
  const servers = await startNats(binary, 1, extra);
  t.after(() => servers.stop());
  return servers.nodes[0] ?? assert.fail('no node');
}

function openLogs(t: TestContext, url: string, options: Partial<JetStreamLogsOptions> = {}): Logs {
  const logs = openJetStreamLogs({ servers: [url], federation: FEDERATION, ...options });
  t.after(() => logs.close());
  return logs;
}
