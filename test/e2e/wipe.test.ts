/**
 * An API server that comes back without its data lists nothing, and no name goes for that: here it
 * is restored within a minute.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { short } from './ask.ts';
import { headless, PATHS, slice } from './objects.ts';
import { Throughout } from './throughout.ts';
import { HOLDS, HOLDS_NO_MORE, startWipeWorld, wipeWorldMissing } from './wipe-world.ts';

describe('an API server that comes back empty', { skip: wipeWorldMissing ?? false }, () => {
  test('and is restored within a minute never costs a name', async (t) => {
    const { api, byKubeconfig, byDirective, watcher, resolver, ...rest } = await startWipeWorld(t);
    const served = [byKubeconfig, byDirective, resolver];
    const holders = [byKubeconfig.process, byDirective.process, watcher];
    const ports = served.map(({ port }) => port);
    const asking = [
      new Throughout(ports, rest.names),
      new Throughout([byKubeconfig.port, resolver.port], rest.exported),
    ];
    await api.restartEmpty();
    for (const process of holders) await process.says(HOLDS);
    assert.match(await rest.metrics(), /isthmus_cluster_held_removals\{[^}]*\} [1-9]/);
    await api.restartRestored();
    for (const process of holders) await process.says(HOLDS_NO_MORE);
    for (const one of asking) await one.settled();
    assert.deepEqual(
      asking.flatMap(({ wrong }) => wrong),
      [],
    );
    await api.must('POST', PATHS.services, headless('new'));
    await api.must('POST', PATHS.slices, slice('new', '10.1.0.99'));
    for (const { port, process } of served) {
      const isNew = async () => (await short(port, 'new.shop.svc.cluster.local')) === '10.1.0.99';
      await process.until(isNew, 'what is new is told');
    }
    await byDirective.process.until(
      async () => /isthmus_cluster_held_removals\{[^}]*\} 0/.test(await rest.metrics()),
      'nothing is held',
    );
  });
});
