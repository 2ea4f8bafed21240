/** The directive and what it answers of a cluster that is known; records are libs/federation's. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RCODE } from '../../../../libs/dns/iana.ts';
import { formatRecord, parseRecord } from '../../../../libs/dns/presentation.ts';
import type { ClusterObject } from '../../../../libs/event/object.ts';
import { askPlugin, queryOf } from '../../../../test/plugin/ask-plugin.ts';
import { directives } from '../../../../test/plugin/directives.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import { givenRuntime } from '../../clusters/given-runtime.ts';
import type { Next } from '../../query.ts';
import { emptyResponse } from '../../response.ts';
import { layersOfStanza } from '../../stanza/stanza-layers.ts';
import { kubernetesSetup } from './setup.ts';

const SHOP: readonly ClusterObject[] = [
  { kind: 'Namespace', namespace: '', name: 'shop' },
  {
    kind: 'Service',
    namespace: 'shop',
    name: 'web',
    type: 'ClusterIP',
    clusterIPs: ['10.96.0.10'],
    headless: false,
    ports: [{ name: 'http', protocol: 'TCP', port: 80 }],
  },
  {
    kind: 'Pod',
    namespace: 'shop',
    name: 'web-0',
    addresses: ['10.1.0.1'],
    labels: { app: 'web' },
  },
  { kind: 'Pod', namespace: 'shop', name: 'agent-1', addresses: ['10.0.0.1'], hostNetwork: true },
  { kind: 'Pod', namespace: 'infra', name: 'agent-2', addresses: ['10.0.0.1'], hostNetwork: true },
];
const UPSTREAM: Next = async (query) => ({
  ...emptyResponse(RCODE.NOERROR),
  answer: [parseRecord(`${query.name} 60 IN A 192.0.2.1`)],
});

function given(lines: string, { isSynced = true } = {}) {
  const setup = kubernetesSetup((stanzas) =>
    givenRuntime(
      stanzas.flatMap((stanza) => layersOfStanza(stanza, 'east')),
      { east: SHOP },
      isSynced ? ['east'] : [],
    ),
  );
  const text = `kubernetes cluster.local in-addr.arpa {\n${lines}\n}`;
  return setup(directives(text), setupContext().context);
}

async function ask(lines: string, name: string, type = 'A', isSynced = true) {
  const response = await askPlugin(given(lines, { isSynced }), name, type, UPSTREAM);
  const { rcode, answer } = response;
  return rcode === RCODE.NOERROR ? answer.map(formatRecord).join() : rcode;
}

describe('kubernetes', () => {
  const web = 'web.shop.svc.cluster.local.';
  const rows: readonly (readonly [string, string, string, string, string | number])[] = [
    ['answers for a Service', '', web, 'A', `${web} 5 IN A 10.96.0.10`],
    ['with the ttl of the stanza', 'ttl 30', web, 'A', `${web} 30 IN A 10.96.0.10`],
    ['denies what is not there', '', `nope.${web}`, 'A', RCODE.NXDOMAIN],
    [
      'asks the next plugin in zones that fall through',
      'fallthrough in-addr.arpa',
      '9.9.9.9.in-addr.arpa.',
      'A',
      '9.9.9.9.in-addr.arpa. 60 IN A 192.0.2.1',
    ],
    ['and nowhere else', 'fallthrough in-addr.arpa', `nope.${web}`, 'A', RCODE.NXDOMAIN],
    ['outside of its zones', '', 'example.org.', 'A', 'example.org. 60 IN A 192.0.2.1'],
    ['hides other namespaces', 'namespaces infra', web, 'A', RCODE.NXDOMAIN],
    [
      'takes ports without underscores',
      '',
      `http.tcp.${web}`,
      'SRV',
      `http.tcp.${web} 5 IN SRV 0 100 80 ${web}`,
    ],
    ['does not know pods by default', '', '10-1-0-1.shop.pod.cluster.local.', 'A', RCODE.NXDOMAIN],
    [
      'knows those that are there',
      'pods verified',
      '10-1-0-1.shop.pod.cluster.local.',
      'A',
      '10-1-0-1.shop.pod.cluster.local. 5 IN A 10.1.0.1',
    ],
    ['and no others', 'pods verified', '10-1-0-2.shop.pod.cluster.local.', 'A', RCODE.NXDOMAIN],
    [
      'believes any',
      'pods insecure',
      '10-1-0-2.shop.pod.cluster.local.',
      'A',
      '10-1-0-2.shop.pod.cluster.local. 5 IN A 10.1.0.2',
    ],
  ];
  for (const [what, lines, name, type, expected] of rows) {
    test(what, async () => assert.equal(await ask(lines, name, type), expected));
  }

  test('denies nothing before its cluster is synced, and answers what it knows', async () => {
    assert.equal(await ask('', `nope.${web}`, 'A', false), RCODE.SERVFAIL);
    assert.equal(await ask('', web, 'A', false), `${web} 5 IN A 10.96.0.10`);
  });

  test('lets others answer meanwhile where it falls through', async () => {
    const name = '9.9.9.9.in-addr.arpa.';
    assert.equal(
      await ask('fallthrough in-addr.arpa', name, 'A', false),
      `${name} 60 IN A 192.0.2.1`,
    );
    assert.equal(await ask('fallthrough in-addr.arpa', `nope.${web}`, 'A', false), RCODE.SERVFAIL);
  });

  const path = (lines: string, name: string, address: string) =>
    given(lines).searchPath?.(name, { address, port: 1, transport: 'udp' });

  test('knows the search path of a pod by its address', () => {
    assert.deepEqual(path('pods verified', `example.org.${web}`, '10.1.0.1'), [
      'shop.svc.cluster.local.',
      'svc.cluster.local.',
      'cluster.local.',
    ]);
    assert.equal(path('pods verified', 'example.org.', '10.1.0.1'), undefined);
    assert.equal(path('pods verified', web, '10.1.0.9'), undefined);
    assert.equal(path('pods insecure', web, '10.1.0.1'), undefined);
  });

  test('does not guess between pods that share an address', () => {
    assert.equal(path('pods verified', web, '10.0.0.1'), undefined);
  });

  test('tells what a name says, and who asks', () => {
    const facts = metadata('pods verified', `_http._tcp.${web}`, '10.1.0.1');
    assert.deepEqual(facts, {
      'kubernetes/port-name': 'http',
      'kubernetes/protocol': 'tcp',
      'kubernetes/endpoint': '',
      'kubernetes/service': 'web',
      'kubernetes/namespace': 'shop',
      'kubernetes/kind': 'svc',
      'kubernetes/client-namespace': 'shop',
      'kubernetes/client-pod-name': 'web-0',
      'kubernetes/client-label/app': 'web',
    });
    assert.deepEqual(metadata('pods verified', 'a.b.c.cluster.local.', '10.0.0.1'), {
      'kubernetes/parse-error': 'invalid query name',
    });
    assert.deepEqual(metadata('', 'example.org.', '10.1.0.1'), {});
  });
});

function metadata(lines: string, name: string, address: string) {
  const query = queryOf(name, 'A', {}, { address });
  const facts = [...(given(lines).metadata?.(query) ?? [])];
  return Object.fromEntries(facts.map(([label, value]) => [label, value()]));
}
