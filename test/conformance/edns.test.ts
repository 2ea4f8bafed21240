/**
 * Header and EDNS, of the table and of the chain, over UDP and TCP; and beside CoreDNS with the
 * same zone in a file.
 */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { cookieOf } from '../../libs/dns/cookie-reply.ts';
import { OPTION_COOKIE } from '../../libs/dns/server-cookie.ts';
import { ask, withEdns } from '../e2e/ask.ts';
import { IsthmusProcess } from '../e2e/isthmus-process.ts';
import { findServer } from '../servers/find-server.ts';
import { freePort } from '../servers/free-port.ts';
import { ServerProcess } from '../servers/server-process.ts';
import { makeTempDirectory, removeTempDirectory } from '../servers/temp-directory.ts';
import { corednsMissing } from './coredns.ts';
import { EDNS_ROWS } from './edns-rows.ts';
import { PACKET_ROWS } from './packet-rows.ts';
import { saidTo } from './raw-packet.ts';

const MANY = Array.from({ length: 100 }, (_, i) => `10.0.1.${i}`);
const MANIFESTS = `
apiVersion: v1
kind: Namespace
metadata: { name: shop }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { clusterIP: 10.96.0.10, clusterIPs: [10.96.0.10], ports: [{ name: http, port: 80 }] }
---
apiVersion: v1
kind: Service
metadata: { name: many, namespace: shop }
spec: { clusterIP: None, ports: [{ name: http, port: 80 }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: many-1, namespace: shop, labels: { kubernetes.io/service-name: many } }
addressType: IPv4
ports: [{ name: http, port: 80 }]
endpoints:
${MANY.map((address) => `  - { addresses: [${address}], conditions: { ready: true } }`).join('\n')}
`;
const ROWS = [...PACKET_ROWS, ...EDNS_ROWS];
/** The same, as CoreDNS's file plugin takes it. */
const ZONE = `
@ 5 IN SOA ns.dns.cluster.local. hostmaster.cluster.local. 1 7200 1800 86400 5
web.shop.svc 5 IN A 10.96.0.10
${MANY.map((address) => `many.shop.svc 5 IN A ${address}`).join('\n')}
`;
const WAYS = ['table', 'chain'] as const;
const TRANSPORTS = ['udp', 'tcp'] as const;

describe('EDNS', () => {
  const folder = makeTempDirectory();
  const ports = { table: 0, chain: 0, coredns: 0 };
  const processes: IsthmusProcess[] = [];
  let coredns: ServerProcess | undefined;

  before(async () => {
    const secrets = join(folder, 'secrets');
    writeFileSync(secrets, 'e5e973e5a6b2a43f48e7dc849e37bfcf\n');
    for (const way of WAYS) {
      ports[way] = await freePort();
      const cwd = join(folder, way);
      mkdirSync(join(cwd, 'east'), { recursive: true });
      writeFileSync(join(cwd, 'east', 'shop.yaml'), MANIFESTS);
      writeFileSync(
        join(cwd, 'Corefile'),
        `.:${ports[way]} {
    bind 127.0.0.1
    ${way === 'chain' ? 'log nobody.test {common}' : ''}
    federation cluster.local {
        home east
        cluster east manifests east
    }
}`,
      );
      const args = ['up', '-conf', 'Corefile', '-quiet', '-cookie-secrets', secrets];
      processes.push(new IsthmusProcess(args, { cwd }));
    }
    if (corednsMissing() === undefined) {
      ports.coredns = await freePort();
      const text = `.:${ports.coredns} {\n    bind 127.0.0.1\n    file zone cluster.local\n}\n`;
      writeFileSync(join(folder, 'Corefile'), text);
      writeFileSync(join(folder, 'zone'), ZONE);
      const args = ['-conf', 'Corefile'];
      coredns = new ServerProcess('coredns', findServer('coredns') ?? '', args, folder);
    }
    const serves = async (port: number) =>
      ((await ask(port, 'web.shop.svc.cluster.local', 'A'))?.answer.length ?? 0) > 0;
    for (const [i, process] of processes.entries()) {
      const port = ports[WAYS[i] ?? 'table'];
      await process.until(() => serves(port), `${WAYS[i]} serves the zone`);
    }
    await coredns?.until(() => serves(ports.coredns));
  });
  after(async () => {
    for (const process of processes) await process.kill();
    await coredns?.kill();
    removeTempDirectory(folder);
  });

  for (const { what, packet, said, overTcp = said } of ROWS) {
    test(what, async () => {
      for (const way of WAYS) {
        for (const transport of TRANSPORTS) {
          const expected = transport === 'udp' ? said : overTcp;
          const reply = await saidTo(packet, ports[way], transport, expected !== 'silence');
          assert.equal(reply, expected, `${way}, ${transport}`);
        }
      }
    });
  }

  test('a cookie of one server is good at another with the same secret', async () => {
    const cookieFrom = async (
      way: (typeof WAYS)[number],
      transport: 'udp' | 'tcp',
      data: Uint8Array,
    ) => {
      const options = [{ code: OPTION_COOKIE, data }];
      const asking = { transport, ...withEdns({ options }) };
      const reply = await ask(ports[way], 'web.shop.svc.cluster.local', 'A', asking);
      return (reply && cookieOf(reply)) ?? assert.fail('no cookie');
    };
    const learnt = await cookieFrom('table', 'udp', Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    for (const way of WAYS) {
      for (const transport of TRANSPORTS) {
        const again = await cookieFrom(way, transport, learnt);
        assert.deepEqual(again, learnt, `${way}, ${transport}`);
      }
    }
  });

  describe('of CoreDNS', { skip: corednsMissing() ?? false }, () => {
    for (const row of ROWS) {
      test(row.what, async () => {
        const { theirs = row.said } = row;
        const { theirsOverTcp = row.theirs ?? row.overTcp ?? row.said } = row;
        for (const transport of TRANSPORTS) {
          const expected = transport === 'udp' ? theirs : theirsOverTcp;
          const reply = await saidTo(row.packet, ports.coredns, transport, expected !== 'silence');
          assert.equal(reply.replace(/EDNS 0 \d+/, 'EDNS 0 1232'), expected, transport);
        }
      });
    }
  });
});
