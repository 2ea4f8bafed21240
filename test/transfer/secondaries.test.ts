/** Real secondaries follow a zone of ours: NOTIFY tells them, IXFR brings what changed. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { describe, test } from 'node:test';
import { findServer, missingServer } from '../servers/find-server.ts';
import { freePort } from '../servers/free-port.ts';
import type { Secondary } from './secondary.ts';
import { SECONDARIES, SECRET, startSecondary } from './secondary.ts';
import type { ServedZone } from './serve-zone.ts';
import { serveZone } from './serve-zone.ts';

/** What happens to web.a.test., and what it is then. */
const CHANGES: readonly (readonly [change: (zone: ServedZone) => void, answer: string])[] = [
  [({ put }) => put('web.a.test. 5 IN A 192.0.2.1'), '192.0.2.1'],
  [({ put }) => put('web.a.test. 5 IN A 192.0.2.2'), '192.0.2.2'],
  [({ remove }) => remove('web.a.test.'), 'NXDOMAIN'],
  [({ put }) => put('web.a.test. 5 IN A 192.0.2.3'), '192.0.2.3'],
];

const follow = async (t: TestContext, secondary: Secondary, found: string) => {
  const port = await freePort();
  const primary = await serveZone(
    t,
    `tsig {
       secret key.test ${SECRET}
       require all
     }
     transfer {
       to 127.0.0.1:${port} key key.test
     }`,
  );
  primary.put('a.test. 5 IN NS ns.a.test.', 'ns.a.test. 5 IN A 192.0.2.53');
  primary.seal(1);
  const place = { zone: 'a.test', port, primary: primary.port };
  const until = await startSecondary(t, secondary, found, place);
  await until('ns.a.test', '192.0.2.53');
  return { primary, until };
};

for (const secondary of SECONDARIES) {
  const { binary } = secondary;
  const found = findServer(binary);
  const skip = found === undefined && missingServer(binary);
  describe(`${binary} follows a zone`, { skip }, () => {
    test('by signed NOTIFY and IXFR, change by change', async (t) => {
      const { primary, until } = await follow(t, secondary, found ?? '');
      for (const [i, [change, answer]] of CHANGES.entries()) {
        change(primary);
        // A serial of which nothing changed lies between.
        primary.seal(10 * i + 11);
        primary.seal(10 * i + 12);
        await until('web.a.test', answer);
      }
      const text = await primary.metrics.text();
      const count = (metric: string) =>
        Number(new RegExp(`^isthmus_transfer_${metric} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
      assert.equal(count('responses_total{zone="a.test.",kind="axfr"}'), 1);
      assert.ok(count('responses_total{zone="a.test.",kind="ixfr"}') >= CHANGES.length);
      assert.ok(count('notifies_total{zone="a.test.",outcome="answered"}') >= CHANGES.length);
    });
  });
}
