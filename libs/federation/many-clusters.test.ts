/**
 * Which cluster's addresses a name has: selection, reachability, home names across clusters, zones
 * with a label for each cluster. Answers are in zone-file text; `+` begins what comes along.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ClusterObject } from '../event/object.ts';
import type { ManyClusters } from './federation-layers.ts';
import {
  exported,
  given,
  manyConfig,
  SHOP,
  selection,
  service,
  shown,
  slice,
} from './given-clusters.ts';
import { ENDPOINTS_ONLY } from './reach.ts';
import { NO_RULES } from './selection.ts';

type Clusters = Readonly<Record<string, readonly ClusterObject[]>>;
/** A question, and the answer: `5 IN A 10.1.0.1` is a record of the name that is asked. */
type Rows = Readonly<Record<string, readonly string[]>>;

function table(clusters: Clusters, many: Partial<ManyClusters>, rows: Rows): void {
  const ask = given(clusters, true, manyConfig(many));
  for (const [question, answer] of Object.entries(rows)) {
    test(`${question}: ${answer.join(', ')}`, () => {
      const [name = '', type = ''] = question.split(' ');
      const expected = answer.map((line) => (/^\d/.test(line) ? `${name} ${line}` : line));
      assert.deepEqual(shown(ask(name, type)), [...expected].sort());
    });
  }
}

function rules(all: string) {
  return { ...NO_RULES, all: selection(all) };
}

const JANUARY = '2026-01-01T00:00:00Z';
const FEBRUARY = '2026-02-01T00:00:00Z';
const MARCH = '2026-03-01T00:00:00Z';

/** Of three clusters, all with a cluster IP and ready. */
const WEB: Clusters = {
  east: [
    service('web', { clusterIPs: ['10.96.1.1'] }),
    slice('web', ['10.1.0.1']),
    exported('web', JANUARY),
  ],
  west: [
    service('web', { clusterIPs: ['10.96.2.1'] }),
    slice('web', ['10.2.0.1', 'fd00:2::1']),
    exported('web', FEBRUARY),
  ],
  north: [
    service('web', { clusterIPs: ['10.96.3.1'] }),
    slice('web', ['10.3.0.1', '10.3.0.2', '10.3.0.3']),
    exported('web', MARCH),
  ],
};
const IDLE_AT_HOME: Clusters = {
  ...WEB,
  east: [service('web', { clusterIPs: ['10.96.1.1'] }), exported('web', JANUARY)],
};
const DB: Clusters = {
  east: [service('db', { headless: true }), slice('db', ['10.1.0.3=db-0']), exported('db', MARCH)],
  west: [
    service('db', { headless: true, annotations: { 'isthmus.dev/select': 'west then all' } }),
    slice('db', ['10.2.0.3=db-0', 'fd00:2::3=db-0', '10.2.0.4=db-1']),
    exported('db', JANUARY),
  ],
};

describe('the clusterset name of a Service with cluster IPs (KEP-1645 § ClusterSetIP)', () => {
  const web = 'web.shop.svc.clusterset.local.';
  describe('home first, by default', () =>
    table(WEB, {}, { [`${web} A`]: ['5 IN A 10.96.1.1'], [`${web} AAAA`]: ['nodata'] }));
  describe('then all that are ready, by their endpoints', () =>
    table(
      IDLE_AT_HOME,
      {},
      {
        [`${web} A`]: ['10.2.0.1', '10.3.0.1', '10.3.0.2', '10.3.0.3'].map((ip) => `5 IN A ${ip}`),
        [`${web} AAAA`]: ['5 IN AAAA fd00:2::1'],
      },
    ));
  describe('failover in order: the same cluster for A and AAAA', () =>
    table(
      WEB,
      { rules: rules('north then west then east') },
      {
        [`${web} A`]: ['10.3.0.1', '10.3.0.2', '10.3.0.3'].map((ip) => `5 IN A ${ip}`),
        [`${web} AAAA`]: ['nodata'],
      },
    ));
  describe('merge: one name has no two kinds of ports, so home has endpoints too', () =>
    table(
      WEB,
      { rules: rules('home west') },
      {
        [`${web} A`]: ['5 IN A 10.1.0.1', '5 IN A 10.2.0.1'],
        [`_http._tcp.${web} SRV`]: [
          `+ ${web} 5 IN A 10.1.0.1`,
          `+ ${web} 5 IN A 10.2.0.1`,
          `+ ${web} 5 IN AAAA fd00:2::1`,
          `5 IN SRV 0 33 8080 ${web}`,
        ],
      },
    ));
  describe('weights: a share of the addresses', () =>
    table(
      WEB,
      { rules: rules('north=2 west') },
      { [`${web} A`]: ['5 IN A 10.2.0.1', '5 IN A 10.3.0.1', '5 IN A 10.3.0.2'] },
    ));
  describe('a selection without a ready cluster has nothing, and does not deny', () =>
    table(IDLE_AT_HOME, { rules: rules('south') }, { [`${web} A`]: ['nodata'] }));
  describe('the cluster IP of home stands while nobody is ready', () =>
    table({ east: IDLE_AT_HOME.east ?? [], west: [] }, {}, { [`${web} A`]: ['5 IN A 10.96.1.1'] }));
});

