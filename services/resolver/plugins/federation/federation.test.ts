import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EDE, RCODE } from '../../../../libs/dns/iana.ts';
import { isWithin } from '../../../../libs/dns/name.ts';
import { formatRecord, parseRecord } from '../../../../libs/dns/presentation.ts';
import { NO_NETWORKS } from '../../../../libs/federation/client-networks.ts';
import type { Outcome } from '../../../../libs/federation/lookup.ts';
import { askPlugin } from '../../../../test/plugin/ask-plugin.ts';
import { directives } from '../../../../test/plugin/directives.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import type { Next } from '../../query.ts';
import { emptyResponse } from '../../response.ts';
import { type FederationOptions, readFederationOptions } from './options.ts';
import { federationSetup } from './setup.ts';

const ZONE = 'cluster.local.';
const SOA = parseRecord(`${ZONE} 5 IN SOA ns.dns.${ZONE} hostmaster.${ZONE} 7 7200 1800 86400 5`);
const WEB = parseRecord(`web.shop.svc.${ZONE} 5 IN A 10.96.0.10`);
const alias = (name: string, target: string): Outcome => ({
  kind: 'alias',
  cname: { name, type: 'CNAME', ttl: 5, rdata: target },
  target,
});

/** What clusters say of a few names. */
const OUTCOMES: Readonly<Record<string, Outcome>> = {
  'web.': { kind: 'answer', answer: [WEB], additional: [] },
  'none.': { kind: 'nodata', zone: ZONE, soa: SOA },
  'nope.': { kind: 'nxdomain', zone: ZONE, soa: SOA, fallsThrough: false },
  'later.': { kind: 'unready', zone: ZONE, soa: SOA, fallsThrough: false },
  'later.elsewhere.': { kind: 'unready', zone: ZONE, soa: SOA, fallsThrough: true },
  'pay.': alias('pay.', 'elsewhere.example.'),
  'twice.': alias('twice.', 'web.'),
  'loop.': alias('loop.', 'loop.'),
  'early.': alias('early.', 'later.'),
  'dead.': alias('dead.', 'nope.'),
  'empty.': alias('empty.', 'none.'),
};

interface Asked {
  readonly block?: string;
  readonly next?: Next;
  readonly type?: string;
}

async function ask(name: string, { block = '', next, type = 'A' }: Asked = {}) {
  const open = ({ fallthrough }: FederationOptions) => ({
    lookup: (asked: string): Outcome => {
      const outcome = OUTCOMES[asked] ?? { kind: 'outside' };
      const fallsThrough = fallthrough.some((zone) => isWithin(asked, zone));
      return outcome.kind === 'nxdomain' ? { ...outcome, fallsThrough } : outcome;
    },
    layersOf: () => [],
    states: new Map(),
    zoneSource: () => undefined,
    waitingFor: () => [],
    notes: () => [],
    start: async () => {},
    stop: async () => {},
  });
  const text = `federation ${ZONE} {\n home east\n ${block}\n}`;
  const plugin = federationSetup(open)(directives(text), setupContext().context);
  const nobody: Next = async () => emptyResponse(RCODE.REFUSED);
  const response = await askPlugin(plugin, name, type, next ?? nobody);
  return {
    ...response,
    answer: response.answer.map(formatRecord),
    authority: response.authority.map(formatRecord),
  };
}

