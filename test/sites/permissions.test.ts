/** What the users of deploy/nats/users.conf may do, and may not, on real servers. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { PermissionViolationError } from 'nats';
import { encodeHeartbeat } from '../../libs/event/heartbeat.ts';
import { entry } from '../../libs/log/contract-facts.ts';
import { Follower } from '../../libs/log/follower.ts';
import { type Entry, MARK_TAIL } from '../../libs/log/log.ts';
import { readFlags } from '../../services/isthmus/flags.ts';
import { operate } from '../../services/isthmus/operate.ts';
import { findServer, missingServer } from '../servers/find-server.ts';
import { NATS_VERSIONS, type NatsServer } from '../servers/nats.ts';
import { deployedPorts } from '../servers/nats-deployed.ts';
import { FEDERATION, GivenNats } from './given-nats.ts';

const STREAM = `isthmus-${FEDERATION}`;

for (const version of NATS_VERSIONS) {
  const binary = findServer(version) ?? '';
  describe(`users on ${version}`, { skip: binary === '' && missingServer(version) }, () => {
    let given: GivenNats;
    let server: NatsServer;
    before(async () => {
      given = new GivenNats(binary, version);
      server = await given.deployment.server('secured.conf', await deployedPorts());
      await server.start();
      for (const cluster of ['east', 'west', '_control']) await given.prepare(server, cluster);
    });
    after(() => given?.end());

    test('a watcher does all that it does: take over, tell, beat, stand by, read back', async () => {
      const hearing = new AbortController();
      const first = await given.watcher(server, 'east');
      await until(given, () => first.status().state === 'synced');
      const heard = heardFrom(given, server, 'east', hearing.signal);
      const { position } = first.status();
      const second = await given.watcher(server, 'east');
      await until(
        given,
        () => second.status().state === 'synced' && first.status().state === 'standby',
      );
      // It has read what the first told, and found no difference.
      assert.equal(second.status().position, position + 2);
      await heard;
      hearing.abort();
      await second.stop();
      await first.stop();
      assert.doesNotMatch(given.said.join('\n'), /forbids/);
    });

    test('a watcher forgets what is long gone', async () => {
      const log = given.logs(server, 'west').open('west');
      const { position } = await log.head();
      const gone = of('west', 'gone');
      const outdated = { subject: gone.subject, position: position + 1 };
      const mark = { ...of('west', MARK_TAIL.slice(1)), forgets: outdated.position };
      await log.append(position, [gone, mark]);
      await log.forget([outdated]);
      assert.equal(await log.lastOf(outdated.subject), undefined);
    });

    test("an operator's words all have the rights that they need", async () => {
      const watcher = await given.watcher(server, 'east');
      await until(given, () => watcher.status().state === 'synced');
      const flags = given.flagsOf(server, 'operator');
      const at = `${watcher.status().position}`;
      for (const [verb, expected, ...words] of [
        ['status', /east .*live/],
        ['clusters', /east .*live/],
        ['drain', /east/, 'east'],
        ['restore', /east/, 'east'],
        ['pin', /shop\/web/, 'shop/web', '--at', at, '--cluster', 'east'],
        ['unpin', /shop\/web/, 'shop/web', '--cluster', 'east'],
        ['release', /east/, 'east'],
      ] as const) {
        const read = readFlags([...words, ...flags], {});
        const signal = AbortSignal.timeout(20_000);
        const said = await operate({ flags: read.flags, signal }, verb, read.words);
        assert.match(said, expected, `${verb} says ${said}`);
      }
      await watcher.stop();
    });

    test('a resolver makes no log: who has not prepared one is told', async () => {
      await assert.rejects(given.logs(server, 'resolver').open('north').head(), {
        message: new RegExp(
          `^Cannot publish to "\\$JS.API.STREAM.CREATE.${STREAM}-north": the NATS server forbids it`,
        ),
      });
    });

    test('a watcher of another cluster says what it may not do', async () => {
      const log = given.logs(server, 'east').open('north');
      await assert.rejects(log.head(), {
        name: 'LogUnavailable',
        message:
          `Cannot publish to "$JS.API.STREAM.INFO.${STREAM}-north": the NATS server forbids it ` +
          'to this user; expected one with the permissions in deploy/nats/README.md',
      });
    });

    const forbidden: readonly (readonly [
      user: string,
      what: string,
      subjects: readonly string[],
    ])[] = [
      [
        'east',
        'speak for another cluster',
        [
          `isthmus.${FEDERATION}.west.service.shop.web`,
          `isthmus.${FEDERATION}._control.drain.west`,
          `isthmus-heartbeat.${FEDERATION}.west`,
        ],
      ],
      [
        'east',
        'read what another cluster tells',
        [
          `$JS.API.STREAM.MSG.GET.${STREAM}-west`,
          `$JS.API.DIRECT.GET.${STREAM}-west`,
          `$JS.API.CONSUMER.CREATE.${STREAM}-west`,
        ],
      ],
      [
        'east',
        'make, change or delete a stream',
        [
          `$JS.API.STREAM.CREATE.${STREAM}-east`,
          `$JS.API.STREAM.UPDATE.${STREAM}-east`,
          `$JS.API.STREAM.DELETE.${STREAM}-east`,
          `$JS.API.STREAM.PURGE.${STREAM}-east`,
          `$JS.API.STREAM.MSG.DELETE.${STREAM}-west`,
          `$JS.API.STREAM.RESTORE.${STREAM}-east`,
        ],
      ],
      [
        'resolver',
        'tell for a cluster, or change a stream',
        [
          `isthmus.${FEDERATION}.east.service.shop.web`,
          `isthmus-heartbeat.${FEDERATION}.east`,
          `$JS.API.STREAM.CREATE.${STREAM}-east`,
          `$JS.API.STREAM.UPDATE.${STREAM}-east`,
          `$JS.API.STREAM.DELETE.${STREAM}-east`,
          `$JS.API.STREAM.PURGE.${STREAM}-east`,
        ],
      ],
    ];
    for (const [user, what, subjects] of forbidden) {
      test(`${user} may not ${what}`, async () => {
        const client = await given.client(server, user);
        for (const subject of subjects) {
          const refused = client.request(subject, '{}').catch((error: Error) => error.cause);
          assert.ok((await refused) instanceof PermissionViolationError, subject);
        }
      });
    }

    const unheard: readonly (readonly [user: string, subjects: readonly string[]])[] = [
      ['east', ['_INBOX.>', `_INBOX.isthmus.${FEDERATION}._resolver.>`, 'isthmus.>', '$JS.>', '>']],
      ['resolver', ['_INBOX.>', `_INBOX.isthmus.${FEDERATION}.east.>`, 'isthmus.>', '>']],
      ['operator', ['_INBOX.>', `_INBOX.isthmus.${FEDERATION}.east.>`, '>']],
    ];
    for (const [user, subjects] of unheard) {
      test(`${user} may not hear others: ${subjects.join(', ')}`, async () => {
        const client = await given.client(server, user);
        for (const subject of subjects) {
          const refused = new Promise((done) => client.subscribe(subject, { callback: done }));
          assert.ok((await refused) instanceof PermissionViolationError, subject);
        }
      });
    }

    test('a resolver reads every log, and tells the control log', async () => {
      const logs = given.logs(server, 'resolver');
      assert.deepEqual(await logs.clusters(), ['east', 'west']);
      const west = given.logs(server, 'west').open('west');
      const head = await west.head();
      await west.append(head.position, [of('west', 'a')]);
      const reader = new Follower(logs.open('west'));
      await reader.reached(head.position + 1);
      await reader.stop();
      const control = logs.open('_control');
      const { position } = await control.head();
      const outcome = await control.append(position, [of('_control', 'drain')]);
      assert.deepEqual(outcome, { kind: 'appended', positions: [position + 1] });
    });

    test('who appends to the log of another is told so at once', async () => {
      for (const [user, cluster] of [
        ['resolver', 'west'],
        ['west', '_control'],
      ] as const) {
        const log = given.logs(server, user).open(cluster);
        await assert.rejects(log.append(0, [of(cluster, 'a')]), {
          name: 'LogUnavailable',
          message: new RegExp(
            `^Cannot publish to "isthmus.${FEDERATION}.${cluster}.>": the NATS server forbids it`,
          ),
        });
      }
    });

    test('a heartbeat that is forbidden is told once, not every five seconds', async () => {
      const { heartbeats } = given.logs(server, 'west');
      await given.logs(server, 'west').open('west').head();
      const beat = encodeHeartbeat({
        writer: 'w',
        role: 'writer',
        state: 'synced',
        incarnation: '',
        position: 0,
        counts: {},
      });
      const denial = `Cannot publish to "isthmus-heartbeat.${FEDERATION}.east"`;
      const denials = () => given.said.filter((text) => text.startsWith(denial)).length;
      await until(given, () => {
        heartbeats.beat('east', beat);
        return denials() > 0;
      });
      for (let i = 0; i < 10; i++) heartbeats.beat('east', beat);
      await given.logs(server, 'west').open('west').head();
      assert.equal(denials(), 1);
    });
  });
}

function of(cluster: string, name: string): Entry {
  return { ...entry(cluster, name, name), subject: `isthmus.${FEDERATION}.${cluster}.${name}` };
}

async function heardFrom(
  given: GivenNats,
  server: NatsServer,
  cluster: string,
  signal: AbortSignal,
) {
  const { heartbeats } = given.logs(server, 'resolver');
  for await (const heard of heartbeats.hear(signal)) {
    if (heard.kind === 'hearing') heartbeats.ask();
    if (heard.kind === 'beat' && heard.cluster === cluster) return;
  }
  assert.fail('nothing was heard');
}

async function until(given: GivenNats, holds: () => boolean): Promise<void> {
  const deadlineMs = Date.now() + 30_000;
  while (!holds()) {
    assert.ok(Date.now() < deadlineMs, `it never was; ${given.said.join('\n')}`);
    await delay(10);
  }
}
