/**
 * A site and the hub, from deploy/nats/leaf.conf and hub.conf, with a wide area network between
 * them that is cut: the watcher goes on appending, and the hub catches up.
 */
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { encodeHeartbeat } from '../../libs/event/heartbeat.ts';
import { Follower } from '../../libs/log/follower.ts';
import type { Entry, EventLog, Logs } from '../../libs/log/log.ts';
import { CutProxy } from '../servers/cut-proxy.ts';
import { findServer, missingServer } from '../servers/find-server.ts';
import { NATS_VERSIONS, type NatsServer } from '../servers/nats.ts';
import { deployedPorts } from '../servers/nats-deployed.ts';
import { FEDERATION, type GivenNats, givenNats } from './given-nats.ts';

interface Sites {
  readonly given: GivenNats;
  readonly hub: NatsServer;
  readonly east: NatsServer;
  readonly wan: CutProxy;
}

for (const version of NATS_VERSIONS) {
  const binary = findServer(version) ?? '';
  const skip = binary === '' && missingServer(version);
  describe(`a site and the hub on ${version}`, { skip }, () => {
    test('the hub has the log of the site, at the same positions, and hears its watcher', async (t) => {
      const sites = await startSites(t, binary, version);
      const { given, hub, east } = sites;
      const made = await given.prepare(hub, 'east', { mirrorOf: 'east' });
      assert.deepEqual(made, { what: 'made', position: 0, replicas: 1, origin: 0 });
      const watcher = await given.watcher(east, 'east');
      await until(sites, () => watcher.status().state === 'synced');
      const resolver = given.logs(hub, 'resolver');
      assert.deepEqual(await resolver.clusters(), ['east']);
      const [here, there] = [readAll(given.logs(east, 'east')), readAll(resolver)];
      const { position } = watcher.status();
      await here.reached(position);
      await there.reached(position);
      await Promise.all([here.stop(), there.stop()]);
      assert.deepEqual(there.positions, here.positions);
      assert.deepEqual(there.state, here.state);
      assert.deepEqual(await beatOf(resolver), 'east');
      const again = await given.prepare(hub, 'east', { mirrorOf: 'east' });
      assert.deepEqual(again, { what: 'there', position, replicas: 1, origin: position });
      assert.doesNotMatch(given.said.join('\n'), /forbids/);
    });

    test('a long log is mirrored to its end: the hub may say how fast', async (t) => {
      const { given, hub, east } = await startSites(t, binary, version);
      const log = given.logs(east, 'east').open('east');
      // Beyond what is sent to a mirror ahead of its word, which is a megabyte or so.
      const data = new Uint8Array(200_000);
      for (let i = 0; i < 40; i++) await append(log, i, data);
      await given.prepare(hub, 'east', { mirrorOf: 'east' });
      const reader = readAll(given.logs(hub, 'resolver'));
      await reader.reached(40);
      await reader.stop();
    });

    test('a site can speak for itself only', async (t) => {
      const sites = await startSites(t, binary, version);
      const { given, hub, east } = sites;
      await given.prepare(hub, '_control');
      const operator = await given.client(east, 'operator'); // with all rights, at the site
      const resolver = given.logs(hub, 'resolver');
      const { heartbeats } = resolver;
      const hearing = new AbortController();
      const heard: string[] = [];
      const listening = (async () => {
        for await (const one of heartbeats.hear(hearing.signal)) {
          if (one.kind === 'beat') heard.push(one.cluster);
        }
      })();
      const watcher = given.logs(east, 'east');
      await until(sites, () => {
        for (const subject of [
          `isthmus-heartbeat.${FEDERATION}.west`,
          `isthmus.${FEDERATION}._control.drain.west`,
          `isthmus.${FEDERATION}.west.service.shop.web`,
        ]) {
          operator.publish(subject, 'forged');
        }
        watcher.heartbeats.beat('east', BEAT);
        return heard.length > 2; // what was sent before these has come, or never will
      });
      hearing.abort();
      await listening;
      assert.deepEqual([...new Set(heard)], ['east']);
      assert.equal((await resolver.open('_control').head()).position, 0);
    });

    test('while the WAN is cut the site appends; the hub catches up, at the same positions', async (t) => {
      const sites = await startSites(t, binary, version);
      const { given, hub, east, wan } = sites;
      await given.prepare(hub, 'east', { mirrorOf: 'east' });
      const log = given.logs(east, 'east').open('east');
      const resolver = given.logs(hub, 'resolver');
      const reader = readAll(resolver);
      await append(log, 0);
      await reader.reached(1);
      wan.goAway();
      await untilSites(hub, 0);
      for (let i = 1; i < 50; i++) await append(log, i);
      assert.equal((await resolver.open('east').head()).position, 1);
      wan.comeBack();
      const begun = performance.now();
      await reader.reached(50);
      t.diagnostic(`after the cut: ${Math.round(performance.now() - begun)} ms`);
      await append(log, 50);
      await reader.reached(51);
      await reader.stop();
      assert.deepEqual(reader.positions, positions(51));
      assert.ok(!reader.has('restarted'));
    });

    test('a mirror of a log that was made anew is made anew, and readers start over', async (t) => {
      const sites = await startSites(t, binary, version);
      const { given, hub, east } = sites;
      await given.prepare(hub, 'east', { mirrorOf: 'east' });
      const log = given.logs(east, 'east').open('east');
      for (let i = 0; i < 5; i++) await append(log, i);
      const reader = readAll(given.logs(hub, 'resolver'));
      await reader.reached(5);
      const operator = await given.client(east, 'operator');
      await operator.request(`$JS.API.STREAM.DELETE.isthmus-${FEDERATION}-east`, '');
      await delay(1100); // NATS 2.9 deletes files of its successor before that
      await given.prepare(east, 'east');
      const anew = given.logs(east, 'east').open('east');
      for (let i = 0; i < 7; i++) await append(anew, i);
      const prepared = await given.prepare(hub, 'east', { mirrorOf: 'east' });
      assert.equal(prepared.what, 'anew');
      await reader.until(() => reader.has('restarted'));
      await reader.reached(7);
      await reader.stop();
      const { what } = await given.prepare(hub, 'east', { mirrorOf: 'east' });
      assert.equal(what, 'there');
    });

    test("an operator at the hub reads and appends to the site's own log", async (t) => {
      const { given, hub, east } = await startSites(t, binary, version);
      await given.prepare(hub, 'east', { mirrorOf: 'east' });
      const log = given.logs(hub, 'operator', 'east').open('east');
      await append(log, 0);
      const reader = new Follower(log);
      await reader.reached(1);
      await reader.stop();
      assert.equal((await given.logs(east, 'east').open('east').head()).position, 1);
    });

    test('a log is not made a mirror, nor a mirror a log', async (t) => {
      const { given, hub, east } = await startSites(t, binary, version);
      await assert.rejects(given.prepare(east, 'east', { mirrorOf: 'hub' }), {
        message:
          'Cannot prepare stream "isthmus-default-east": it is the log itself; ' +
          'expected a mirror of domain hub, or nothing there',
      });
      await given.prepare(hub, 'east', { mirrorOf: 'east' });
      await assert.rejects(given.prepare(hub, 'east'), {
        message:
          'Cannot prepare stream "isthmus-default-east": it is a mirror of $JS.east.API; ' +
          'expected the log itself, or nothing there',
      });
    });

    test('what the hub can not reach it mirrors later; the operator is told', async (t) => {
      const { given, hub, wan } = await startSites(t, binary, version);
      wan.goAway();
      await untilSites(hub, 0);
      const { what, origin } = await given.prepare(hub, 'east', { mirrorOf: 'east' });
      assert.equal(what, 'made');
      assert.equal(origin, 'nobody answers in domain east');
    });
  });
}

