import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { checkKubernetes, loadAccess, loadInCluster } from './load-access.ts';

const folder = mkdtempSync(join(tmpdir(), 'isthmus-access-'));
after(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** A certificate that signs itself, and its key. */
function makeTls(name: string) {
  const [cert, key] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)];
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const flags = ['-x509', ...made, '-subj', `/CN=${name}`, '-keyout', key, '-out', cert];
  execFileSync('openssl', ['req', ...flags], { stdio: 'ignore' });
  return { cert, key, ca: cert };
}

describe('loadInCluster', () => {
  const POD = { KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443' };

  it('reaches the API server of the environment with the files of the service account', () => {
    const [ca, token] = [file('ca.crt', 'an authority'), file('token', 'a token')];
    const loaded = loadInCluster(POD, folder);
    assert.ok(loaded.kind === 'access' && loaded.user.kind === 'own');
    assert.equal(loaded.cluster.server, 'https://10.96.0.1:443');
    // Files, since both are read anew for each request: they are rotated.
    assert.deepEqual(loaded.cluster.ca, { kind: 'file', file: ca });
    assert.deepEqual(loaded.user.token, { kind: 'file', file: token });
    const six = loadInCluster({ ...POD, KUBERNETES_SERVICE_HOST: 'fd00::1' }, folder);
    assert.equal(six.kind === 'access' && six.cluster.server, 'https://[fd00::1]:443');
  });

  it('says that this is no pod', () => {
    const why =
      'Cannot use the service account "in-cluster": KUBERNETES_SERVICE_HOST is not set; ' +
      'expected to run in a pod, or a kubeconfig';
    assert.deepEqual(loadInCluster({}, folder), { kind: 'refused', why });
  });

  it('says that the pod has no service account', () => {
    const loaded = loadInCluster(POD, join(folder, 'missing'));
    assert.match(
      loaded.kind === 'refused' ? loaded.why : '',
      /^Cannot use the service account "in-cluster": ENOENT.*ca\.crt'; expected a pod with autom/,
    );
  });
});

describe('loadAccess(endpoint)', () => {
  it('needs a URL only, and trusts whom the system trusts then', () => {
    const loaded = loadAccess({ kind: 'endpoint', url: 'https://api.example:6443/east/' });
    assert.ok(loaded.kind === 'access');
    assert.equal(loaded.cluster.server, 'https://api.example:6443/east');
    assert.equal(loaded.cluster.ca, undefined);
    assert.equal(loaded.cluster.isTlsVerified, true);
  });

  it('takes the files of tls', () => {
    const tls = { cert: '/a.crt', key: '/a.key', ca: '/ca.crt' };
    const loaded = loadAccess({ kind: 'endpoint', url: 'https://api.example', tls });
    assert.ok(loaded.kind === 'access' && loaded.user.kind === 'own');
    assert.deepEqual(loaded.cluster.ca, { kind: 'file', file: '/ca.crt' });
    assert.deepEqual(loaded.user.certificate, { kind: 'file', file: '/a.crt' });
    assert.deepEqual(loaded.user.key, { kind: 'file', file: '/a.key' });
  });
});

describe('checkKubernetes(endpoint)', () => {
  const url = 'https://api.example';

  it('accepts http, https, and a certificate with its key', () => {
    assert.equal(checkKubernetes({ kind: 'endpoint', url: 'http://localhost:8080' }), undefined);
    assert.equal(checkKubernetes({ kind: 'endpoint', url }), undefined);
    assert.equal(checkKubernetes({ kind: 'endpoint', url, tls: makeTls('one') }), undefined);
  });

  for (const wrong of ['api.example:6443', 'tcp://api', 'https://', 'https://u:p@api', '/a', '']) {
    it(`refuses the URL "${wrong}"`, () => {
      assert.equal(
        checkKubernetes({ kind: 'endpoint', url: wrong }),
        `Cannot use the endpoint "${wrong}": it is no URL of an API server; ` +
          'expected http(s)://HOST[:PORT]',
      );
    });
  }

  it('says which file is missing', () => {
    const tls = makeTls('one');
    const rows = [
      ['certificate', { ...tls, cert: '/nowhere' }],
      ['key', { ...tls, key: '/nowhere' }],
      ['certificate authority', { ...tls, ca: '/nowhere' }],
    ] as const;
    for (const [role, files] of rows) {
      assert.equal(
        checkKubernetes({ kind: 'endpoint', url, tls: files }),
        `Cannot read the ${role} "/nowhere": ENOENT: no such file or directory, open '/nowhere'; ` +
          'expected a readable file in PEM',
      );
    }
  });

  it('says that a key is of another certificate', () => {
    const tls = { ...makeTls('one'), key: makeTls('other').key };
    assert.match(
      checkKubernetes({ kind: 'endpoint', url, tls }) ?? '',
      /^Cannot use the certificate ".*one\.crt": .*mismatch; expected a certificate in PEM and its/,
    );
  });
});
