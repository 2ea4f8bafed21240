import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { encode } from '../../libs/dns/encode.ts';
import { RCODE } from '../../libs/dns/iana.ts';
import { loadCLibrary } from '../../libs/socket/c-library.ts';
import { framed, TcpFraming } from '../../libs/socket/tcp-framing.ts';
import { edns, query, records } from '../../libs/table/asking.ts';
import { createTable } from '../../libs/table/table-writer.ts';
import { SILENT } from '../../libs/telemetry/log.ts';
import { Metrics } from '../../libs/telemetry/metrics.ts';
import type { Block } from './block.ts';
import { compose } from './chain.ts';
import { followListeners } from './listener-metrics.ts';
import type { Plugin } from './plugin.ts';
import { QueryGroups } from './query-groups.ts';
import type { Listeners } from './readers/listeners.ts';
import { openListeners } from './readers/open-listeners.ts';
import { emptyResponse } from './response.ts';
import { Server } from './server.ts';
import { followTable } from './table-metrics.ts';

const SERVER = 'dns://:53';
const MANY = Array.from({ length: 60 }, (_, i) => `many.own.test. 5 IN A 10.0.1.${i}`).join('\n');
const SOA = 'own.test. 5 IN SOA ns.own.test. root.own.test. 7 7200 1800 86400 5';

/** Two zones of one federation in two server blocks, and a cached name below the root's block. */
function filledTable(groups: QueryGroups) {
  const table = createTable({ octets: 1 << 20 });
  const [soa] = records(SOA);
  assert.ok(soa !== undefined);
  const own = groups.numberOf({ server: SERVER, zone: 'own.test.', plugin: 'federation' });
  table.setZone(1, { apex: 'own.test.', soa, complete: true, group: own });
  const put = (lines: string) => {
    const answer = records(lines);
    const [{ name, type } = { name: '', type: '' }] = answer;
    const sections = { authoritative: true, answer, authority: [], additional: [] };
    table.put(name, 0, 1, [{ type, ...sections }]);
  };
  put('web.own.test. 5 IN A 10.0.0.1');
  put(MANY);
  const cache = groups.numberOf({ server: SERVER, zone: '.', plugin: 'cache' });
  const saidAtSeconds = Math.floor(Date.now() / 1000);
  table.keep('kept.test.', 0, cache, {
    type: 'A',
    authoritative: false,
    answer: records('kept.test. 600 IN A 192.0.2.1'),
    authority: [],
    additional: [],
    cached: { saidAtSeconds, expiresAtSeconds: saidAtSeconds + 600, denial: false },
  });
  return table;
}

const forward: Plugin = { name: 'forward', handle: async () => emptyResponse(RCODE.NOERROR) };
const errors: Plugin = { name: 'errors', handle: (asked, next) => next(asked) };
const block: Block = {
  plugins: [errors, forward],
  chain: compose([errors, forward]),
  recursion: true,
  tableCapable: true,
  tableDenies: true,
};

async function askUdp(address: string, port: number, packet: Uint8Array): Promise<void> {
  const client = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  client.send(packet, port, address);
  await once(client, 'message');
  client.close();
}

async function askTcp(port: number, packet: Uint8Array): Promise<void> {
  const client = connect(port, '127.0.0.1');
  client.write(framed(packet));
  const framing = new TcpFraming();
  for (;;) {
    const [octets]: readonly unknown[] = await once(client, 'data');
    assert.ok(octets instanceof Uint8Array);
    if (framing.push(octets).length > 0) break;
  }
  client.destroy();
}

interface Row {
  readonly what: string;
  readonly asked: string;
  readonly over?: 'ipv4' | 'ipv6' | 'tcp';
  readonly edns?: ReturnType<typeof edns>;
  /** Lines of the exposition, and by how much they grew; but for buckets and seconds. */
  readonly grew: Readonly<Record<string, number>>;
}

const OWN = 'server="dns://:53",zone="own.test.",view=""';
const ROOT = 'server="dns://:53",zone=".",view=""';
/** What each question adds to, whatever it is. */
const sizes = (base: string, proto: string, request: number, response: number) => ({
  [`coredns_dns_request_size_bytes_sum{${base},proto="${proto}"}`]: request,
  [`coredns_dns_request_size_bytes_count{${base},proto="${proto}"}`]: 1,
  [`coredns_dns_response_size_bytes_sum{${base},proto="${proto}"}`]: response,
  [`coredns_dns_response_size_bytes_count{${base},proto="${proto}"}`]: 1,
  [`coredns_dns_request_duration_seconds_count{${base}}`]: 1,
});
const request = (base: string, proto: string, family: string, type: string) => ({
  [`coredns_dns_requests_total{${base},proto="${proto}",family="${family}",type="${type}"}`]: 1,
});
const response = (base: string, rcode: string, plugin: string) => ({
  [`coredns_dns_responses_total{${base},rcode="${rcode}",plugin="${plugin}"}`]: 1,
});

