/**
 * The Kubernetes DNS specification 1.1.0 (github.com/kubernetes/dns, docs/specification.md) as
 * rows: a cluster with its examples, and for each demand what is asked and what must be answered,
 * numbered as there. Whoever has a way to ask runs them all: none knows how it is asked.
 */
import type { ClusterObject, ServiceObject } from '../../libs/event/object.ts';

export interface Row {
  readonly section: string;
  readonly demand: string;
  readonly name: string;
  readonly type: string;
  /** The answer section as zone-file text, in any order; or why there is none. */
  readonly answer: readonly string[] | 'nodata' | 'nxdomain';
}

const HTTPS = { name: 'https', protocol: 'TCP', port: 443 } as const;
const DNS = { name: 'dns', protocol: 'UDP', port: 53 } as const;
const UNNAMED = { name: '', protocol: 'TCP', port: 80 } as const;

function service(name: string, more: Partial<ServiceObject>): ServiceObject {
  return {
    kind: 'Service',
    namespace: 'default',
    name,
    type: 'ClusterIP',
    clusterIPs: [],
    headless: false,
    ports: [HTTPS],
    ...more,
  };
}

/** The cluster: served as `cluster.local` with both reverse zones, `pods insecure`, TTL 5. */
export const CLUSTER: readonly ClusterObject[] = [
  { kind: 'Namespace', namespace: '', name: 'default' },
  service('kubernetes', { clusterIPs: ['10.3.0.1', 'fd00:3::1'] }),
  service('four', { clusterIPs: ['10.3.0.4'], ports: [HTTPS, DNS] }),
  service('six', { clusterIPs: ['fd00:3::6'] }),
  service('plain', { clusterIPs: ['10.3.0.7'], ports: [UNNAMED] }),
  service('headless', { headless: true, ports: [HTTPS, DNS] }),
  {
    kind: 'EndpointSlice',
    namespace: 'default',
    name: 'headless-4',
    service: 'headless',
    ports: [HTTPS, DNS],
    endpoints: [
      { addresses: ['10.4.0.100'], hostname: 'my-pet', ready: true },
      { addresses: ['10.4.0.101'], hostname: 'my-pet', ready: true },
      { addresses: ['10.4.0.102'], ready: true },
      { addresses: ['10.4.0.103'], hostname: 'my-pet-3', ready: false },
    ],
  },
  {
    kind: 'EndpointSlice',
    namespace: 'default',
    name: 'headless-6',
    service: 'headless',
    ports: [HTTPS, DNS],
    endpoints: [
      { addresses: ['fd00:4::100'], hostname: 'my-pet', ready: true },
      { addresses: ['fd00:4::103'], hostname: 'my-pet-3', ready: false },
    ],
  },
  service('idle', { headless: true }),
  {
    kind: 'EndpointSlice',
    namespace: 'default',
    name: 'idle-4',
    service: 'idle',
    ports: [HTTPS],
    endpoints: [{ addresses: ['10.4.0.110'], hostname: 'my-pet', ready: false }],
  },
  service('nameless', { headless: true, ports: [UNNAMED] }),
  {
    kind: 'EndpointSlice',
    namespace: 'default',
    name: 'nameless-4',
    service: 'nameless',
    ports: [UNNAMED],
    endpoints: [{ addresses: ['10.4.0.120'], ready: true }],
  },
  service('foo', { type: 'ExternalName', externalName: 'www.example.com', ports: [] }),
];

const ZONE = 'cluster.local.';
const NAMESPACE = `default.svc.${ZONE}`;
/** Reverse names of fd00:3:: and fd00:4::, without the last four nibbles. */
const IP6_SERVICE = `${'0.'.repeat(20)}3.0.0.0.0.0.d.f.ip6.arpa.`;
const IP6_ENDPOINT = `${'0.'.repeat(20)}4.0.0.0.0.0.d.f.ip6.arpa.`;

