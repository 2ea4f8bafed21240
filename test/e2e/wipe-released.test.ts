/**
 * An API server that comes back without its data, and stays so: its names go when an operator
 * releases them. What a minute confirms, services/watcher/holds.test.ts shows.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { short } from './ask.ts';
import { IsthmusProcess } from './isthmus-process.ts';
import { Throughout } from './throughout.ts';
import { HOLDS, startWipeWorld, wipeWorldMissing } from './wipe-world.ts';

const NAME = 'db-7.shop.svc.cluster.local';

describe('an API server that stays empty', { skip: wipeWorldMissing ?? false }, () => {
  test('costs its names by the word of an operator', async (t) => {
    const { api, byKubeconfig, byDirective, watcher, resolver, ...rest } = await startWipeWorld(t);
    const embedded = [byKubeconfig, byDirective];
    await api.restartEmpty();
    for (const { process } of embedded) await process.says(HOLDS);
    await watcher.says(HOLDS);

    const unheld = new Throughout(
      embedded.map(({ port }) => port),
      rest.names,
    );
    const isDenied = async (port: number) => (await short(port, NAME)) === 'NXDOMAIN';
    const release = new IsthmusProcess(['release', 'east', '--log', rest.log]);
    t.after(() => release.kill());
    assert.equal(await release.exit(), 0);
    assert.match(release.output, /east: the removal of \d+ of \d+ objects is released/);
    await resolver.process.until(() => isDenied(resolver.port), 'what was released is gone');
    await unheld.settled();
    assert.deepEqual(unheld.wrong, []);

    const again = new IsthmusProcess(['release', 'east', '--log', rest.log]);
    t.after(() => again.kill());
    assert.equal(await again.exit(), 0);
    assert.match(again.output, /east: no removals are held/);
  });
});