const ROWS: readonly Row[] = [
  {
    what: 'a name of the table over IPv4',
    asked: 'web.own.test. A',
    grew: {
      ...request(OWN, 'udp', '1', 'A'),
      ...response(OWN, 'NOERROR', 'federation'),
      ...sizes(OWN, 'udp', 30, 46),
    },
  },
  {
    what: 'a name of the table over IPv6',
    asked: 'web.own.test. A',
    over: 'ipv6',
    grew: {
      ...request(OWN, 'udp', '2', 'A'),
      ...response(OWN, 'NOERROR', 'federation'),
      ...sizes(OWN, 'udp', 30, 46),
    },
  },
  {
    what: 'a name of the table over TCP',
    asked: 'many.own.test. A',
    over: 'tcp',
    grew: {
      ...request(OWN, 'tcp', '1', 'A'),
      ...response(OWN, 'NOERROR', 'federation'),
      ...sizes(OWN, 'tcp', 31, 31 + 60 * 16),
    },
  },
  {
    what: 'an answer too long for UDP',
    asked: 'many.own.test. A',
    grew: {
      ...request(OWN, 'udp', '1', 'A'),
      ...response(OWN, 'NOERROR', 'federation'),
      ...sizes(OWN, 'udp', 31, 31),
      'isthmus_table_truncated_total{proto="udp"}': 1,
    },
  },
  {
    what: 'the DO bit',
    asked: 'web.own.test. A',
    edns: edns(1232, { dnssecOk: true }),
    grew: {
      ...request(OWN, 'udp', '1', 'A'),
      [`coredns_dns_do_requests_total{${OWN}}`]: 1,
      ...response(OWN, 'NOERROR', 'federation'),
      ...sizes(OWN, 'udp', 41, 57),
    },
  },
  {
    what: 'a type without records, that is not counted by itself',
    asked: 'web.own.test. NAPTR',
    grew: {
      ...request(OWN, 'udp', '1', 'other'),
      ...response(OWN, 'NOERROR', 'federation'),
      ...sizes(OWN, 'udp', 30, 74),
    },
  },
  {
    what: 'a name that does not exist',
    asked: 'nope.own.test. AAAA',
    grew: {
      ...request(OWN, 'udp', '1', 'AAAA'),
      ...response(OWN, 'NXDOMAIN', 'federation'),
      ...sizes(OWN, 'udp', 31, 75),
    },
  },
  {
    what: 'a cached answer',
    asked: 'kept.test. A',
    grew: {
      ...request(ROOT, 'udp', '1', 'A'),
      ...response(ROOT, 'NOERROR', 'cache'),
      ...sizes(ROOT, 'udp', 27, 43),
    },
  },
  {
    what: 'an answer of the chain',
    asked: 'elsewhere.test. MX',
    grew: {
      ...request(ROOT, 'udp', '1', 'MX'),
      ...response(ROOT, 'NOERROR', 'forward'),
      ...sizes(ROOT, 'udp', 32, 32),
      'isthmus_table_handed_over_total{proto="udp"}': 1,
    },
  },
  {
    what: 'an answer of the chain over TCP',
    asked: 'elsewhere.test. MX',
    over: 'tcp',
    grew: {
      ...request(ROOT, 'tcp', '1', 'MX'),
      ...response(ROOT, 'NOERROR', 'forward'),
      ...sizes(ROOT, 'tcp', 32, 32),
      'isthmus_table_handed_over_total{proto="tcp"}': 1,
    },
  },
];

/** All lines but comments. */
async function samplesOf(metrics: Metrics): Promise<ReadonlyMap<string, number>> {
  const lines = (await metrics.text()).split('\n').filter((line) => /^[a-z]/.test(line));
  return new Map(
    lines.map((line) => {
      const end = line.lastIndexOf(' ');
      return [line.slice(0, end), Number(line.slice(end + 1))];
    }),
  );
}

