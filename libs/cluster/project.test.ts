import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import type { ClusterObject, ObjectKind } from '../event/object.ts';
import { projectAs, refOf } from './project.ts';

function project(kind: ObjectKind, yaml: string): ClusterObject | string {
  const projection = projectAs(kind, parse(yaml));
  if (projection.kind === 'object') return projection.object;
  return projection.kind === 'done' ? 'done' : projection.why;
}

const WEB = { kind: 'Service', namespace: 'shop', name: 'web' } as const;

describe('projectAs(Service)', () => {
  it('keeps what DNS needs and drops the rest', () => {
    const object = project(
      'Service',
      `
      metadata:
        name: web
        namespace: shop
        uid: 6ad3
        labels: { tier: front, app: web }
        annotations: { kubectl.kubernetes.io/last-applied: "{}", isthmus.dev/weight: "3" }
        managedFields: [{ manager: kubectl }]
      spec:
        type: LoadBalancer
        clusterIP: 10.96.0.10
        clusterIPs: [10.96.0.10, "FD00:0:0::000A"]
        externalIPs: [192.0.2.1]
        publishNotReadyAddresses: true
        selector: { app: web }
        ports:
        - { name: https, port: 443, protocol: TCP, targetPort: 8443 }
        - { name: http, port: 80 }
      status: { loadBalancer: { ingress: [{ ip: 198.51.100.7 }, { hostname: lb.example.com }] } }`,
    );
    assert.deepEqual(object, {
      ...WEB,
      type: 'LoadBalancer',
      clusterIPs: ['10.96.0.10', 'fd00::a'],
      headless: false,
      ports: [
        { name: 'http', protocol: 'TCP', port: 80 },
        { name: 'https', protocol: 'TCP', port: 443 },
      ],
      external: ['192.0.2.1', '198.51.100.7', 'lb.example.com'],
      publishNotReadyAddresses: true,
      labels: { app: 'web', tier: 'front' },
      annotations: { 'isthmus.dev/weight': '3' },
    });
  });

  it('knows one without a selector, whose EndpointSlices somebody else makes', () => {
    const isSelectorless = (spec: string) => {
      const object = project(
        'Service',
        `{ metadata: { name: web, namespace: shop }, spec: ${spec} }`,
      );
      return typeof object === 'object' && object.kind === 'Service' && object.selectorless;
    };
    assert.equal(isSelectorless('{ clusterIP: None }'), true);
    assert.equal(isSelectorless('{ clusterIP: None, selector: {} }'), true);
    assert.equal(isSelectorless('{ clusterIP: None, selector: { app: web } }'), undefined);
    assert.equal(isSelectorless('{ type: ExternalName, externalName: a.example }'), undefined);
  });

  it('serialises objects that mean the same alike', () => {
    const ports = ['{ name: a, port: 1 }', '{ name: b, port: 2 }'];
    const labels = ['x: "1"', 'y: "2"'];
    const text = (order: (some: readonly string[]) => readonly string[]) =>
      JSON.stringify(
        project(
          'Service',
          `{ spec: { ports: [${order(ports)}], clusterIP: 10.0.0.1, selector: { a: b } },
             metadata: { labels: { ${order(labels)} }, namespace: shop, name: web } }`,
        ),
      );
    assert.equal(
      text((some) => some),
      text((some) => some.toReversed()),
    );
  });

  const bare = { clusterIPs: [], headless: false, ports: [] };
  const rows: readonly (readonly [string, string, object])[] = [
    [
      'headless by clusterIP',
      '{ clusterIP: None, selector: { a: b } }',
      { type: 'ClusterIP', headless: true },
    ],
    [
      'headless by clusterIPs',
      '{ clusterIPs: [None], selector: { a: b } }',
      { type: 'ClusterIP', headless: true },
    ],
    [
      'one without an address yet',
      '{ type: NodePort, clusterIP: "", selector: { a: b } }',
      { type: 'NodePort' },
    ],
    [
      'ExternalName, its root dot dropped',
      '{ type: ExternalName, externalName: Db.Example.com. }',
      { type: 'ExternalName', externalName: 'Db.Example.com' },
    ],
  ];
  for (const [given, spec, expected] of rows) {
    it(`knows ${given}`, () => {
      const object = project(
        'Service',
        `{ metadata: { name: web, namespace: shop }, spec: ${spec} }`,
      );
      assert.deepEqual(object, { ...WEB, ...bare, ...expected });
    });
  }
});

