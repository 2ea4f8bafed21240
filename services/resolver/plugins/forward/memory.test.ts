import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { askPlugin } from '../../../../test/plugin/ask-plugin.ts';
import { answerTo, type Script } from '../../../../test/servers/upstream.ts';
import { at, garbage, givenForward, givenUpstreams, shown } from './given-forward.ts';
import { Memory } from './memory.ts';

const answers: Script = (query) => [answerTo(query, [`${query.question?.name} 60 IN A 192.0.2.1`])];

test('a server that is down is so for the directive that comes after a reload', async (t) => {
  let isDown = true;
  const script: Script = (query, via) => (isDown ? garbage : answers)(query, via);
  const [down, up] = await givenUpstreams(t, script, answers);
  assert.ok(down && up);
  const { plugin, metrics, configure } = givenForward(
    t,
    `forward . ${at(down)} ${at(up)} {\n policy sequential\n max_fails 1\n health_check 1ms\n}`,
  );
  await askPlugin(plugin, 'a.example.', 'A');
  const failures = /healthcheck_failures_total\{.*\} (\d+)$/m;
  while (Number(failures.exec(await metrics.text())?.[1] ?? 0) < 2) await sleep(5);
  const asked = down.asked.length;
  const next = configure();
  t.after(async () => next.stop?.());
  await plugin.stop?.();
  assert.deepEqual(shown(await askPlugin(next, 'b.example.', 'A')), [
    'b.example. 60 IN A 192.0.2.1',
  ]);
  assert.equal(down.asked.length, asked, 'a server that is down is not asked');
  isDown = false;
  // It is probed, by who goes on.
  while (down.asked.length === asked) await askPlugin(next, 'c.example.', 'A');
});

test('what nobody asks any more is forgotten', () => {
  const memory = new Memory();
  const server = { transport: 'dns', address: '192.0.2.1', port: 53 } as const;
  const [first, second] = [memory.hold(server), memory.hold(server)];
  first.remembered.fails = 3;
  first.letGo();
  assert.equal(memory.hold(server).remembered, second.remembered);
  assert.equal(memory.hold({ ...server, port: 54 }).remembered.fails, 0);
  assert.equal(memory.hold(server, 'another CA').remembered.fails, 0);
  const alone = new Memory();
  const before = alone.hold(server);
  before.remembered.fails = 3;
  before.letGo();
  assert.equal(alone.hold(server).remembered.fails, 0);
});
