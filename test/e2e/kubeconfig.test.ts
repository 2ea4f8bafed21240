/** `isthmus up --kubeconfig FILE`: the contexts of a kubeconfig, federated by one process. */
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { startApiServer } from '../cluster/apiserver.ts';
import { apiServerMissing } from '../cluster/needs-api-server.ts';
import { freePort } from '../servers/free-port.ts';
import { makeTempDirectory } from '../servers/temp-directory.ts';
import { short } from './ask.ts';
import { IsthmusProcess } from './isthmus-process.ts';
import { headless, NAMESPACE, PATHS, serviceExport, slice } from './objects.ts';

describe('isthmus up --kubeconfig', { skip: apiServerMissing() ?? false }, () => {
  test('serves all contexts, or those that are named; one that is away stops nothing', async (t) => {
    const folder = makeTempDirectory();
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const api = await startApiServer();
    t.after(() => api.stop());
    await api.installCrds();
    await api.must('POST', '/api/v1/namespaces', NAMESPACE);
    await api.must('POST', PATHS.services, headless('db'));
    await api.must('POST', PATHS.slices, slice('db', '10.1.0.1'));
    await api.must('POST', PATHS.exports, serviceExport('db'));
    const file = join(folder, 'config');
    writeFileSync(file, kubeconfig(api, `https://127.0.0.1:${await freePort()}`));

    const port = await freePort();
    const start = (...args: readonly string[]) =>
      new IsthmusProcess(['up', '--kubeconfig', file, '-dns.port', `${port}`, ...args], {
        cwd: folder,
      });
    const both = start();
    t.after(() => both.kill());
    const name = 'db.shop.svc.cluster.local';
    await both.until(async () => (await short(port, name)) === '10.1.0.1', 'the live one answers');
    await both.says(/dead-cluster: 0 services.*not synced/);
    assert.equal(await short(port, 'nope.shop.svc.cluster.local'), 'NXDOMAIN');
    assert.equal(await short(port, 'db.shop.svc.clusterset.local'), '10.1.0.1');
    assert.equal(await short(port, 'nope.shop.svc.clusterset.local'), 'SERVFAIL');
    await both.kill();

    const one = start('--context', 'live');
    t.after(() => one.kill());
    await one.until(
      async () => (await short(port, 'nope.shop.svc.clusterset.local')) === 'NXDOMAIN',
      'all clusters are synced',
    );
    assert.doesNotMatch(one.output, /dead/);
    await one.kill();

    const wrong = start('--context', 'mars');
    assert.equal(await wrong.exit(), 2);
    assert.match(
      wrong.output,
      /Cannot use the context "mars" of ".*config": there is no such context; expected live, Dead_cluster/,
    );
  });
});

function kubeconfig(api: { url: string; token: string; caFile: string }, dead: string): string {
  return `apiVersion: v1
kind: Config
current-context: live
clusters:
  - { name: live, cluster: { server: "${api.url}", certificate-authority: "${api.caFile}" } }
  - { name: dead, cluster: { server: "${dead}", certificate-authority: "${api.caFile}" } }
users:
  - { name: admin, user: { token: "${api.token}" } }
contexts:
  - { name: live, context: { cluster: live, user: admin } }
  - { name: Dead_cluster, context: { cluster: dead, user: admin } }
`;
}