describe('projectAs(EndpointSlice)', () => {
  const MCS = 'multicluster.kubernetes.io';
  it('keeps addresses, readiness and place of each endpoint, sorted', () => {
    const object = project(
      'EndpointSlice',
      `
      addressType: IPv4
      metadata:
        name: web-x7k2p
        namespace: shop
        labels: { tier: front, kubernetes.io/service-name: web, app: web }
        annotations: { endpoints.kubernetes.io/last-change-trigger-time: "2026-01-02T03:04:05Z" }
      endpoints:
      - addresses: [10.1.0.7]
        conditions: { ready: false, serving: true, terminating: true }
      - addresses: [10.1.0.5]
        conditions: {}
        hostname: web-0
        nodeName: n1
        zone: z-a
        targetRef: { kind: Pod, name: web-0, namespace: shop }
      ports: [{ name: http, port: 8080, protocol: TCP }, { name: any }]`,
    );
    assert.deepEqual(object, {
      kind: 'EndpointSlice',
      namespace: 'shop',
      name: 'web-x7k2p',
      service: 'web',
      endpoints: [
        {
          addresses: ['10.1.0.5'],
          hostname: 'web-0',
          pod: 'web-0',
          ready: true,
          node: 'n1',
          topologyZone: 'z-a',
        },
        { addresses: ['10.1.0.7'], ready: false },
      ],
      ports: [
        { name: 'any', protocol: 'TCP', port: 0 },
        { name: 'http', protocol: 'TCP', port: 8080 },
      ],
      labels: { app: 'web', tier: 'front' },
      triggeredAt: '2026-01-02T03:04:05Z',
    });
  });

  const rows: readonly (readonly [string, string, object])[] = [
    ['the Service of its label', 'kubernetes.io/service-name: web', { service: 'web' }],
    [
      'an import when both of its labels are there',
      `${MCS}/service-name: web, ${MCS}/source-cluster: west, kubernetes.io/service-name: derived-1`,
      {
        service: 'web',
        sourceCluster: 'west',
        labels: { [`${MCS}/service-name`]: 'web', [`${MCS}/source-cluster`]: 'west' },
      },
    ],
    ['nothing for a slice without labels', '', { service: '' }],
    [
      'nothing when the source cluster is missing',
      `${MCS}/service-name: web`,
      { service: '', labels: { [`${MCS}/service-name`]: 'web' } },
    ],
  ];
  for (const [given, labels, expected] of rows) {
    it(`belongs to ${given}`, () => {
      const object = project(
        'EndpointSlice',
        `{ metadata: { name: a.b, namespace: shop, labels: { ${labels} } }, endpoints: null }`,
      );
      const ref = { kind: 'EndpointSlice', namespace: 'shop', name: 'a.b' };
      assert.deepEqual(object, { ...ref, ...expected, endpoints: [], ports: [] });
    });
  }

  it('takes no address from a slice of names', () => {
    const object = project(
      'EndpointSlice',
      '{ addressType: FQDN, metadata: { name: a, namespace: b }, endpoints: [{ addresses: [x.example] }] }',
    );
    assert.ok(typeof object === 'object' && object.kind === 'EndpointSlice');
    assert.deepEqual(object.endpoints, []);
  });
});

describe('projectAs(Pod)', () => {
  const POD = { kind: 'Pod', namespace: 'shop', name: 'web-0.a' } as const;
  const podOf = (rest: string) =>
    project('Pod', `{ metadata: { name: web-0.a, namespace: shop }, ${rest} }`);

  it('keeps its addresses in their order, its labels, and whether they are of its node', () => {
    const object = project(
      'Pod',
      `
      metadata: { name: web-0.a, namespace: shop, labels: { b: "2", a: "1" } }
      spec: { hostNetwork: true, nodeName: n1 }
      status:
        phase: Running
        podIP: "FD00:0::1"
        podIPs: [{ ip: "FD00:0::1" }, { ip: 10.1.0.5 }]`,
    );
    assert.deepEqual(object, {
      ...POD,
      addresses: ['fd00::1', '10.1.0.5'],
      hostNetwork: true,
      node: 'n1',
      labels: { a: '1', b: '2' },
    });
  });

  it('does not tell its node before it has an address: that would be an event more', () => {
    assert.deepEqual(podOf('spec: { nodeName: n1 }'), { ...POD, addresses: [] });
  });

  const rows: readonly (readonly [given: string, rest: string, addresses: readonly string[]])[] = [
    ['older than dual-stack', 'status: { podIP: 10.1.0.5 }', ['10.1.0.5']],
    ['not yet given an address', 'status: { phase: Pending }', []],
    ['just made', 'spec: {}', []],
  ];
  for (const [given, rest, addresses] of rows) {
    it(`takes one ${given}`, () => assert.deepEqual(podOf(rest), { ...POD, addresses }));
  }

  for (const phase of ['Succeeded', 'Failed', 'Unknown']) {
    it(`is none when its phase is ${phase}`, () => {
      assert.equal(podOf(`status: { phase: ${phase}, podIP: 10.1.0.5 }`), 'done');
    });
  }
});

