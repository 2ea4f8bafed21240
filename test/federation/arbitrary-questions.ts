/** Random questions: names and types that the events of arbitrary-events.ts may lead to. */
import fc from 'fast-check';

const labels = fc.constantFrom(
  ...['web', 'db', 'pay', 'shop', 'ops', 'svc', '_http', '_grpc', '_tcp', '_udp', 'db-0', 'db-1'],
  ...[
    '10-0-0-1',
    'fd00--1',
    'east',
    'west',
    'ns',
    'dns',
    'dns-version',
    'nope',
    '1',
    '0',
    '10',
    'f',
    'pod',
    'http',
    'tcp',
    '_zone',
    'pin',
    'prefer',
    'east-1',
    'east',
    'lb',
    'ns1',
    'db-0-west',
  ],
);
const anyNames = fc
  .tuple(
    fc.array(labels, { maxLength: 5 }),
    fc.constantFrom(
      ...['shop.svc.west.', 'shop.svc.east.', 'svc.west.', 'shop.svc.north.'],
      ...['shop.svc.', 'ops.svc.', 'svc.', '', '0.0.', '0.10.', '0.0.10.', 'shop.pod.', 'shop.'],
    ),
    fc.constantFrom(
      ...['cluster.local.', 'CLUSTER.local.', 'clusterset.local.', 'in-addr.arpa.'],
      ...['cluster.local.', 'other.local.', 'ext.local.', 'many.local.', 'local.'],
    ),
  )
  .map(([left, middle, zone]) => `${left.map((label) => `${label}.`).join('')}${middle}${zone}`);
/** Names that a Service has, if it is there. */
const serviceNames = fc
  .tuple(
    fc.constantFrom('', '', '', '_http._tcp.', '_grpc._udp.', '_udp.', 'db-0.', '10-0-0-1.east.'),
    fc.constantFrom('web', 'db', 'pay'),
    fc.constantFrom('shop', 'ops'),
    fc.constantFrom('cluster.local.', 'clusterset.local.', 'clusterset.local.'),
  )
  .map(([below, name, namespace, zone]) => `${below}${name}.${namespace}.svc.${zone}`);
export const arbitraryNames = fc.oneof(anyNames, serviceNames);
export const arbitraryTypes = fc.constantFrom(
  ...['A', 'A', 'A', 'AAAA', 'SRV'],
  'A',
  'AAAA',
  'SRV',
  'CNAME',
  'PTR',
  'TXT',
  'NS',
  'SOA',
  'MX',
  'HTTPS',
);

/** Many, names in lower case. */
export const questions = fc.array(
  fc.record({ name: arbitraryNames.map((name) => name.toLowerCase()), type: arbitraryTypes }),
  { minLength: 20, maxLength: 20 },
);