describe('federation', () => {
  test('answers with authority', async () => {
    const { rcode, authoritative, answer } = await ask('web.');
    assert.deepEqual({ rcode, authoritative }, { rcode: RCODE.NOERROR, authoritative: true });
    assert.deepEqual(answer, [formatRecord(WEB)]);
  });

  test('denies with the SOA', async () => {
    for (const [name, rcode] of [
      ['none.', RCODE.NOERROR],
      ['nope.', RCODE.NXDOMAIN],
    ] as const) {
      const response = await ask(name);
      assert.equal(response.rcode, rcode, name);
      assert.deepEqual(response.authority, [formatRecord(SOA)]);
    }
  });

  test('says that it can not know yet, and why', async () => {
    const { rcode, options } = await ask('later.');
    assert.equal(rcode, RCODE.SERVFAIL);
    assert.deepEqual(
      options.map(({ data }) => [...data]),
      [[0, EDE.NOT_READY]],
    );
  });

  const upstream: Next = async ({ name }) => ({
    ...emptyResponse(RCODE.NOERROR),
    answer: [parseRecord(`${name} 60 IN A 192.0.2.1`)],
  });

  test('asks the next plugin outside of its zones, and where it falls through', async () => {
    assert.deepEqual((await ask('other.', { next: upstream })).answer, [
      'other. 60 IN A 192.0.2.1',
    ]);
    assert.equal((await ask('nope.', { next: upstream })).rcode, RCODE.NXDOMAIN);
    const fallen = await ask('nope.', { next: upstream, block: 'fallthrough' });
    assert.deepEqual(fallen.answer, ['nope. 60 IN A 192.0.2.1']);
    assert.equal(
      (await ask('nope.', { next: upstream, block: 'fallthrough other.' })).rcode,
      RCODE.NXDOMAIN,
    );
  });

  test('gives what others have of what it can not know yet, not what they deny', async () => {
    const found = await ask('later.elsewhere.', { next: upstream });
    assert.deepEqual(found.answer, ['later.elsewhere. 60 IN A 192.0.2.1']);
    for (const rcode of [RCODE.NXDOMAIN, RCODE.NOERROR, RCODE.REFUSED]) {
      const denying: Next = async () => emptyResponse(rcode);
      const response = await ask('later.elsewhere.', { next: denying });
      assert.equal(response.rcode, RCODE.SERVFAIL);
      assert.deepEqual(response.options[0]?.data, Uint8Array.of(0, EDE.NOT_READY));
    }
    assert.equal((await ask('later.', { next: upstream })).rcode, RCODE.SERVFAIL);
  });

  test('lets no cache keep what upstream denies of a name that may be ours tomorrow', async () => {
    const says = (answer: readonly string[]): Next => {
      const response = { ...emptyResponse(RCODE.NXDOMAIN), recursionAvailable: true };
      return async () => ({ ...response, answer: answer.map(parseRecord) });
    };
    const block = 'fallthrough';
    assert.ok(!(await ask('nope.', { next: says([]), block })).recursionAvailable);
    const found = says(['nope. 60 IN A 192.0.2.1']);
    assert.ok((await ask('nope.', { next: found, block })).recursionAvailable);
  });

  test('refuses transfers of its zones', async () => {
    for (const type of ['AXFR', 'IXFR']) {
      assert.equal((await ask('none.', { type })).rcode, RCODE.REFUSED, type);
    }
  });

  test('follows an ExternalName, here and elsewhere, and not in circles', async () => {
    assert.deepEqual((await ask('pay.', { next: upstream })).answer, [
      'pay. 5 IN CNAME elsewhere.example.',
      'elsewhere.example. 60 IN A 192.0.2.1',
    ]);
    assert.deepEqual((await ask('twice.')).answer, ['twice. 5 IN CNAME web.', formatRecord(WEB)]);
    assert.deepEqual((await ask('loop.')).answer, ['loop. 5 IN CNAME loop.']);
  });

  test('says of an ExternalName what is true of the name that it leads to', async () => {
    const dead = await ask('dead.');
    assert.equal(dead.rcode, RCODE.NXDOMAIN);
    assert.deepEqual(dead.answer, ['dead. 5 IN CNAME nope.']);
    assert.deepEqual(dead.authority, [formatRecord(SOA)]);
    const empty = await ask('empty.');
    assert.equal(empty.rcode, RCODE.NOERROR);
    assert.deepEqual(empty.answer, ['empty. 5 IN CNAME none.']);
    assert.deepEqual(empty.authority, [formatRecord(SOA)]);
    const denying: Next = async () => ({ ...emptyResponse(RCODE.NXDOMAIN), authority: [SOA] });
    const denied = await ask('pay.', { next: denying });
    assert.equal(denied.rcode, RCODE.NXDOMAIN);
    assert.deepEqual(denied.authority, [formatRecord(SOA)]);
    const fallen = await ask('dead.', { next: upstream, block: 'fallthrough' });
    assert.deepEqual(fallen.answer, ['dead. 5 IN CNAME nope.', 'nope. 60 IN A 192.0.2.1']);
  });

  test('does not deny the target of an ExternalName that nobody knows of yet', async () => {
    const early = await ask('early.');
    assert.equal(early.rcode, RCODE.SERVFAIL);
    assert.deepEqual(
      early.options.map(({ data }) => [...data]),
      [[0, EDE.NOT_READY]],
    );
    const failing: Next = async () => emptyResponse(RCODE.SERVFAIL);
    assert.equal((await ask('pay.', { next: failing })).rcode, RCODE.SERVFAIL);
    assert.deepEqual((await ask('pay.')).answer, ['pay. 5 IN CNAME elsewhere.example.']);
  });
});

