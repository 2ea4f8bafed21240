/**
 * Who serves the zone: the Service that fronts this name server, where a real API server has an
 * EndpointSlice with its address; else this machine by its own. Beside CoreDNS.
 */
import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { after, before, describe, test } from 'node:test';
import { formatRecord } from '../../libs/dns/presentation.ts';
import { type ApiServer, startApiServer } from '../cluster/apiserver.ts';
import { deleteObject } from '../cluster/delete-object.ts';
import { apiServerMissing } from '../cluster/needs-api-server.ts';
import { putObject } from '../cluster/put-object.ts';
import { until } from '../e2e/isthmus-process.ts';
import { type Coredns, corednsMissing, startCoredns } from './coredns.ts';
import { headless, service, slice } from './objects.ts';
import { expectedOf, TwoWays } from './two-ways.ts';

/** The address of this machine that an EndpointSlice may have: none on loopback. */
const own = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ internal, family }) => !internal && family === 'IPv4')?.address;

const missing =
  apiServerMissing() ??
  corednsMissing() ??
  (own === undefined ? 'needs a network: this machine has loopback only' : undefined);

describe('the apex', { skip: missing ?? false }, () => {
  const address = own ?? '';
  let api: ApiServer | undefined;
  let isthmus: TwoWays<'block'> | undefined;
  let coredns: Coredns | undefined;
  before(async () => {
    api = await startApiServer();
    const directives = [
      'k8s_external example.org {\n        headless\n    }',
      `kubernetes cluster.local 10.in-addr.arpa {
        kubeconfig ${api.kubeconfig} test
    }`,
    ];
    isthmus = await TwoWays.start({ block: directives }, { hosts: `127.0.0.1 ${address}` });
    coredns = await startCoredns(directives);
    await isthmus.untilReady();
  });
  after(async () => {
    await coredns?.stop();
    await isthmus?.stop();
    await api?.stop();
  });

  /** What both say at last; CoreDNS has more addresses where it listens on more. */
  async function both(question: string, ...answer: readonly string[]): Promise<void> {
    const expected = expectedOf(question, answer);
    await isthmus?.until('block', question, answer);
    let theirs: readonly string[] | undefined;
    await until(
      async () => {
        theirs = await coredns?.ask(question);
        return JSON.stringify(theirs) === JSON.stringify(expected);
      },
      `CoreDNS says ${expected.join(' ')}`,
      () => `it says ${theirs?.join(' ')}`,
    );
  }

  async function glue(question: string): Promise<readonly string[]> {
    const replies = (await isthmus?.replies('block', question)) ?? [];
    const [table, chain] = replies.map((reply) => reply.additional.map(formatRecord).sort());
    assert.deepEqual(table, chain);
    return table ?? [];
  }

  test('is served by this machine where no Service fronts it', async () => {
    await both('cluster.local NS', '5 IN NS ns.dns.cluster.local.');
    await isthmus?.until('block', 'ns.dns.cluster.local A', [
      '5 IN A 127.0.0.1',
      `5 IN A ${address}`,
    ]);
    await both('example.org NS', '5 IN NS ns1.dns.example.org.');
    // RFC 1035 § 3.5: not ns.dns.10.in-addr.arpa, which CoreDNS says.
    await isthmus?.until('block', '10.in-addr.arpa NS', ['5 IN NS ns.dns.cluster.local.']);
  });

  test('is served by the Service that fronts it, while it does', async () => {
    assert.ok(api !== undefined);
    const spec = { clusterIP: '10.96.0.10', externalIPs: ['198.51.100.53'] };
    const dns = service('kube-system/kube-dns', spec);
    const endpoints = slice('kube-system/kube-dns', [address, '10.1.0.53']);
    const server = 'kube-dns.kube-system.svc.cluster.local.';
    await putObject(api, dns);
    await putObject(api, endpoints);
    await both('cluster.local NS', `5 IN NS ${server}`);
    assert.deepEqual(await glue('cluster.local NS'), [`${server} 5 IN A 10.96.0.10`]);
    await both('ns.dns.cluster.local A', '5 IN A 10.96.0.10');
    await both('ns1.dns.example.org A', '5 IN A 198.51.100.53');
    // A name below 10.in-addr.arpa, as CoreDNS has it, would not resolve.
    await isthmus?.until('block', '10.in-addr.arpa NS', [`5 IN NS ${server}`]);
    await deleteObject(api, endpoints);
    await both('cluster.local NS', '5 IN NS ns.dns.cluster.local.');
    await deleteObject(api, dns);
  });

  test('is served by the endpoints of a headless one', async () => {
    assert.ok(api !== undefined);
    const dns = headless('kube-system/dns');
    const endpoints = slice('kube-system/dns', [
      { addresses: [address], hostname: 'a' },
      { addresses: ['10.1.0.53'], hostname: 'b' },
    ]);
    const [a, b] = ['a', 'b'].map((label) => `${label}.dns.kube-system.svc.cluster.local.`);
    await putObject(api, dns);
    await putObject(api, endpoints);
    await both('cluster.local NS', `5 IN NS ${a}`, `5 IN NS ${b}`);
    assert.deepEqual(await glue('cluster.local NS'), [
      `${a} 5 IN A ${address}`,
      `${b} 5 IN A 10.1.0.53`,
    ]);
    await both('ns1.dns.example.org A', '5 IN A 10.1.0.53', `5 IN A ${address}`);
    await deleteObject(api, endpoints);
    await deleteObject(api, dns);
  });
});
