/**
 * Three nodes, three copies: the contract of the log, and nodes lost while a writer writes.
 * A test file for each version, since one takes most of a minute.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect } from 'nats';
import { findServer, missingServer } from '../../test/servers/find-server.ts';
import { type NatsServers, startNats } from '../../test/servers/nats.ts';
import { testLogContract } from '../log/contract.ts';
import { entry, FEDERATION } from '../log/contract-facts.ts';
import { Follower } from '../log/follower.ts';
import { type EventLog, type Logs, LogUnavailable, type Position } from '../log/log.ts';
import { openJetStreamLogs } from './jetstream-logs.ts';
import { streamNameOf } from './stream.ts';

/** A cluster takes 5 s to come up, and as long again to replace a leader. */
const SLOW = 'slow: set ISTHMUS_SLOW_TESTS=1 or ISTHMUS_REQUIRE_SERVERS=1 to run it';
const isAsked = [process.env.ISTHMUS_SLOW_TESTS, process.env.ISTHMUS_REQUIRE_SERVERS].includes('1');

export function testClusterOf(version: string): void {
  const binary = findServer(version) ?? '';
  const skip = binary === '' ? missingServer(version) : isAsked ? false : SLOW;

  describe(`the log on ${version}, three nodes`, { skip }, () => {
    let nats: NatsServers;
    const open = (servers: readonly string[]) =>
      openJetStreamLogs({ servers, federation: FEDERATION, replicas: 3 });

    testLogContract(async () => {
      nats = await startNats(binary, 3);
      return { connect: async () => open(nats.urls), isReplicated: true, end: () => nats.stop() };
    });

    const victims = {
      'the node that the reader is connected to': async () => nats.nodes[0]?.name ?? '',
      'the node that sends to the reader': (cluster: string) => senderOf(nats, cluster),
      'the leader of the stream': (cluster: string) => leaderOf(nats, cluster),
      'the leader of the stream, which only stops,': (cluster: string) => leaderOf(nats, cluster),
    };
    for (const [what, find] of Object.entries(victims)) {
      test(`${what} is lost mid-write: what was acknowledged is read, in order, once`, async (t) => {
        const cluster = `v${Object.keys(victims).indexOf(what)}`;
        const [writing, reading] = [open(nats.urls), open(nats.urls.slice(0, 1))];
        t.after(() => Promise.all([writing.close(), reading.close()]));
        const reader = new Follower(reading.open(cluster));
        await reader.caughtUp(); // of the empty log: from here on it gets every entry
        const written = new Writer(writing.open(cluster));
        await written.until(100);
        await reader.reached(written.positions.at(-1) ?? 0);
        const victim = nats.node(await find(cluster));
        const lost = written.until(150);
        if (what.includes('stops')) victim.pause();
        else await victim.kill();
        await lost;
        await written.until(300);
        await reader.reached(300);
        victim.resume();
        await victim.kill();
        await victim.start();
        await written.until(400);
        await reader.reached(400);
        await reader.stop();
        assert.deepEqual(reader.texts, written.texts);
        assert.deepEqual(reader.positions, written.positions);
        assert.ok(!reader.has('restarted'));
      });
    }

    test('a node is lost with streams that only it had: their clusters are known all the same', async () => {
      const logs = openJetStreamLogs({ servers: nats.urls, federation: 'single' });
      const clusters = ['a', 'b', 'c', 'd', 'e', 'f'];
      for (const cluster of clusters) await logs.open(cluster).head();
      const victim = nats.nodes[2] ?? assert.fail('no third node');
      await victim.kill();
      assert.deepEqual(await clustersOf(logs), clusters);
      await victim.start();
      await logs.close();
    });
  });
}

/** A cluster of servers that lost its leader finds another within seconds. */
async function clustersOf(logs: Logs): Promise<readonly string[]> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await logs.clusters();
    } catch (error) {
      if (!(error instanceof LogUnavailable) || attempts === 4) throw error;
    }
  }
}

/** Appends one entry after the other, each for as long as it takes: nobody else writes. */
class Writer {
  readonly texts: string[] = [];
  readonly positions: Position[] = [];
  readonly #log: EventLog;

  constructor(log: EventLog) {
    this.#log = log;
  }

  async until(count: number): Promise<void> {
    while (this.texts.length < count) {
      const text = `${this.texts.length}`;
      const outcome = await this.#appendForEver(text);
      assert.equal(outcome.kind, 'appended', `${text}: ${JSON.stringify(outcome)}`);
      this.texts.push(text);
      this.positions.push(...outcome.positions);
    }
  }

  async #appendForEver(text: string) {
    const one = entry(this.#log.cluster, `s${this.texts.length % 10}`, text);
    for (;;) {
      try {
        return await this.#log.append(this.positions.at(-1) ?? 0, [one]);
      } catch (error) {
        if (!(error instanceof LogUnavailable)) throw error;
      }
    }
  }
}

function leaderOf(nats: NatsServers, cluster: string): Promise<string> {
  return ask(nats, async (manager) => {
    const info = await manager.streams.info(streamNameOf(FEDERATION, cluster).stream);
    return info.cluster?.leader;
  });
}

function senderOf(nats: NatsServers, cluster: string): Promise<string> {
  return ask(nats, async (manager) => {
    const consumers = manager.consumers.list(streamNameOf(FEDERATION, cluster).stream);
    for await (const { cluster: at } of consumers) return at?.leader;
    return undefined;
  });
}

async function ask(
  nats: NatsServers,
  question: (manager: JetStreamManager) => Promise<string | undefined>,
): Promise<string> {
  const nc = await connect({ servers: [...nats.urls] });
  try {
    const manager = await jetstreamManager(nc, { checkAPI: false });
    return (await question(manager)) ?? assert.fail('no leader');
  } finally {
    await nc.close();
  }
}