describe('the federation directive', () => {
  const read = (text: string) => readFederationOptions(directives(text)[0] ?? assert.fail(), ['.']);

  test('gives zones their roles', () => {
    const { homeZone, clustersetZone, reverseZones, log } = read(
      'federation Cluster.Local clusterset.local 10.0.0.0/8 ip6.arpa {\n home east\n}',
    );
    assert.equal(homeZone, 'cluster.local.');
    assert.equal(clustersetZone, 'clusterset.local.');
    assert.deepEqual(reverseZones, ['10.in-addr.arpa.', 'ip6.arpa.']);
    assert.deepEqual(log, { kind: 'sqlite', directory: undefined });
  });

  test('needs no home where there is one cluster', () => {
    assert.equal(read('federation cluster.local {\n cluster east manifests x\n}').home, 'east');
  });

  test('reads how clusters answer for each other', () => {
    const block = `home east
      across merge
      select home then all
      select east=3 west for shop ops/web
      routable west
      gateway north 192.0.2.7 2001:DB8::7
      qualified many.local
      clusterset_namespaces shop
      cluster_names
      stale drop`;
    const { many, qualifiedZone } = read(
      `federation cluster.local clusterset.local many.local {\n ${block}\n}`,
    );
    const weighted = [
      [
        { cluster: 'east', weight: 3 },
        { cluster: 'west', weight: 1 },
      ],
    ];
    assert.equal(qualifiedZone, 'many.local.');
    assert.deepEqual(many, {
      across: 'merge',
      rules: {
        all: [[{ cluster: 'home', weight: 1 }], [{ cluster: 'all', weight: 1 }]],
        namespaces: new Map([['shop', weighted]]),
        services: new Map([['ops/web', weighted]]),
        stale: 'drop',
      },
      reach: {
        routable: new Set(['west']),
        gateways: new Map([['north', ['192.0.2.7', '2001:db8::7']]]),
      },
      clustersetNamespaces: new Set(['shop']),
      clusterNames: true,
      networks: NO_NETWORKS,
    });
  });

  const rows: readonly (readonly [string, RegExp])[] = [
    [
      'home east\n colour red',
      /:4: Cannot use the property "colour" of federation: it is unknown; expected one of name, log/,
    ],
    [
      'home east\n pods all',
      /:4: Cannot read the pods "all": wrong value for pods; expected one of disabled, insecure/,
    ],
    ['', /:2: Cannot use federation: home is missing; expected "home CLUSTER"/],
    [
      'home West',
      /:3: Cannot read the name of a cluster "West": it is no label; expected a DNS label/,
    ],
    [
      'home north\n cluster east manifests x',
      /:3: Cannot read the home "north": it is no cluster here; expected east/,
    ],
    [
      'home east\n ttl 4000',
      /:4: Cannot read the ttl "4000": it is out of range; expected 0 to 3600/,
    ],
    [
      'home east\n log kafka://x',
      /:4: Cannot read the log "kafka:\/\/x": it is unknown; expected nats:\/\/HOST:PORT/,
    ],
    ['home east\n log kafka://me:secret@x', /"kafka:\/\/…@x"/],
    ['home east\n log kafka://me:se/cr@et@x', /"kafka:\/\/…@x"/],
    ['home east\n store http://x', /:4: Cannot read the store "http:\/\/x": it is no Redis URL/],
    [
      'home a\n cluster a manifests x\n cluster a manifests y',
      /:5: Cannot read the cluster "a": line 4 has it/,
    ],
    [
      'home a\n cluster a docker x',
      /:4: Cannot read the source of a cluster "docker": it is unknown/,
    ],
    [
      'home a\n cluster a',
      /:4: Cannot read "cluster": it has one argument; expected NAME manifests DIR/,
    ],
    ['home a\n clusterset other.local', /:2: Cannot serve the clusterset zone "other.local."/],
    [
      'home a\n qualified other.local',
      /:2: Cannot serve the qualified zone "other.local.": it is not/,
    ],
    [
      'home a\n qualified cluster.local\n clusterset cluster.local',
      /:2: Cannot serve the qualified zone "cluster.local.": it lies in "cluster.local."/,
    ],
    [
      'home a\n across all',
      /:4: Cannot read the across "all": it is unknown; expected one of local/,
    ],
    [
      'home a\n noendpoints\n across failover',
      /:2: Cannot use "across failover" with noendpoints: which cluster is ready, endpoints say/,
    ],
    [
      'home a\n select',
      /:4: Cannot read "select": it has no argument; expected clusters, home, all or nearest, as in/,
    ],
    [
      'home a\n select a, b',
      /:4: Cannot read the select "a, b": "a," is no name of a cluster; exp/,
    ],
    [
      'home a\n select a for',
      /:4: Cannot read the select "a for": it is for nothing; expected names/,
    ],
    [
      'home a\n select a for shop/web/x',
      /:4: Cannot read the target of select "shop\/web\/x": it is neither; expected a namespace, or/,
    ],
    [
      'home a\n select a for shop\n select b for ops shop',
      /:5: Cannot read the select "shop": line 4 has one for shop; expected one rule for each/,
    ],
    [
      'home a\n cluster a manifests x\n select b then all',
      /:5: Cannot read the cluster "b": it is none here; expected a/,
    ],
    [
      'home a\n routable B',
      /:4: Cannot read the name of a cluster "B": it is no label; expected a DNS/,
    ],
    [
      'home a\n routable b\n gateway b 192.0.2.1',
      /:5: Cannot use "gateway" for b: it is routable and has a gateway; expected one of them/,
    ],
    [
      'home a\n gateway b 192.0.2.1\n gateway b 192.0.2.2',
      /:5: Cannot read the gateway "b": it has one already; expected each cluster once/,
    ],
    [
      'home a\n gateway b gw.example',
      /:4: Cannot read the address of a gateway "gw.example": it is none; expected an IPv4 or IPv6/,
    ],
  ];
  for (const [block, error] of rows) {
    test(`refuses ${JSON.stringify(block)}`, () => {
      assert.throws(() => read(`federation cluster.local {\n ${block}\n}`), error);
    });
  }

  test('refuses a second home zone, and the root', () => {
    assert.throws(
      () => read('federation a.local b.local {\n home east\n}'),
      /Cannot serve the zone "b.local."/,
    );
    assert.throws(
      () => read('federation {\n home east\n}'),
      /Cannot serve the zone "\.": it is everything/,
    );
  });
});