/** Batches depend on what came together, connections and seconds on the time. */
const VARIES = /_bucket\{|_seconds_sum|_batches_total|_tcp_connections|_slow_path_queries/;

for (const udp of ['mmsg', 'dgram'] as const) {
  describe(`the scrape shows what was asked over ${udp}`, async () => {
    const skip = udp === 'mmsg' && (await loadCLibrary()) === undefined && 'needs batched UDP';
    const metrics = new Metrics();
    const groups = new QueryGroups(SILENT);
    const table = filledTable(groups);
    const blocks = new Map([
      ['.', [block]],
      ['own.test.', [block]],
    ]);
    const listener = { host: '', port: 53, server: SERVER, blocks };
    const nowMs = () => performance.now();
    const server = new Server(listener, { log: SILENT, metrics, nowMs });
    let listeners: Listeners | undefined;
    before(async () => {
      if (skip !== false) return;
      followTable(metrics, table, groups);
      listeners = await openListeners({
        table: table.memory,
        listen: [{ address: '', port: 0, view: 0 }],
        threads: 2,
        udp,
        answerSlow: (packet, client) => server.answerPacket(packet, client),
        log: SILENT,
      });
      followListeners(metrics, listeners);
    });
    after(() => listeners?.close());

    for (const { what, asked, over = 'ipv4', edns: options, grew } of ROWS) {
      test(what, { skip }, async () => {
        const port = listeners?.addresses[0]?.port ?? 0;
        const packet = encode(query(asked, { edns: options }));
        const was = await samplesOf(metrics);
        if (over === 'tcp') await askTcp(port, packet);
        else await askUdp(over === 'ipv4' ? '127.0.0.1' : '::1', port, packet);
        // A reader counts after it has sent. Durations come last.
        const [counted = ''] = Object.keys(grew).filter((line) => line.includes('seconds_count'));
        let is = await samplesOf(metrics);
        while (is.get(counted) === was.get(counted)) is = await samplesOf(metrics);
        const growth = [...is]
          .map(([line, value]) => [line, value - (was.get(line) ?? 0)] as const)
          .filter(([line, by]) => by !== 0 && !VARIES.test(line));
        assert.deepEqual(Object.fromEntries(growth), grew);
      });
    }

    test('in buckets that end in the count', { skip }, async () => {
      const samples = await samplesOf(metrics);
      const buckets = [...samples].filter(([line]) =>
        line.startsWith(`coredns_dns_response_size_bytes_bucket{${OWN},proto="udp"`),
      );
      assert.deepEqual(
        buckets.map(([line, value]) => [/le="(.*?)"/.exec(line)?.[1], value]),
        [
          ['0', 0],
          ...[100, 200, 300, 400, 511, 1023, 2047, 4095, 8291, 16000, 32000, 48000, 64000].map(
            (bound) => [String(bound), 6],
          ),
          ['+Inf', 6],
        ],
      );
    });
  });
}

test('a family of CoreDNS has its labels and no others', async () => {
  const metrics = new Metrics();
  const server = new Server(
    { host: '', port: 53, server: SERVER, blocks: new Map([['.', [block]]]) },
    { log: SILENT, metrics, nowMs: () => 0 },
  );
  const client = { address: '192.0.2.7', port: 5353, transport: 'udp' } as const;
  const DO = edns(1232, { dnssecOk: true });
  await server.answerPacket(encode(query('a.test. A', { edns: DO })), client);
  const labels = new Map<string, readonly string[]>();
  for (const line of (await samplesOf(metrics)).keys()) {
    const [family = '', rest = ''] = line.split('{');
    labels.set(family, [...rest.matchAll(/(\w+)="/g)].map(([, name = '']) => name).toSorted());
  }
  // What CoreDNS 1.15.0 shows for the same.
  const base = ['server', 'view', 'zone'];
  const expected: Readonly<Record<string, readonly string[]>> = {
    coredns_dns_requests_total: ['family', 'proto', 'server', 'type', 'view', 'zone'],
    coredns_dns_do_requests_total: base,
    coredns_dns_responses_total: ['plugin', 'rcode', ...base],
    coredns_dns_request_duration_seconds_bucket: ['le', ...base],
    coredns_dns_request_duration_seconds_sum: base,
    coredns_dns_request_duration_seconds_count: base,
    coredns_dns_request_size_bytes_bucket: ['le', 'proto', ...base],
    coredns_dns_response_size_bytes_bucket: ['le', 'proto', ...base],
  };
  for (const [family, names] of Object.entries(expected)) {
    assert.deepEqual(labels.get(family), names, family);
  }
});
