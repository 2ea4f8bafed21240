/**
 * The servers that packets are thrown at, in this process: a federation, of which the table answers
 * what it can, and a chain with every plugin that can be had without a network.
 */
import { isDeepStrictEqual } from 'node:util';
import { parseCorefile } from '../../libs/corefile/parser.ts';
import { encode } from '../../libs/dns/encode.ts';
import { putSecrets, SECRETS_WORDS, ServerCookies } from '../../libs/dns/server-cookie.ts';
import { NOW_SECONDS, query } from '../../libs/table/asking.ts';
import { createTable } from '../../libs/table/table-writer.ts';
import { SILENT } from '../../libs/telemetry/log.ts';
import { Metrics } from '../../libs/telemetry/metrics.ts';
import { configure } from '../../services/resolver/configuration.ts';
import { Cookies } from '../../services/resolver/cookies.ts';
import { openListeners } from '../../services/resolver/readers/open-listeners.ts';
import { Server } from '../../services/resolver/server.ts';
import { rawObject } from '../cluster/collections.ts';
import { GivenFederation } from '../conformance/given-federation.ts';
import { headless, service, slice } from '../conformance/objects.ts';
import { until } from '../e2e/isthmus-process.ts';
import { givenSetups } from '../presubmit/given-setups.ts';

/** The table answers nothing there, and needs room for that only. */
const TABLE_OCTETS = 8 << 20;
const MANY = Array.from({ length: 100 }, (_, i) => `10.0.1.${i}`);

/** Resolves once the table knows all of it. */
export async function givenFederation(): Promise<GivenFederation> {
  const federation = new GivenFederation(['east', 'west']);
  for (const cluster of ['east', 'west']) {
    federation.set(cluster, [
      rawObject('Namespace', '', 'shop'),
      service('shop/web', { clusterIP: '10.96.0.10', clusterIPs: ['10.96.0.10', 'fd00:e::10'] }),
      headless('shop/many'),
      slice('shop/many', MANY),
      headless('shop/db'),
      slice('shop/db', [{ addresses: ['10.0.2.1'], hostname: 'db-0' }, '10.0.2.2']),
    ]);
  }
  const packet = encode(query('nope.clusterset.local. A'));
  const client = { address: '192.0.2.7', port: 53, transport: 'udp' } as const;
  const denies = async () => {
    const { table, chain } = await federation.saidTo(packet, client);
    return table instanceof Uint8Array && chain !== undefined && isDeepStrictEqual(table, chain);
  };
  await until(denies, 'the table denies what the chain denies');
  return federation;
}

const PLUGINS = `. {
    metadata
    nsid fuzz
    bufsize 1100
    errors
    log nobody.test {common}
    local
    dns64
    any
    chaos Isthmus
    loadbalance
    tsig {
        secret transfer.test. c2VjcmV0IHNlY3JldCBzZWNyZXQ=
        require TKEY
    }
    rewrite name regex (.*)\\.test\\.$ {1}.cluster.local. answer auto
    rewrite edns0 local set 0xffee fuzz
    acl {
        block type MX net 198.51.100.0/24
        filter type HINFO
    }
    cache 30
    header {
        response set ra
    }
    minimal
    template IN TXT svc.cluster.local {
        match ^(?P<name>[^.]+)[.]
        answer "{{ .Name }} 60 IN TXT \\"{{ .Group.name }}\\""
        fallthrough
    }
    hosts {
        10.0.0.1 web.cluster.local web.shop.svc.cluster.local
        fd00::1 web.cluster.local
        fallthrough
    }
    whoami
}`;

/** A chain with the plugins above; `panics` is how often one of them threw. */
export function givenPlugins() {
  const metrics = new Metrics();
  const { listeners } = configure(
    parseCorefile({ file: 'Corefile', text: PLUGINS }, { environment: {}, readFiles: () => [] }),
    { ...givenSetups(), metrics },
  );
  const [listener] = listeners;
  if (listener === undefined) throw new Error('Cannot fuzz: no listener');
  const words = new Int32Array(SECRETS_WORDS);
  putSecrets(words, 0, [new Uint8Array(16)]);
  const cookies = new Cookies(new ServerCookies(words, 0), () => NOW_SECONDS);
  const server = new Server(listener, { log: SILENT, metrics, nowMs: () => 0, cookies });
  return { server, metrics };
}

/** The same behind real sockets of loopback. */
export async function givenListeners() {
  const { server } = givenPlugins();
  const listeners = await openListeners({
    table: createTable({ octets: TABLE_OCTETS }).memory,
    listen: [{ address: '127.0.0.1', port: 0, view: 0 }],
    threads: 1,
    answerSlow: (packet, client) => server.answer(packet, client),
    log: SILENT,
  });
  return { port: listeners.addresses[0]?.port ?? 0, close: () => listeners.close() };
}

/** How often a plugin threw, by what is counted. */
export async function panicsOf(metrics: Metrics): Promise<number> {
  const text = await metrics.text();
  return Number(/^coredns_panics_total (\d+)$/m.exec(text)?.[1] ?? Number.NaN);
}
