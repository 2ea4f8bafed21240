import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { Credentials } from './credentials.ts';

const folder = mkdtempSync(join(tmpdir(), 'isthmus-credentials-'));
after(() => rmSync(folder, { recursive: true }));

function credentialsOf(user: unknown, cluster: Readonly<Record<string, unknown>> = {}) {
  const file = join(folder, 'config');
  const config = {
    'current-context': 'east',
    contexts: [{ name: 'east', context: { cluster: 'east', user: 'u' } }],
    clusters: [{ name: 'east', cluster: { server: 'https://east.example:6443/', ...cluster } }],
    users: [{ name: 'u', user }],
  };
  writeFileSync(file, JSON.stringify(config));
  return new Credentials({ kind: 'kubeconfig', file });
}

/** Whoever makes the headers, HTTP does not care for the case of their names. */
async function headersOf(credentials: Credentials) {
  const { options } = await credentials.take();
  const headers = Object.entries(options.headers ?? {});
  return Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]));
}

describe('Credentials', () => {
  it('reads a rotated token and authority again', async () => {
    const [token, ca] = [join(folder, 'token'), join(folder, 'ca.crt')];
    const credentials = credentialsOf({ tokenFile: 'token' }, { 'certificate-authority': ca });
    for (const text of ['one', 'two']) {
      writeFileSync(token, `${text}\n`);
      writeFileSync(ca, `authority ${text}`);
      assert.deepEqual(await headersOf(credentials), { authorization: `Bearer ${text}` });
      const { options, server } = await credentials.take();
      assert.equal(options.ca, `authority ${text}`);
      assert.equal(server, 'https://east.example:6443');
    }
  });

  it('says which file of the kubeconfig is missing', async () => {
    const credentials = credentialsOf({ 'client-certificate': 'missing.crt' });
    await assert.rejects(credentials.take(), {
      name: 'ApiUnreachable',
      message: /^Cannot get credentials for .*ENOENT.*missing\.crt'; expected those of the kube/,
    });
  });

  it('takes a name and a password where there is no token', async () => {
    const { options } = await credentialsOf({ username: 'ann', password: 'x:y' }).take();
    assert.equal(options.auth, 'ann:x:y');
    assert.equal(
      (await credentialsOf({ username: 'ann', token: 't' }).take()).options.auth,
      undefined,
    );
  });

  it('asks an exec plugin', async () => {
    const said = { kind: 'ExecCredential', status: { token: 'from-the-plugin' } };
    const apiVersion = 'client.authentication.k8s.io/v1';
    const script = `console.log(${JSON.stringify(JSON.stringify({ apiVersion, ...said }))})`;
    const exec = { apiVersion, command: process.execPath, args: ['-e', script] };
    const headers = await headersOf(credentialsOf({ exec }));
    assert.equal(headers.authorization, 'Bearer from-the-plugin');
  });
});