describe('a cluster IP is given where clients can route to it', () => {
  const web = 'web.shop.svc.clusterset.local.';
  const reach = { ...ENDPOINTS_ONLY, routable: new Set(['west', 'north']) };
  describe('of one cluster', () =>
    table(
      WEB,
      { rules: rules('west'), reach },
      {
        [`${web} A`]: ['5 IN A 10.96.2.1'],
        [`_http._tcp.${web} SRV`]: [`+ ${web} 5 IN A 10.96.2.1`, `5 IN SRV 0 100 80 ${web}`],
      },
    ));
  describe('of all that answer together', () =>
    table(
      WEB,
      { rules: rules('all'), reach },
      { [`${web} A`]: ['10.96.1.1', '10.96.2.1', '10.96.3.1'].map((ip) => `5 IN A ${ip}`) },
    ));
  describe('or the address of its gateway', () =>
    table(
      IDLE_AT_HOME,
      {
        rules: rules('home then west'),
        reach: { ...ENDPOINTS_ONLY, gateways: new Map([['west', ['192.0.2.7', '2001:db8::7']]]) },
      },
      {
        [`${web} A`]: ['5 IN A 192.0.2.7'],
        [`${web} AAAA`]: ['5 IN AAAA 2001:db8::7'],
        'web.shop.svc.west.many.local. A': ['5 IN A 192.0.2.7'],
      },
    ));
});

describe('the clusterset name of a headless Service (KEP-1645 § Headless)', () => {
  const db = 'db.shop.svc.clusterset.local.';
  describe('the annotation of the oldest export decides, for A, AAAA and SRV', () =>
    table(
      DB,
      { rules: rules('home') },
      {
        [`${db} A`]: ['5 IN A 10.2.0.3', '5 IN A 10.2.0.4'],
        [`${db} AAAA`]: ['5 IN AAAA fd00:2::3'],
        [`_http._tcp.${db} SRV`]: [
          `+ db-0.west.${db} 5 IN A 10.2.0.3`,
          `+ db-0.west.${db} 5 IN AAAA fd00:2::3`,
          `+ db-1.west.${db} 5 IN A 10.2.0.4`,
          `5 IN SRV 0 33 8080 db-0.west.${db}`,
          `5 IN SRV 0 33 8080 db-1.west.${db}`,
        ],
      },
    ));
  describe('names of endpoints are there whichever are chosen', () =>
    table(DB, {}, { [`db-0.east.${db} A`]: ['5 IN A 10.1.0.3'] }));
});

