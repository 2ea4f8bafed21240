/** The control log on a real NATS, which can lose it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from 'nats';
import { SYSTEM_CLOCK } from '../../../libs/clock/clock.ts';
import { CONTROL } from '../../../libs/event/control.ts';
import { openJetStreamLogs } from '../../../libs/log-jetstream/jetstream-logs.ts';
import { createLog } from '../../../libs/telemetry/log.ts';
import { findServer, missingServer } from '../../../test/servers/find-server.ts';
import { NATS_VERSIONS, startNats } from '../../../test/servers/nats.ts';
import { ControlLog } from './control-log.ts';

for (const version of NATS_VERSIONS) {
  const binary = findServer(version) ?? '';
  describe(`the control log on ${version}`, {
    skip: binary === '' && missingServer(version),
  }, () => {
    test('that was made anew has no word of before, and a warning says which', async (t) => {
      const nats = await startNats(binary, 1);
      const logs = openJetStreamLogs({ servers: nats.urls, federation: 'demo' });
      const ended = new AbortController();
      const lines: string[] = [];
      let changed = () => {};
      const untilChanged = () => new Promise<void>((done) => (changed = done));
      const control = new ControlLog({
        federation: 'demo',
        eventLog: logs.open(CONTROL),
        kept: async () => undefined,
        changed: () => changed(),
        clock: SYSTEM_CLOCK,
        uuid: () => crypto.randomUUID(),
        log: createLog((line) => lines.push(line)),
        signal: ended.signal,
      });
      const read = untilChanged();
      const following = control.follow();
      t.after(async () => {
        ended.abort();
        await logs.close();
        await following;
        await nats.stop();
      });
      await read;
      const of = { cluster: 'west', namespace: 'shop', name: 'web' };
      const said = [
        { kind: 'drained', cluster: 'east' },
        { kind: 'pinned', ...of, at: 7, objects: [] },
      ] as const;
      assert.equal(await control.append(said), 2);
      while (control.state.pins.size === 0) await untilChanged();

      const nc = await connect({ servers: [...nats.urls] });
      const anew = untilChanged();
      await (await jetstreamManager(nc)).streams.delete(`isthmus-demo-${CONTROL}`);
      await nc.close();
      await anew;
      assert.deepEqual([control.state.drained.size, control.state.pins.size], [0, 0]);
      assert.match(
        lines.join('\n'),
        /control log: it was made anew .* drain east, pin of west\/shop\/web; expected an operator/,
      );
    });
  });
}
