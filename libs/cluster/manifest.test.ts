import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DEFAULT_KINDS, OBJECT_KINDS } from '../event/object.ts';
import { readManifest } from './manifest.ts';

/** What was made of each object, a line each. */
function read(text: string, kinds = DEFAULT_KINDS): readonly string[] {
  const reading = readManifest(text, kinds);
  if (reading.kind === 'broken') return [`${reading.line}: ${reading.why}`];
  const { defined, refused, ignored } = reading.manifest;
  return [
    ...defined.map(
      ({ object: { kind, namespace, name }, line }) => `${line}: ${kind} ${namespace}/${name}`,
    ),
    ...refused.map(({ line, why }) => `${line}: ${why}`),
    ...[...ignored].map(([kind, count]) => `ignored ${count} ${kind}`),
  ];
}

describe('readManifest', () => {
  it('reads several documents, and empty ones', () => {
    const text = `# a comment
apiVersion: v1
kind: Namespace
metadata: { name: shop }
---
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
`;
    assert.deepEqual(read(text), ['2: Namespace /shop', '7: Service shop/web']);
    assert.deepEqual(read(''), []);
  });

  it('reads the lists that kubectl prints, and those of the API, whose items have no kind', () => {
    const list = `apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Service
  metadata: { name: web, namespace: shop }
- # another
  apiVersion: discovery.k8s.io/v1
  kind: EndpointSlice
  metadata: { name: web-1, namespace: shop }
`;
    assert.deepEqual(read(list), ['4: Service shop/web', '8: EndpointSlice shop/web-1']);
    const typed = { apiVersion: 'v1', kind: 'ServiceList', items: [{ metadata: { name: 'web' } }] };
    assert.deepEqual(read(JSON.stringify(typed)), ['1: Service default/web']);
  });

  it('reads both versions of the Multi-Cluster Services API', () => {
    for (const version of ['v1alpha1', 'v1beta1']) {
      const text = `apiVersion: multicluster.x-k8s.io/${version}\nkind: ServiceExport\nmetadata: { name: web }`;
      assert.deepEqual(read(text), ['1: ServiceExport default/web']);
    }
  });

  it('counts kinds that DNS does not need, also those of other groups with a known name', () => {
    const text =
      'apiVersion: serving.knative.dev/v1\nkind: Service\n---\napiVersion: v1\nkind: Pod\n';
    assert.deepEqual(read(text), ['ignored 1 Service', 'ignored 1 Pod']);
  });

  it('reads pods for who wants them, and leaves out those that are done', () => {
    const pod = (name: string, phase: string) =>
      `apiVersion: v1\nkind: Pod\nmetadata: { name: ${name} }\nstatus: { phase: ${phase} }\n`;
    const text = `${pod('web-0', 'Running')}---\n${pod('job-1', 'Succeeded')}`;
    assert.deepEqual(read(text, OBJECT_KINDS), ['1: Pod default/web-0']);
  });

  const rows: readonly (readonly [given: string, text: string, said: string])[] = [
    [
      'a wrong field, at its line',
      'apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec:\n  ports:\n  - port: 80\n  - port: no\n',
      '7: Cannot use the Service "default/web": spec.ports[1].port is "no"; expected a whole number from 1 to 65535',
    ],
    [
      'a field that is missing, at the object around it',
      'apiVersion: v1\nkind: Service\nmetadata:\n  namespace: shop\n',
      '4: Cannot use the Service "shop": metadata.name is missing; expected a DNS label (RFC 1123)',
    ],
    [
      'a version whose form is unknown',
      'kind: EndpointSlice\napiVersion: discovery.k8s.io/v1beta1\n',
      '2: Cannot use EndpointSlice of version "discovery.k8s.io/v1beta1": its form is unknown; expected discovery.k8s.io/v1',
    ],
    [
      'what is no object of Kubernetes',
      '\nreplicas: 3\n',
      '2: Cannot read the manifest: an object has no apiVersion and kind; expected both, as kubectl prints them',
    ],
    [
      'a syntax error, at its line',
      'a: 1\nb: [1, 2\nc: 3\n',
      '3: Cannot read the manifest: Flow sequence in block collection must be sufficiently indented and end with a ]; expected YAML or JSON, as kubectl prints it',
    ],
    [
      'a key given twice',
      'apiVersion: v1\nkind: Service\nkind: Service\n',
      '3: Cannot read the manifest: Map keys must be unique; expected YAML or JSON, as kubectl prints it',
    ],
    [
      'aliases that multiply',
      `a: &a [x, x]\n${[...'bcdefgh'].map((c, i) => `${c}: &${c} [${Array(9).fill(`*${'abcdefg'[i]}`)}]`).join('\n')}\n`,
      '1: Cannot read the manifest: Excessive alias count indicates a resource exhaustion attack; expected YAML or JSON, as kubectl prints it',
    ],
  ];
  for (const [given, text, said] of rows) {
    it(`says where ${given} is`, () => assert.deepEqual(read(text), [said]));
  }
});
