import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { kubeconfigContexts } from './kubeconfig.ts';
import { checkKubernetes, loadAccess } from './load-access.ts';

const folder = mkdtempSync(join(tmpdir(), 'isthmus-kubeconfig-'));
after(() => rmSync(folder, { recursive: true }));

function kubeconfig(text: string): string {
  const file = join(folder, 'config');
  writeFileSync(file, text);
  return file;
}

const TWO = `
current-context: east
contexts:
- { name: east, context: { cluster: east, user: u } }
- { name: west, context: { cluster: west, user: u } }
clusters:
- { name: east, cluster: { server: "https://east.example:6443" } }
- { name: west, cluster: { server: "http://localhost:8001" } }
users:
- { name: u, user: { token: t } }
`;

describe('kubeconfigContexts', () => {
  it('lists the contexts in the order of the file', () => {
    assert.deepEqual(kubeconfigContexts(kubeconfig(TWO)), {
      kind: 'contexts',
      contexts: ['east', 'west'],
      current: 'east',
    });
  });

  it('says why a file is no kubeconfig', () => {
    const missing = kubeconfigContexts('/nonexistent');
    assert.ok(missing.kind === 'refused');
    assert.equal(
      missing.why,
      'Cannot read the kubeconfig "/nonexistent": ENOENT: no such file or directory, open \'/nonexistent\'; expected a readable file',
    );
    for (const text of ['', '[1, 2', 'just words', 'contexts: 7']) {
      const refused = kubeconfigContexts(kubeconfig(text));
      assert.ok(refused.kind === 'refused', text);
      assert.match(
        refused.why,
        /^Cannot use the kubeconfig .*; expected clusters, users and contexts$/,
      );
    }
  });
});

describe('checkKubernetes(kubeconfig)', () => {
  const check = (text: string, context?: string) => {
    const file = kubeconfig(text);
    return checkKubernetes({ kind: 'kubeconfig', file, ...(context ? { context } : {}) });
  };

  it('accepts the current context and one that is named', () => {
    assert.equal(check(TWO), undefined);
    assert.equal(check(TWO, 'west'), undefined);
  });

  it('says which contexts there are when the one wanted is not', () => {
    assert.equal(
      check(TWO, 'north'),
      `Cannot use the context "north" of "${join(folder, 'config')}": there is no such context; expected east, west`,
    );
    assert.equal(
      check(TWO.replace('current-context: east', '')),
      `Cannot use the current context "" of "${join(folder, 'config')}": there is no such context; expected east, west`,
    );
  });

  it('refuses a context without a cluster, and a server that is no URL', () => {
    assert.match(
      check(TWO.replace('cluster: west, user', 'cluster: north, user'), 'west') ?? '',
      /of the context "west": it has no such cluster; expected http\(s\):\/\/HOST\[:PORT\]$/,
    );
    assert.match(
      check(TWO.replace('https://east', 'tcp://east')) ?? '',
      /the server is "tcp:\/\/east\.example:6443"; expected http/,
    );
  });
});

describe('loadAccess(kubeconfig)', () => {
  const load = (text: string, context?: string) => {
    const file = kubeconfig(text);
    const loaded = loadAccess({ kind: 'kubeconfig', file, ...(context ? { context } : {}) });
    assert.ok(loaded.kind === 'access');
    return loaded;
  };

  it('gives the cluster and the user of the context', () => {
    const { cluster, user } = load(TWO, 'west');
    assert.equal(cluster.server, 'http://localhost:8001');
    assert.ok(user.kind === 'own');
    assert.deepEqual(user.token, { kind: 'text', text: 't' });
  });

  it('takes data before files, which are relative to the kubeconfig', () => {
    const { cluster, user } = load(
      TWO.replace('6443"', '6443/", certificate-authority: ca.crt, tls-server-name: api').replace(
        'token: t',
        'client-certificate: a.crt, client-certificate-data: Q0VSVA==, client-key: /etc/a.key, ' +
          'tokenFile: token, token: t, as: bob',
      ),
    );
    assert.deepEqual(cluster, {
      server: 'https://east.example:6443',
      ca: { kind: 'file', file: join(folder, 'ca.crt') },
      isTlsVerified: true,
      tlsServerName: 'api',
      proxyUrl: undefined,
    });
    assert.deepEqual(user, {
      kind: 'own',
      certificate: { kind: 'text', text: 'CERT' },
      key: { kind: 'file', file: '/etc/a.key' },
      token: { kind: 'file', file: join(folder, 'token') },
      username: undefined,
      password: undefined,
      impersonated: 'bob',
    });
  });

  it('leaves exec plugins and auth-providers to the Kubernetes client', () => {
    const exec = 'exec: { apiVersion: client.authentication.k8s.io/v1, command: token }';
    for (const text of [exec, 'auth-provider: { name: oidc, config: {} }']) {
      const { user } = load(TWO.replace('token: t', text));
      assert.deepEqual(user, { kind: 'provided', file: join(folder, 'config'), context: 'east' });
    }
  });
});
