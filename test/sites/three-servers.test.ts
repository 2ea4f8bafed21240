/** Three servers from deploy/nats/cluster, a copy of the log on each: one is lost, and no event. */
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { jetstreamManager } from '@nats-io/jetstream';
import { Follower } from '../../libs/log/follower.ts';
import { type Entry, type EventLog, LogUnavailable } from '../../libs/log/log.ts';
import { findServer, missingServer } from '../servers/find-server.ts';
import { NATS_VERSIONS, type NatsServer } from '../servers/nats.ts';
import { deployedPorts } from '../servers/nats-deployed.ts';
import { FEDERATION, type GivenNats, givenNats } from './given-nats.ts';

/** A cluster takes 5 s to come up, and as long again to replace a leader. */
const SLOW = 'slow: set ISTHMUS_SLOW_TESTS=1 or ISTHMUS_REQUIRE_SERVERS=1 to run it';
const isAsked = [process.env.ISTHMUS_SLOW_TESTS, process.env.ISTHMUS_REQUIRE_SERVERS].includes('1');
const SERVERS: readonly string[] = ['nats-1', 'nats-2', 'nats-3'];

for (const version of NATS_VERSIONS) {
  const binary = findServer(version) ?? '';
  const skip = binary === '' ? missingServer(version) : isAsked ? false : SLOW;
  describe(`three servers of ${version}`, { skip }, () => {
    test('the leader of a log is lost: it goes on, with all that was acknowledged', async (t) => {
      const { given, servers } = await startThree(t, binary, version);
      const made = await given.prepare(servers[0], 'east', { replicas: 3 });
      assert.deepEqual(made, { what: 'made', position: 0, replicas: 3, origin: undefined });
      const writing = given.logs(servers, 'east').open('east');
      for (let i = 0; i < 20; i++) await append(writing, i);
      const leader = await leaderOf(given, servers[0]);
      await (servers[SERVERS.indexOf(leader)] ?? assert.fail('no leader')).kill();
      for (let i = 20; i < 40; i++) await append(writing, i);
      const reader = new Follower(given.logs(servers, 'resolver').open('east'));
      await reader.reached(40);
      await reader.stop();
      assert.deepEqual(
        reader.positions,
        Array.from({ length: 40 }, (_, i) => i + 1),
      );
    });

    test('a log of one copy is given three by who asks for them', async (t) => {
      const { given, servers } = await startThree(t, binary, version);
      const [server] = servers;
      await given.prepare(server, 'east');
      const changed = await given.prepare(server, 'east', { replicas: 3 });
      assert.equal(changed.what, 'changed');
      assert.equal(changed.replicas, 3);
      assert.equal((await given.prepare(server, 'east')).what, 'there'); // and it keeps them
    });
  });
}

async function startThree(t: TestContext, binary: string, version: string) {
  const given = givenNats(t, binary, version);
  const ports = [await deployedPorts(), await deployedPorts(), await deployedPorts()] as const;
  const hosts = Object.fromEntries(
    SERVERS.map((name, i) => [`${name}:6222`, `127.0.0.1:${ports[i]?.cluster}`]),
  );
  const server = (i: 0 | 1 | 2) =>
    given.deployment.server(`cluster/${SERVERS[i]}.conf`, ports[i], hosts);
  const servers = [await server(0), await server(1), await server(2)] as const;
  await Promise.all(servers.map((one) => one.start()));
  return { given, servers };
}

async function leaderOf(given: GivenNats, server: NatsServer): Promise<string> {
  const manager = await jetstreamManager(await given.client(server, 'operator'));
  const { cluster } = await manager.streams.info(`isthmus-${FEDERATION}-east`);
  return cluster?.leader ?? assert.fail('no leader');
}

/** For as long as it takes: nobody else writes. */
async function append(log: EventLog, after: number): Promise<void> {
  const subject = `isthmus.${FEDERATION}.east.service.shop.s${after}`;
  const one: Entry = { subject, data: new Uint8Array([1]), id: crypto.randomUUID() };
  for (;;) {
    try {
      const outcome = await log.append(after, [one]);
      assert.deepEqual(outcome, { kind: 'appended', positions: [after + 1] });
      return;
    } catch (error) {
      if (!(error instanceof LogUnavailable)) throw error;
    }
  }
}