describe('projectAs(other kinds)', () => {
  it('keeps the labels of a Namespace', () => {
    assert.deepEqual(project('Namespace', '{ metadata: { name: shop, labels: { a: b } } }'), {
      kind: 'Namespace',
      namespace: '',
      name: 'shop',
      labels: { a: 'b' },
    });
  });

  it('keeps the topology of a Node', () => {
    const labels = 'topology.kubernetes.io/zone: z, topology.kubernetes.io/region: r, other: x';
    assert.deepEqual(project('Node', `{ metadata: { name: n1.example, labels: { ${labels} } } }`), {
      kind: 'Node',
      namespace: '',
      name: 'n1.example',
      topologyZone: 'z',
      topologyRegion: 'r',
    });
  });

  it('keeps the addresses of a Node from which somebody may ask, in one order', () => {
    const address = (type: string, text: string) => `{ type: ${type}, address: "${text}" }`;
    const addresses = [
      address('InternalIP', '10.0.0.7'),
      address('InternalIP', 'FD00:0::7'),
      address('ExternalIP', '10.0.0.10'),
      address('ExternalIP', '10.0.0.7'),
      address('Hostname', 'n1.example'),
      address('InternalDNS', '192.0.2.1'),
      address('InternalIP', 'nowhere'),
    ];
    assert.deepEqual(
      project('Node', `{ metadata: { name: n1 }, status: { addresses: [${addresses}] } }`),
      { kind: 'Node', namespace: '', name: 'n1', addresses: ['10.0.0.10', '10.0.0.7', 'fd00::7'] },
    );
  });

  it('keeps when a ServiceExport was created, and takes one without for the oldest', () => {
    const export1 = (metadata: string) =>
      project('ServiceExport', `{ metadata: { name: web, namespace: shop, ${metadata} } }`);
    assert.deepEqual(export1('creationTimestamp: "2026-01-02T03:04:05Z"'), {
      ...WEB,
      kind: 'ServiceExport',
      createdAt: '2026-01-02T03:04:05Z',
    });
    assert.deepEqual(export1(''), {
      ...WEB,
      kind: 'ServiceExport',
      createdAt: '1970-01-01T00:00:00Z',
    });
  });

  it('keeps type, addresses and ports of a ServiceImport', () => {
    const object = project(
      'ServiceImport',
      `{ metadata: { name: web, namespace: shop },
         spec: { type: ClusterSetIP, ips: [10.0.0.9], ports: [{ port: 53, protocol: UDP }] } }`,
    );
    assert.deepEqual(object, {
      ...WEB,
      kind: 'ServiceImport',
      type: 'ClusterSetIP',
      ips: ['10.0.0.9'],
      ports: [{ name: '', protocol: 'UDP', port: 53 }],
    });
  });
});

describe('projectAs refuses', () => {
  const named = 'metadata: { name: web, namespace: shop }';
  const rows: readonly (readonly [ObjectKind, string, string])[] = [
    [
      'Service',
      '7',
      'Cannot use the Service "": metadata.name is missing; expected a DNS label (RFC 1123)',
    ],
    [
      'Service',
      '{ metadata: { name: Web, namespace: shop } }',
      'Cannot use the Service "shop/Web": metadata.name is "Web"; expected a DNS label (RFC 1123)',
    ],
    [
      'Node',
      '{ metadata: { name: a..b } }',
      'Cannot use the Node "a..b": metadata.name is "a..b"; expected a DNS subdomain (RFC 1123)',
    ],
    [
      'Service',
      `{ ${named}, spec: { clusterIPs: [10.0.0.300] } }`,
      'Cannot use the Service "shop/web": spec.clusterIPs[0] is "10.0.0.300"; expected an IPv4 or IPv6 address',
    ],
    [
      'Service',
      `{ ${named}, spec: { type: Loud } }`,
      'Cannot use the Service "shop/web": spec.type is "Loud"; expected ClusterIP, NodePort, LoadBalancer or ExternalName',
    ],
    [
      'Service',
      `{ ${named}, spec: { ports: [{ port: http }] } }`,
      'Cannot use the Service "shop/web": spec.ports[0].port is "http"; expected a whole number from 1 to 65535',
    ],
    [
      'Service',
      `{ ${named}, spec: [] }`,
      'Cannot use the Service "shop/web": spec is []; expected an object',
    ],
    [
      'EndpointSlice',
      `{ ${named}, endpoints: [{ addresses: [10.0.0.1], conditions: { ready: "yes" } }] }`,
      'Cannot use the EndpointSlice "shop/web": endpoints[0].conditions.ready is "yes"; expected true or false',
    ],
    [
      'Pod',
      `{ ${named}, status: { podIPs: [{ ip: ten }] } }`,
      'Cannot use the Pod "shop/web": status.podIPs[0].ip is "ten"; expected an IPv4 or IPv6 address',
    ],
    [
      'ServiceImport',
      `{ ${named}, spec: {} }`,
      'Cannot use the ServiceImport "shop/web": spec.type is missing; expected ClusterSetIP or Headless',
    ],
  ];
  for (const [kind, yaml, why] of rows) {
    it(why, () => assert.equal(project(kind, yaml), why));
  }
});

describe('refOf', () => {
  it('names the object, without a namespace where the kind has none', () => {
    const raw = { metadata: { name: 'web', namespace: 'shop' }, spec: { type: 'Loud' } };
    assert.deepEqual(refOf('Service', raw), WEB);
    assert.deepEqual(refOf('Node', raw), { kind: 'Node', namespace: '', name: 'web' });
    assert.equal(refOf('Service', { metadata: {} }), undefined);
  });
});
