import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { findServer, missingServer } from '../../test/servers/find-server.ts';
import { NATS_VERSIONS, startNats } from '../../test/servers/nats.ts';
import type { Heard } from '../log/heartbeats.ts';
import { openJetStreamLogs } from './jetstream-logs.ts';

for (const version of NATS_VERSIONS) {
  const binary = findServer(version);
  const options = binary === undefined ? { skip: missingServer(version) } : {};
  describe(`heartbeats on ${version}`, options, () => {
    test('silence means nothing without a server, and who listens hears on after', async (t) => {
      const nats = await startNats(binary ?? '', 1);
      const logs = openJetStreamLogs({ servers: nats.urls, federation: 'demo' });
      const ended = new AbortController();
      t.after(async () => {
        ended.abort();
        await logs.close();
        await nats.stop();
      });
      const hearing = logs.heartbeats.hear(ended.signal)[Symbol.asyncIterator]();
      const until = async (kind: Heard['kind']) => {
        for (;;) {
          const { value } = await hearing.next();
          if (value?.kind === kind) return value;
        }
      };
      await until('hearing');
      await nats.nodes[0]?.kill();
      await until('deaf');
      await nats.nodes[0]?.start();
      await until('hearing');
      const beating = setInterval(() => logs.heartbeats.beat('east', Uint8Array.of(1)), 20);
      const beat = await until('beat');
      clearInterval(beating);
      assert.ok(beat.kind === 'beat' && beat.cluster === 'east');
    });

    test('silence means nothing to a user who may not hear', async (t) => {
      const deny = '{ subscribe: { deny: ["isthmus-heartbeat.>"] } }';
      const users = `authorization { users: [{ user: a, password: b, permissions: ${deny} }] }`;
      const nats = await startNats(binary ?? '', 1, users);
      const servers = nats.urls.map((url) => url.replace('//', '//a:b@'));
      const said: string[] = [];
      const onTrouble = (text: string) => said.push(text);
      const logs = openJetStreamLogs({ servers, federation: 'demo', onTrouble });
      const ended = new AbortController();
      t.after(async () => {
        ended.abort();
        await logs.close();
        await nats.stop();
      });
      let hasHeard = false;
      for await (const { kind } of logs.heartbeats.hear(ended.signal)) {
        hasHeard ||= kind === 'hearing';
        if (hasHeard && kind === 'deaf') break;
      }
      assert.match(said.join('\n'), /^Cannot subscribe to "isthmus-heartbeat.demo.\*"/m);
    });
  });
}
