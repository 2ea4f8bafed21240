/**
 * `rewrite` above the plugins that it stands above in a server block: names of our clusters, answers
 * that are kept, search paths, zones; and with those above it, and with other server blocks.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseCorefile } from '../../libs/corefile/parser.ts';
import { decode } from '../../libs/dns/decode.ts';
import { encode } from '../../libs/dns/encode.ts';
import { rcodeName } from '../../libs/dns/iana.ts';
import type { Message } from '../../libs/dns/message.ts';
import { formatRecord, parseRecord } from '../../libs/dns/presentation.ts';
import type { ClusterObject } from '../../libs/event/object.ts';
import { asking, query } from '../../libs/table/asking.ts';
import { createTable } from '../../libs/table/table-writer.ts';
import { createLog } from '../../libs/telemetry/log.ts';
import { Metrics } from '../../libs/telemetry/metrics.ts';
import { ZoneContents } from '../../libs/transfer/zone-contents.ts';
import { said } from '../../test/plugin/cache-over.ts';
import { givenRuntime } from './clusters/given-runtime.ts';
import { configure } from './configuration.ts';
import { CachedAnswersTable } from './control/cached-answers.ts';
import type { Setup } from './plugin.ts';
import { createAutopathSetup } from './plugins/autopath/setup.ts';
import { createCacheSetup } from './plugins/cache/setup.ts';
import { createChaosSetup } from './plugins/chaos/setup.ts';
import { setup as errors } from './plugins/errors/setup.ts';
import { kubernetesSetup } from './plugins/kubernetes/setup.ts';
import { setup as log } from './plugins/log/setup.ts';
import { setup as rewrite } from './plugins/rewrite/setup.ts';
import { createTransferSetup } from './plugins/transfer/setup.ts';
import type { Query } from './query.ts';
import { QueryFailure } from './query-failure.ts';
import { QueryGroups } from './query-groups.ts';
import { Server } from './server.ts';
import { layersOfStanza } from './stanza/stanza-layers.ts';

const TCP = { address: '192.0.2.7', port: 5353, transport: 'tcp' } as const;
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
];
const kubernetes = kubernetesSetup((stanzas) =>
  givenRuntime(
    stanzas.flatMap((stanza) => layersOfStanza(stanza, 'east')),
    { east: SHOP },
  ),
);
const clocks = { nowMs: () => 1000, wallMs: () => 1_790_000_000_000, every: () => () => {} };
const nowhere = {
  after: () => () => {},
  exchange: async () => false,
  nowSeconds: () => 0,
  randomId: () => 0,
};

/** Has a.test. at serial 8, and what changed since 7. */
function zoneFile(): ReturnType<Setup> {
  const contents = new ZoneContents(['a.test.']);
  const seal = (serial: number) => {
    const soa = parseRecord(`a.test. 5 IN SOA ns.a.test. h.a.test. ${serial} 7200 1800 86400 5`);
    contents.setZone('a.test.', soa, true);
  };
  const web = (rdata: string) =>
    contents.put('a.test.', 'web.a.test.', [
      { name: 'web.a.test.', type: 'A', ttl: 5, rdatas: [rdata] },
    ]);
  web('192.0.2.1');
  seal(7);
  contents.source('a.test.')?.soa();
  web('192.0.2.2');
  seal(8);
  return { name: 'file', zoneSource: (zone) => contents.source(zone) };
}