describe('beside KEP-1645', () => {
  describe('a namespace has clusterset names where it means the same in all clusters', () =>
    table(
      WEB,
      { clustersetNamespaces: new Set(['ops']) },
      {
        'web.shop.svc.clusterset.local. A': ['nxdomain'],
        'web.shop.svc.cluster.local. A': ['5 IN A 10.96.1.1'],
      },
    ));
  describe('a cluster below a Service has no records (KEP-1645 § DNS)', () =>
    table(WEB, {}, { 'west.web.shop.svc.clusterset.local. A': ['nxdomain'] }));
  describe('but for those who know it of Lighthouse', () => {
    const west = 'west.web.shop.svc.clusterset.local.';
    table(
      { ...IDLE_AT_HOME, west: [...(WEB.west ?? []), ...(DB.west ?? [])] },
      { clusterNames: true },
      {
        [`${west} A`]: ['5 IN A 10.2.0.1'],
        [`_http._tcp.${west} SRV`]: [
          `+ ${west} 5 IN A 10.2.0.1`,
          `+ ${west} 5 IN AAAA fd00:2::1`,
          `5 IN SRV 0 50 8080 ${west}`,
        ],
        'east.web.shop.svc.clusterset.local. A': ['5 IN A 10.96.1.1'],
        'west.db.shop.svc.clusterset.local. A': ['5 IN A 10.2.0.3', '5 IN A 10.2.0.4'],
        'db-1.west.db.shop.svc.clusterset.local. A': ['5 IN A 10.2.0.4'],
        'south.web.shop.svc.clusterset.local. A': ['nxdomain'],
      },
    );
  });
});

describe('home names across clusters', () => {
  const FAR: Clusters = {
    east: [SHOP, ...(IDLE_AT_HOME.east ?? []), ...(DB.east ?? [])],
    west: [
      ...(WEB.west ?? []),
      ...(DB.west ?? []),
      service('far', { clusterIPs: ['10.96.2.9'] }),
      slice('far', ['10.2.0.9']),
      { kind: 'Namespace', namespace: '', name: 'remote' },
      service('pay', { type: 'ExternalName', externalName: 'pay.example.com', ports: [] }),
    ],
    north: [service('only', { clusterIPs: ['10.96.3.9'] })],
  };
  const web = 'web.shop.svc.cluster.local.';
  const far = 'far.shop.svc.cluster.local.';
  const db = 'db.shop.svc.cluster.local.';
  describe('local: home alone', () =>
    table(
      FAR,
      {},
      {
        [`${web} A`]: ['5 IN A 10.96.1.1'],
        [`${far} A`]: ['nxdomain'],
        [`${db} A`]: ['5 IN A 10.1.0.3'],
        'remote.svc.cluster.local. A': ['nxdomain'],
      },
    ));
  describe('failover: another cluster while home has no ready endpoint, or not the Service', () =>
    table(
      FAR,
      { across: 'failover' },
      {
        [`${web} A`]: ['5 IN A 10.2.0.1'],
        [`_http._tcp.${web} SRV`]: [
          `+ 10-2-0-1.${web} 5 IN A 10.2.0.1`,
          `+ fd00-2--1.${web} 5 IN AAAA fd00:2::1`,
          `5 IN SRV 0 50 8080 10-2-0-1.${web}`,
          `5 IN SRV 0 50 8080 fd00-2--1.${web}`,
        ],
        [`${far} A`]: ['5 IN A 10.2.0.9'],
        [`${db} A`]: ['5 IN A 10.1.0.3'],
        [`db-1.${db} A`]: ['nxdomain'],
        'only.shop.svc.cluster.local. A': ['nodata'],
        'pay.shop.svc.cluster.local. A': ['alias pay.example.com.'],
        'remote.svc.cluster.local. A': ['nodata'],
        'nope.shop.svc.cluster.local. A': ['nxdomain'],
      },
    ));
  describe('merge: a headless Service has the endpoints of all clusters', () =>
    table(
      FAR,
      { across: 'merge' },
      {
        [`${web} A`]: ['5 IN A 10.2.0.1'],
        [`${db} A`]: ['5 IN A 10.1.0.3', '5 IN A 10.2.0.3', '5 IN A 10.2.0.4'],
        [`db-0.${db} A`]: ['5 IN A 10.1.0.3'],
        [`db-0-west.${db} A`]: ['5 IN A 10.2.0.3'],
        [`db-1.${db} A`]: ['5 IN A 10.2.0.4'],
        [`_http._tcp.${db} SRV`]: [
          `+ db-0-west.${db} 5 IN A 10.2.0.3`,
          `+ db-0-west.${db} 5 IN AAAA fd00:2::3`,
          `+ db-0.${db} 5 IN A 10.1.0.3`,
          `+ db-1.${db} 5 IN A 10.2.0.4`,
          `5 IN SRV 0 25 8080 db-0-west.${db}`,
          `5 IN SRV 0 25 8080 db-0.${db}`,
          `5 IN SRV 0 25 8080 db-1.${db}`,
        ],
      },
    ));
  describe('a cluster IP of another cluster, where clients can route to it', () =>
    table(
      FAR,
      { across: 'failover', reach: { ...ENDPOINTS_ONLY, routable: new Set(['west', 'north']) } },
      {
        [`${web} A`]: ['5 IN A 10.96.2.1'],
        'only.shop.svc.cluster.local. A': ['5 IN A 10.96.3.9'],
      },
    ));
});