/** Answers are the owner's own: `A 10.3.0.1` of the name that is asked. */
function rows(
  section: string,
  demand: string,
  asked: Readonly<Record<string, readonly string[] | 'nodata' | 'nxdomain'>>,
): readonly Row[] {
  return Object.entries(asked).map(([question, answer]) => {
    const [name = '', type = ''] = question.split(' ');
    if (typeof answer === 'string') return { section, demand, name, type, answer };
    const ttl = type === 'TXT' ? 28800 : 5;
    const owned = answer.map((rdata) => {
      const of = rdata.startsWith('CNAME ') || type === 'TXT' ? rdata : `${type} ${rdata}`;
      return `${name} ${ttl} IN ${of}`;
    });
    return { section, demand, name, type, answer: owned };
  });
}

export const ROWS: readonly Row[] = [
  ...rows('2.1', 'a hostname is that of the endpoint, else a unique identifier', {
    [`my-pet.headless.${NAMESPACE} A`]: ['10.4.0.100', '10.4.0.101'],
    [`10-4-0-102.headless.${NAMESPACE} A`]: ['10.4.0.102'],
    [`10-4-0-100.headless.${NAMESPACE} A`]: 'nxdomain',
  }),
  ...rows('2.1', 'an endpoint that is not ready has no records', {
    [`my-pet-3.headless.${NAMESPACE} A`]: 'nxdomain',
    [`my-pet-3.headless.${NAMESPACE} AAAA`]: 'nxdomain',
    '103.0.4.10.in-addr.arpa. PTR': 'nxdomain',
    [`3.0.1.0.${IP6_ENDPOINT} PTR`]: 'nxdomain',
  }),
  ...rows('2.2', 'the schema version is a TXT record', {
    [`dns-version.${ZONE} TXT`]: ['TXT "1.1.0"'],
  }),
  ...rows('2.3.1', 'a cluster IP is an A or an AAAA record', {
    [`kubernetes.${NAMESPACE} A`]: ['10.3.0.1'],
    [`kubernetes.${NAMESPACE} AAAA`]: ['fd00:3::1'],
    [`four.${NAMESPACE} A`]: ['10.3.0.4'],
    [`four.${NAMESPACE} AAAA`]: 'nodata',
    [`six.${NAMESPACE} A`]: 'nodata',
    [`six.${NAMESPACE} AAAA`]: ['fd00:3::6'],
    [`nobody.${NAMESPACE} A`]: 'nxdomain',
  }),
  ...rows('2.3.2', 'a named port of a Service is an SRV record', {
    [`_https._tcp.kubernetes.${NAMESPACE} SRV`]: [`0 50 443 kubernetes.${NAMESPACE}`],
    [`_https._tcp.four.${NAMESPACE} SRV`]: [`0 100 443 four.${NAMESPACE}`],
    [`_dns._udp.four.${NAMESPACE} SRV`]: [`0 100 53 four.${NAMESPACE}`],
    [`_https._tcp.six.${NAMESPACE} SRV`]: [`0 100 443 six.${NAMESPACE}`],
    [`_dns._tcp.four.${NAMESPACE} SRV`]: 'nxdomain',
  }),
  ...rows('2.3.2', 'an unnamed port of a Service is none', {
    [`_80._tcp.plain.${NAMESPACE} SRV`]: 'nxdomain',
    [`_tcp.plain.${NAMESPACE} SRV`]: 'nxdomain',
  }),
  ...rows('2.3.3', 'a cluster IP is a PTR record', {
    '1.0.3.10.in-addr.arpa. PTR': [`kubernetes.${NAMESPACE}`],
    '4.0.3.10.in-addr.arpa. PTR': [`four.${NAMESPACE}`],
    '9.0.3.10.in-addr.arpa. PTR': 'nxdomain',
    [`1.0.0.0.${IP6_SERVICE} PTR`]: [`kubernetes.${NAMESPACE}`],
    [`6.0.0.0.${IP6_SERVICE} PTR`]: [`six.${NAMESPACE}`],
  }),
  ...rows('2.4.1', 'a headless Service has the addresses of its ready endpoints', {
    [`headless.${NAMESPACE} A`]: ['10.4.0.100', '10.4.0.101', '10.4.0.102'],
    [`headless.${NAMESPACE} AAAA`]: ['fd00:4::100'],
  }),
  ...rows('2.4.1', 'a headless Service without ready endpoints is denied', {
    [`idle.${NAMESPACE} A`]: 'nxdomain',
    [`idle.${NAMESPACE} AAAA`]: 'nxdomain',
    [`idle.${NAMESPACE} SRV`]: 'nxdomain',
    [`my-pet.idle.${NAMESPACE} A`]: 'nxdomain',
  }),
  ...rows('2.4.1', 'a hostname has all of its addresses', {
    [`my-pet.headless.${NAMESPACE} A`]: ['10.4.0.100', '10.4.0.101'],
    [`my-pet.headless.${NAMESPACE} AAAA`]: ['fd00:4::100'],
    [`10-4-0-102.headless.${NAMESPACE} AAAA`]: 'nodata',
    [`10-4-0-120.nameless.${NAMESPACE} A`]: ['10.4.0.120'],
  }),
  ...rows('2.4.2', 'each named port of each ready hostname is an SRV record', {
    [`_https._tcp.headless.${NAMESPACE} SRV`]: [
      `0 25 443 my-pet.headless.${NAMESPACE}`,
      `0 25 443 10-4-0-102.headless.${NAMESPACE}`,
    ],
    [`_dns._udp.headless.${NAMESPACE} SRV`]: [
      `0 25 53 my-pet.headless.${NAMESPACE}`,
      `0 25 53 10-4-0-102.headless.${NAMESPACE}`,
    ],
    [`_dns._tcp.headless.${NAMESPACE} SRV`]: 'nxdomain',
  }),
  ...rows('2.4.2', 'an unnamed port of an endpoint is none', {
    [`_80._tcp.nameless.${NAMESPACE} SRV`]: 'nxdomain',
    [`_tcp.nameless.${NAMESPACE} SRV`]: 'nxdomain',
  }),
  ...rows('2.4.3', 'the address of a ready endpoint is a PTR record', {
    '100.0.4.10.in-addr.arpa. PTR': [`my-pet.headless.${NAMESPACE}`],
    '101.0.4.10.in-addr.arpa. PTR': [`my-pet.headless.${NAMESPACE}`],
    '102.0.4.10.in-addr.arpa. PTR': [`10-4-0-102.headless.${NAMESPACE}`],
    [`0.0.1.0.${IP6_ENDPOINT} PTR`]: [`my-pet.headless.${NAMESPACE}`],
    '110.0.4.10.in-addr.arpa. PTR': 'nxdomain',
  }),
  ...rows('2.5', 'an external name is a CNAME record', {
    [`foo.${NAMESPACE} CNAME`]: ['CNAME www.example.com.'],
    [`foo.${NAMESPACE} A`]: ['CNAME www.example.com.'],
    [`foo.${NAMESPACE} AAAA`]: ['CNAME www.example.com.'],
  }),
  ...rows('2.6', 'any address is the name of a pod in a namespace that exists', {
    [`0-0-0-0.default.pod.${ZONE} A`]: ['0.0.0.0'],
    [`10-4-0-9.default.pod.${ZONE} A`]: ['10.4.0.9'],
    [`255-255-255-255.default.pod.${ZONE} A`]: ['255.255.255.255'],
    [`10-4-0-9.default.pod.${ZONE} AAAA`]: 'nodata',
    [`10-4-0-256.default.pod.${ZONE} A`]: 'nxdomain',
    [`10-4-0.default.pod.${ZONE} A`]: 'nxdomain',
    [`10-4-0-9.nobody.pod.${ZONE} A`]: 'nxdomain',
  }),
  ...rows('2.6', 'so it is with IPv6, which the specification leaves out', {
    [`fd00-4--9.default.pod.${ZONE} AAAA`]: ['fd00:4::9'],
    [`fd00-4--9.default.pod.${ZONE} A`]: 'nodata',
  }),
];