const BEAT = encodeHeartbeat({
  writer: 'w',
  role: 'writer',
  state: 'synced',
  incarnation: '',
  position: 0,
  counts: {},
});

/** The site's log is made, as the site's operator does. */
async function startSites(t: TestContext, binary: string, version: string): Promise<Sites> {
  const given = givenNats(t, binary, version);
  const { deployment } = given;
  const [hubPorts, leafPorts] = [await deployedPorts(), await deployedPorts()];
  const wan = await CutProxy.start(hubPorts.leaf);
  t.after(() => wan.stop());
  // NATS 2.9 tells leaves its address all the same; here that would be a way around the WAN.
  const around = { 'no_advertise: true': `advertise: "127.0.0.1:${wan.port}"` };
  const isOld = version.endsWith(' 2.9');
  const hub = await deployment.server('hub.conf', hubPorts, isOld ? around : {});
  await hub.start();
  const secret = `leaf-east:${encodeURIComponent(deployment.password('leaf-east'))}`;
  const east = await deployment.server('leaf.conf', leafPorts, {
    $NATS_HUB_URL: JSON.stringify(`tls://${secret}@127.0.0.1:${wan.port}`),
  });
  await east.start();
  await given.prepare(east, 'east');
  const sites = { given, hub, east, wan };
  await untilSites(hub, 1);
  return sites;
}

/** Waits until so many are connected to the hub. */
async function untilSites(hub: NatsServer, count: number): Promise<void> {
  for (;;) {
    const answer = await fetch(`${hub.monitor}/leafz`);
    const said: unknown = await answer.json();
    if (
      typeof said === 'object' &&
      said !== null &&
      'leafnodes' in said &&
      said.leafnodes === count
    ) {
      return;
    }
    await delay(20);
  }
}

function readAll(logs: Logs): Follower {
  return new Follower(logs.open('east'));
}

async function append(log: EventLog, after: number, data = new Uint8Array([1])): Promise<void> {
  const subject = `isthmus.${FEDERATION}.east.service.shop.s${after}`;
  const one: Entry = { subject, data, id: crypto.randomUUID() };
  assert.deepEqual(await log.append(after, [one]), { kind: 'appended', positions: [after + 1] });
}

function positions(to: number): readonly number[] {
  return Array.from({ length: to }, (_, i) => i + 1);
}

async function beatOf({ heartbeats }: Logs): Promise<string> {
  const found = new AbortController();
  try {
    for await (const heard of heartbeats.hear(found.signal)) {
      if (heard.kind === 'hearing') heartbeats.ask();
      if (heard.kind === 'beat') return heard.cluster;
    }
  } finally {
    found.abort();
  }
  return assert.fail('nothing was heard');
}

async function until({ given }: Sites, holds: () => boolean): Promise<void> {
  const deadlineMs = Date.now() + 20_000;
  while (!holds()) {
    assert.ok(Date.now() < deadlineMs, `it never was; ${given.said.join('\n')}`);
    await delay(10);
  }
}