describe('a cluster IP of another cluster is given with the ports of that cluster', () => {
  const web = 'web.shop.svc.cluster.local.';
  table(
    {
      east: [SHOP, ...(IDLE_AT_HOME.east ?? [])],
      west: [
        service('web', {
          clusterIPs: ['10.96.2.1'],
          ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
        }),
        slice('web', ['10.2.0.1']),
      ],
    },
    { across: 'failover', reach: { ...ENDPOINTS_ONLY, routable: new Set(['west']) } },
    {
      [`_http._tcp.${web} SRV`]: [`+ ${web} 5 IN A 10.96.2.1`, `5 IN SRV 0 100 8080 ${web}`],
    },
  );
});

describe('names with the label of their cluster', () => {
  table(
    {
      east: [SHOP, ...(WEB.east ?? [])],
      west: [SHOP, ...(WEB.west ?? []), ...(DB.west ?? []), service('idle')],
    },
    {},
    {
      'web.shop.svc.east.many.local. A': ['5 IN A 10.96.1.1'],
      '10-1-0-1.web.shop.svc.east.many.local. A': ['5 IN A 10.1.0.1'],
      'web.shop.svc.west.many.local. A': ['5 IN A 10.2.0.1'],
      'http.tcp.web.shop.svc.east.many.local. SRV': [
        '+ web.shop.svc.east.many.local. 5 IN A 10.96.1.1',
        '5 IN SRV 0 100 80 web.shop.svc.east.many.local.',
      ],
      'db-1.db.shop.svc.west.many.local. A': ['5 IN A 10.2.0.4'],
      'db.shop.svc.east.many.local. A': ['nxdomain'],
      'idle.shop.svc.west.many.local. A': ['nodata'],
      'shop.svc.west.many.local. A': ['nodata'],
      'svc.west.many.local. A': ['nodata'],
      'west.many.local. A': ['nodata'],
      'dns-version.west.many.local. TXT': ['28800 IN TXT "1.1.0"'],
      'ops.svc.west.many.local. A': ['nxdomain'],
      'south.many.local. A': ['nxdomain'],
      'web.shop.svc.south.many.local. A': ['nxdomain'],
      'many.local. NS': ['+ ns.dns.many.local. 5 IN A 192.0.2.53', '5 IN NS ns.dns.many.local.'],
    },
  );
});

describe('names are the same in whatever order clusters join', () => {
  const clusters: Clusters = {
    ...DB,
    north: [
      service('db', { headless: true }),
      slice('db', ['10.3.0.3=db-0', '10.3.0.4=db-1']),
      exported('db', JANUARY),
    ],
  };
  const questions = ['db', '_http._tcp.db', 'db-1.db', 'db-1-west.db'].flatMap((name) =>
    ['cluster.local.', 'clusterset.local.'].map((zone) => `${name}.shop.svc.${zone}`),
  );
  for (const all of ['all', 'home=2 all', 'west then north']) {
    test(all, () => {
      const answers = [
        ['east', 'west', 'north'],
        ['north', 'west', 'east'],
        ['west', 'east', 'north'],
      ].map((order) => {
        const ordered = Object.fromEntries(order.map((name) => [name, clusters[name] ?? []]));
        const ask = given(ordered, true, manyConfig({ across: 'merge', rules: rules(all) }));
        return questions.flatMap((name) => ['A', 'SRV'].map((type) => shown(ask(name, type))));
      });
      assert.deepEqual(answers[1], answers[0]);
      assert.deepEqual(answers[2], answers[0]);
      const found = answers[0]?.flat().filter((line) => line.includes(' IN ')) ?? [];
      assert.ok(found.length > 10);
    });
  }
});