/** Servers over an upstream where each name has an address but those that begin with `none`. */
function given(text: string) {
  const written: string[] = [];
  const upstream: string[] = [];
  const forward: Setup = () => ({
    name: 'forward',
    handle: async ({ name, question }: Query) => {
      upstream.push(`${name} ${question.type} ${question.class}`);
      if (name.startsWith('broken.')) throw new QueryFailure('no upstream answered');
      if (name.startsWith('loop.')) return said([`${name} 60 IN CNAME again.${name}`]);
      const soa = ['. 60 IN SOA ns. root. 1 2 3 4 60'];
      return name.startsWith('none.') ? said([], 3, soa) : said([`${name} 60 IN A 192.0.2.1`]);
    },
  });
  const setups = {
    ...{ errors, forward, kubernetes, log, rewrite },
    autopath: createAutopathSetup(() => 'search none.test corp.test'),
    cache: createCacheSetup({ store: undefined, ...clocks }),
    chaos: createChaosSetup({ version: 'Isthmus-1', hostname: 'here' }),
    file: zoneFile,
    transfer: createTransferSetup(nowhere),
  };
  const lines = createLog((line) => written.push(line));
  const metrics = new Metrics();
  const corefile = parseCorefile(
    { file: 'Corefile', text },
    { environment: {}, readFiles: () => [] },
  );
  const table = createTable({ octets: 1 << 20 });
  const cachedAnswers = new CachedAnswersTable(table, new QueryGroups(lines));
  const dependencies = { log: lines, metrics, setups, cachedAnswers };
  const [listener] = configure(corefile, dependencies).listeners;
  assert.ok(listener !== undefined);
  const server = new Server(listener, { log: lines, metrics, nowMs: clocks.nowMs });
  const messageOf = (packet: Uint8Array): Message => {
    const decoded = decode(packet);
    return decoded.kind === 'message' ? decoded.message : assert.fail(decoded.why);
  };
  const reader = asking(table);
  return {
    written,
    upstream,
    metrics,
    /** What a reader has for it. */
    inTable: (question: string) => reader(encode(query(question)), 0) instanceof Uint8Array,
    /** The response code, then the records of ANSWER, of all messages. */
    async ask(question: string, change: Partial<Message> = {}): Promise<readonly string[]> {
      const packet = encode(query(question, change));
      const answer = await server.answer(packet, TCP);
      assert.ok(answer !== undefined);
      const packets = answer instanceof Uint8Array ? [answer] : [answer.first, ...answer.more];
      const [first, ...more] = packets.map(messageOf);
      assert.ok(first !== undefined);
      assert.deepEqual(first.question, query(question, change).question);
      const records = [first, ...more].flatMap((message) => message.answer);
      return [rcodeName(first.rcode), ...records.map(formatRecord)];
    },
  };
}

const SHORT = 'rewrite name suffix .short.test. .shop.svc.cluster.local. answer auto';

describe('rewrite', () => {
  test('leads to names of our clusters, which no cache keeps', async () => {
    const { ask, upstream, inTable } = given(
      `. {\n${SHORT}\ncache\nkubernetes cluster.local\nforward .\n}`,
    );
    for (let i = 0; i < 2; i++) {
      assert.deepEqual(await ask('Web.short.test. A'), [
        'NOERROR',
        'Web.short.test. 5 IN A 10.96.0.10',
      ]);
    }
    assert.deepEqual(await ask('none.short.test. A'), ['NXDOMAIN']);
    assert.deepEqual(await ask('web.shop.svc.cluster.local. A'), [
      'NOERROR',
      'web.shop.svc.cluster.local. 5 IN A 10.96.0.10',
    ]);
    assert.deepEqual(upstream, []);
    assert.equal(inTable('web.short.test. A'), false);
    assert.equal(inTable('web.shop.svc.cluster.local. A'), false);
  });

  test('what the cache keeps is of the name that was asked upstream', async () => {
    const { ask, upstream, inTable } = given(
      '. {\nrewrite continue ttl a.test. 5\nrewrite name a.test. b.test.\ncache\nforward .\n}',
    );
    assert.deepEqual(await ask('a.test. A'), ['NOERROR', 'a.test. 5 IN A 192.0.2.1']);
    assert.deepEqual(await ask('b.test. A'), ['NOERROR', 'b.test. 60 IN A 192.0.2.1']);
    assert.deepEqual(await ask('A.test. A'), ['NOERROR', 'A.test. 5 IN A 192.0.2.1']);
    assert.deepEqual(upstream, ['b.test. A 1']);
    assert.deepEqual([inTable('b.test. A'), inTable('a.test. A')], [true, false]);
  });

  test('a search path is walked with the name that it makes', async () => {
    const { ask, upstream } = given(
      '. {\nrewrite name suffix .old.test. .none.test. answer auto\nautopath /etc/resolv.conf\nforward .\n}',
    );
    assert.deepEqual(await ask('none.old.test. A'), ['NXDOMAIN']);
    assert.deepEqual(upstream.splice(0), [
      'none.none.test. A 1',
      'none.corp.test. A 1',
      'none. A 1',
    ]);
    assert.deepEqual(await ask('web.old.test. A'), ['NOERROR', 'web.old.test. 60 IN A 192.0.2.1']);
  });

  test('hands out a zone under another name, and what changed of it', async () => {
    const { ask } = given('. {\nrewrite name b.test. a.test.\ntransfer a.test {\nto *\n}\nfile\n}');
    const soa = (serial: number) =>
      `b.test. 5 IN SOA ns.b.test. h.a.test. ${serial} 7200 1800 86400 5`;
    const web = (address: string) => `web.b.test. 5 IN A ${address}`;
    assert.deepEqual(await ask('b.test. AXFR'), ['NOERROR', soa(8), web('192.0.2.2'), soa(8)]);
    const authority = [parseRecord(soa(7))];
    assert.deepEqual(await ask('b.test. IXFR', { authority }), [
      'NOERROR',
      ...[soa(8), soa(7), web('192.0.2.1'), soa(8), web('192.0.2.2'), soa(8)],
    ]);
  });

  test('log has the query of the client, and errors what failed', async () => {
    const { ask, written } = given(
      '. {\nlog . "{name} {rcode}"\nerrors\nrewrite continue rcode broken.test. SERVFAIL NXDOMAIN\nrewrite name broken.test. broken.up.\nforward .\n}',
    );
    assert.deepEqual(await ask('broken.test. A'), ['NXDOMAIN']);
    assert.deepEqual(written, [
      '[ERROR] plugin/errors: 3 broken.test. A: no upstream answered',
      '[INFO] broken.test. NXDOMAIN',
    ]);
  });

  test('a name that can be none is a failure, which errors writes', async () => {
    const { ask, written } = given('. {\nerrors\nrewrite name regex ^(.*)$ .{1}\nforward .\n}');
    assert.deepEqual(await ask('a.test. A'), ['SERVFAIL']);
    assert.match(written[0] ?? '', /A: plugin\/rewrite: a\.test\. became no name: Cannot use the/);
  });
});

