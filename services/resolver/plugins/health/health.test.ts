import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { directives } from '../../../../test/plugin/directives.ts';
import { getPage } from '../../../../test/plugin/get-page.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import { freePort } from '../../../../test/servers/free-port.ts';
import { createHealthSetup, setup } from './setup.ts';

describe('health', () => {
  test('says OK', async () => {
    const { context } = setupContext();
    setup(directives('health 127.0.0.1:0'), context);
    assert.deepEqual(await getPage(context.http, '/health'), { status: 200, text: 'OK' });
  });

  test('makes the end wait for lameduck', async () => {
    const { context, lines } = setupContext();
    const plugin = setup(directives('health {\n lameduck 1ms\n}'), context);
    await plugin.drain?.();
    assert.deepEqual(lines, ['[INFO] plugin/health: going into lameduck for 0.001s']);
  });

  test('may be repeated: what each says counts', async () => {
    const { context, lines } = setupContext();
    const twice = 'health 127.0.0.1:0\nhealth {\n lameduck 1ms\n}';
    await setup(directives(twice), context).drain?.();
    assert.equal(lines.length, 1);
    assert.deepEqual(await getPage(context.http, '/health'), { status: 200, text: 'OK' });
  });

  test('without lameduck does not wait', async () => {
    const { context, lines } = setupContext();
    await setup(directives('health'), context).drain?.();
    assert.deepEqual(lines, []);
  });

  test('asks itself each second, and counts how long it took and how often it failed', async () => {
    const { context, lines } = setupContext();
    let nowMs = 0;
    let work = async () => {};
    let stopped = 0;
    const setupHere = createHealthSetup({
      nowMs: () => (nowMs += 20),
      every: (ms, look) => {
        assert.equal(ms, 1000);
        work = look;
        return () => stopped++;
      },
    });
    const plugin = setupHere(directives(`health 127.0.0.1:${await freePort()}`), context);
    await context.http.open();
    plugin.opened?.();
    await work();
    assert.deepEqual(lines, []);
    await context.http.close();
    await work();
    assert.match(
      lines.join(),
      /^\[WARNING\] plugin\/health: the request to 127.* failed: .*ECONNREF/,
    );
    const text = await context.metrics.text();
    assert.match(text, /^coredns_health_request_duration_seconds_bucket\{le="0.0025"\} 0$/m);
    assert.match(text, /^coredns_health_request_duration_seconds_bucket\{le="0.25"\} 2$/m);
    assert.match(text, /^coredns_health_request_failures_total 1$/m);
    await plugin.stop?.();
    assert.equal(stopped, 1);
  });

  const refused: readonly (readonly [lines: string, message: RegExp])[] = [
    ['health 8080', /Corefile:2: Cannot read the address "8080"/],
    ['health :1 :2', /it has 2 arguments; expected at most an address/],
    ['health {\n lameduck 5\n}', /Corefile:3: Cannot read the lameduck "5": it is no duration/],
    ['health {\n foo\n}', /Corefile:3: .* expected one of lameduck/],
  ];
  for (const [lines, message] of refused) {
    test(`refuses ${JSON.stringify(lines)}`, () => {
      assert.throws(() => setup(directives(lines), setupContext().context), message);
    });
  }
});