describe('rewrite class', () => {
  const ofClass = (name: string, number: number) => ({
    question: { name, type: 'TXT', class: number },
  });

  test('makes queries of class IN, after chaos had its say', async () => {
    const { ask, upstream } = given('. {\nchaos\nrewrite class CH IN\nforward .\n}');
    assert.deepEqual(await ask('a.test. TXT', ofClass('a.test.', 3)), [
      'NOERROR',
      'a.test. 60 IN A 192.0.2.1',
    ]);
    assert.deepEqual(upstream, ['a.test. TXT 1']);
    assert.deepEqual(await ask('version.server. TXT', ofClass('version.server.', 3)), [
      'NOERROR',
      'version.server. 0 IN TXT "Isthmus-1"',
    ]);
    assert.deepEqual(await ask('a.test. TXT', ofClass('a.test.', 4)), ['REFUSED']);
  });

  test('is for its own server block', async () => {
    const { ask, upstream } = given(
      'a.test {\nrewrite class CH IN\nforward .\n}\n. {\nforward .\n}',
    );
    assert.deepEqual(await ask('b.test. TXT', ofClass('b.test.', 3)), ['REFUSED']);
    assert.deepEqual(upstream, []);
  });
});

describe('rewrite cname', () => {
  test('asks for the target wherever it is served', async () => {
    const { ask } = given(
      '. {\nrewrite cname regex ^again\\..* web.shop.svc.cluster.local\nforward .\n}\n' +
        'cluster.local {\nkubernetes cluster.local\n}',
    );
    assert.deepEqual(await ask('loop.test. A'), [
      'NOERROR',
      'loop.test. 60 IN CNAME web.shop.svc.cluster.local.',
      'web.shop.svc.cluster.local. 5 IN A 10.96.0.10',
    ]);
  });

  test('of aliases without end comes to an end, also where two rules follow them', async () => {
    const { ask, upstream } = given(
      '. {\nrewrite continue cname regex ^again\\.(.*) {1}x\nrewrite cname regex ^(.*)xx\\.$ loop.{1}xxx\nforward .\n}',
    );
    assert.deepEqual(await ask('loop.test. A'), ['SERVFAIL']);
    assert.ok(upstream.length <= 11, `${upstream.length}`);
  });
});

test('rewrite rcode also changes what nobody answered', async () => {
  const { ask } = given('. {\nrewrite rcode suffix test REFUSED NXDOMAIN\n}');
  assert.deepEqual(await ask('a.test. A'), ['NXDOMAIN']);
});
