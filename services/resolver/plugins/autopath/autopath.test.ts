import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RCODE } from '../../../../libs/dns/iana.ts';
import { isWithin } from '../../../../libs/dns/name.ts';
import { formatRecord, parseRecord } from '../../../../libs/dns/presentation.ts';
import { queryOf } from '../../../../test/plugin/ask-plugin.ts';
import { directives } from '../../../../test/plugin/directives.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import { compose } from '../../chain.ts';
import type { Plugin } from '../../plugin.ts';
import { QueryFailure } from '../../query-failure.ts';
import { replyTo } from '../../reply.ts';
import { emptyResponse, type Response } from '../../response.ts';
import { createAutopathSetup } from './setup.ts';

/** Pods by address → their namespace. The last one has the address of its node. */
const PODS: Readonly<Record<string, string>> = { '10.1.0.1': 'shop', '10.1.0.2': 'bank' };
const NODE = '10.0.0.1';
/** What the machine that we run on has. */
const RESOLV_CONF = 'nameserver 192.0.2.53\nsearch corp.example';

const SOA = (zone: string) => parseRecord(`${zone} 5 IN SOA ns.example. admin.example. 1 2 3 4 5`);

type Zone = Readonly<Record<string, readonly string[] | number>>;

/** Serves a zone: names with their records (none: NODATA), or with the rcode of a failure. */
function source(name: string, zone: string, names: Zone, asked: string[]): Plugin {
  return {
    name,
    async handle(query, next) {
      if (!isWithin(query.name, zone)) return next(query);
      asked.push(query.question.name);
      const found = names[query.name];
      if (found === undefined) {
        return { ...emptyResponse(RCODE.NXDOMAIN), authoritative: true, authority: [SOA(zone)] };
      }
      if (typeof found === 'number') return emptyResponse(found);
      const answer = found.map(parseRecord).filter(({ type }) => type === query.question.type);
      const authority = answer.length === 0 ? [SOA(zone)] : [];
      return { ...emptyResponse(RCODE.NOERROR), authenticData: true, answer, authority };
    },
  };
}

const CLUSTER: Zone = {
  'web.shop.svc.cluster.local.': ['web.shop.svc.cluster.local. 5 IN A 10.96.0.10'],
  'api.bank.svc.cluster.local.': ['api.bank.svc.cluster.local. 5 IN A 10.96.0.20'],
  'six.shop.svc.cluster.local.': ['six.shop.svc.cluster.local. 5 IN AAAA 2001:db8::6'],
  'late.shop.svc.cluster.local.': RCODE.SERVFAIL,
  'late.bank.svc.cluster.local.': RCODE.SERVFAIL,
  'secret.bank.svc.cluster.local.': RCODE.REFUSED,
};

const INTERNET: Zone = {
  'www.example.org.': ['www.example.org. 300 IN A 192.0.2.80'],
  'mail.corp.example.': ['mail.corp.example. 60 IN A 192.0.2.25'],
  'mail.': ['mail. 60 IN A 192.0.2.26'],
  'four.corp.example.': [],
  'four.': ['four. 60 IN A 192.0.2.4'],
  'late.bank.': ['late.bank. 60 IN A 192.0.2.99'],
  'secret.bank.': ['secret.bank. 60 IN A 192.0.2.98'],
  'broken.example.': RCODE.SERVFAIL,
};

/** A server block with autopath from pods over a cluster and the rest of the world. */
function given(lines = 'autopath @kubernetes', { forwards = true, more = [] }: Given = {}) {
  const { context } = setupContext();
  const asked: string[] = [];
  const kubernetes: Plugin = {
    ...source('kubernetes', 'cluster.local.', CLUSTER, asked),
    searchPath(name, { address }) {
      const namespace = PODS[address];
      if (namespace === undefined || !isWithin(name, 'cluster.local.')) return undefined;
      return [`${namespace}.svc.cluster.local.`, 'svc.cluster.local.', 'cluster.local.'];
    },
  };
  const forward = source('forward', '.', INTERNET, asked);
  const readFile = (path: string) => {
    if (path === '/etc/resolv.conf') return RESOLV_CONF;
    if (path === 'search.conf') return 'search Shop.svc.cluster.local example.org';
    if (path === 'empty.conf') return 'nameserver 192.0.2.53';
    if (path === 'odd.conf') return 'search a..b';
    throw new Error('ENOENT');
  };
  const autopath = createAutopathSetup(readFile)(directives(lines), context);
  const plugins = [...more, kubernetes, ...(forwards ? [forward] : [])];
  const chain = compose([autopath, ...plugins]);
  return {
    asked,
    autopath,
    metrics: context.metrics,
    ask: (name: string, type = 'A', address = '10.1.0.1') =>
      chain(queryOf(name, type, {}, { address })),
  };
}

interface Given {
  readonly forwards?: boolean;
  /** Between autopath and the sources. */
  readonly more?: readonly Plugin[];
}

/** Who made it, its rcode, and its records. */
function shown({ plugin, rcode, answer }: Response): readonly (string | number | undefined)[] {
  return [plugin, rcode, ...answer.map(formatRecord)];
}

describe('autopath from pods', () => {
  const NXDOMAIN = ['kubernetes', RCODE.NXDOMAIN];
  const rows: readonly {
    readonly given: string;
    readonly asked: string;
    readonly type?: string;
    readonly gives: readonly (string | number)[];
  }[] = [
    {
      given: 'a Service of its own namespace',
      asked: 'web.shop.svc.cluster.local.',
      gives: ['kubernetes', 0, 'web.shop.svc.cluster.local. 5 IN A 10.96.0.10'],
    },
    {
      given: 'a Service of another namespace',
      asked: 'api.bank.shop.svc.cluster.local.',
      gives: [
        'kubernetes',
        0,
        'api.bank.shop.svc.cluster.local. 5 IN CNAME api.bank.svc.cluster.local.',
        'api.bank.svc.cluster.local. 5 IN A 10.96.0.20',
      ],
    },
    {
      given: 'a Service by two labels and svc',
      asked: 'api.bank.svc.shop.svc.cluster.local.',
      gives: [
        'kubernetes',
        0,
        'api.bank.svc.shop.svc.cluster.local. 5 IN CNAME api.bank.svc.cluster.local.',
        'api.bank.svc.cluster.local. 5 IN A 10.96.0.20',
      ],
    },
    {
      given: 'a name of the search list of the machine, before the bare one',
      asked: 'mail.shop.svc.cluster.local.',
      gives: [
        'forward',
        0,
        'mail.shop.svc.cluster.local. 60 IN CNAME mail.corp.example.',
        'mail.corp.example. 60 IN A 192.0.2.25',
      ],
    },
    {
      given: "a name from outside, in the client's case",
      asked: 'WWW.Example.org.Shop.svc.cluster.local.',
      gives: [
        'forward',
        0,
        'WWW.Example.org.Shop.svc.cluster.local. 300 IN CNAME WWW.Example.org.',
        'WWW.Example.org. 300 IN A 192.0.2.80',
      ],
    },
    {
      given: 'a name that nobody has: the first denial',
      asked: 'nope.shop.svc.cluster.local.',
      gives: NXDOMAIN,
    },
    {
      given: 'NODATA at the first name: it exists, and wins',
      asked: 'six.shop.svc.cluster.local.',
      gives: ['kubernetes', 0],
    },
    {
      given: 'NODATA at a later name: it wins over the names after it',
      asked: 'four.shop.svc.cluster.local.',
      gives: ['forward', 0],
    },
    {
      given: 'a failure at the first name: it is no denial',
      asked: 'late.shop.svc.cluster.local.',
      gives: ['kubernetes', RCODE.SERVFAIL],
    },
    {
      given: 'a failure at a later name: what comes after it must not answer',
      asked: 'late.bank.shop.svc.cluster.local.',
      gives: ['kubernetes', RCODE.SERVFAIL],
    },
    {
      given: 'a name that is refused: what comes after it must not answer',
      asked: 'secret.bank.shop.svc.cluster.local.',
      gives: ['kubernetes', RCODE.REFUSED],
    },
    {
      given: 'a failure of the bare name',
      asked: 'broken.example.shop.svc.cluster.local.',
      gives: ['forward', RCODE.SERVFAIL],
    },
    {
      given: 'a name of another namespace than its own: no walk',
      asked: 'www.example.org.bank.svc.cluster.local.',
      gives: NXDOMAIN,
    },
    {
      given: 'a name below a later element: no walk',
      asked: 'www.example.org.svc.cluster.local.',
      gives: NXDOMAIN,
    },
    {
      given: 'its first element itself: no walk',
      asked: 'shop.svc.cluster.local.',
      gives: NXDOMAIN,
    },
    {
      given: 'a zone transfer: no walk',
      asked: 'www.example.org.shop.svc.cluster.local.',
      type: 'AXFR',
      gives: NXDOMAIN,
    },
  ];
  for (const { given: what, asked, type, gives } of rows) {
    test(`${what} (${asked})`, async () => {
      assert.deepEqual(shown(await given().ask(asked, type)), gives);
    });
  }

  test('asks the rest of the chain name by name, until one is not denied', async () => {
    const { ask, asked } = given();
    await ask('Mail.shop.svc.cluster.local.');
    assert.deepEqual(asked, [
      'Mail.shop.svc.cluster.local.',
      'Mail.svc.cluster.local.',
      'Mail.cluster.local.',
      'Mail.corp.example.',
    ]);
  });

  test('walks by the namespace of the pod that asks', async () => {
    const { ask } = given();
    const name = 'www.example.org.bank.svc.cluster.local.';
    assert.equal((await ask(name, 'A', '10.1.0.2')).rcode, RCODE.NOERROR);
    assert.equal((await ask(name, 'A', '10.1.0.1')).rcode, RCODE.NXDOMAIN);
  });

  test('does not guess for an address of no pod, or of several', async () => {
    const { ask, asked } = given();
    assert.equal(
      (await ask('www.example.org.shop.svc.cluster.local.', 'A', NODE)).rcode,
      RCODE.NXDOMAIN,
    );
    assert.equal(asked.length, 1);
  });

  test('leaves names outside of its zones alone', async () => {
    const { ask } = given('autopath cluster.example @kubernetes');
    assert.equal((await ask('api.bank.shop.svc.cluster.local.')).rcode, RCODE.NXDOMAIN);
  });

  test('passes over what nobody serves', async () => {
    const { ask } = given('autopath @kubernetes', { forwards: false });
    assert.deepEqual(shown(await ask('www.example.org.shop.svc.cluster.local.')), NXDOMAIN);
  });

  test('gives the question back as it was asked, with a CNAME that nobody authenticated', async () => {
    const query = queryOf('WWW.Example.org.Shop.svc.cluster.local.', 'A');
    const response = await given().ask(query.question.name);
    assert.equal(response.authenticData, false);
    assert.equal(replyTo(query.message, response, true).question?.name, query.question.name);
  });

  test('takes a dangling alias for a name that exists', async () => {
    const alias = 'ext.shop.svc.cluster.local. 5 IN CNAME gone.example.';
    const external: Plugin = {
      name: 'external',
      handle: async (query, next) =>
        query.name === 'ext.shop.svc.cluster.local.'
          ? { ...emptyResponse(RCODE.NXDOMAIN), answer: [parseRecord(alias)] }
          : next(query),
    };
    const { ask } = given('autopath @kubernetes', { more: [external] });
    const response = await ask('ext.shop.svc.cluster.local.');
    assert.deepEqual(shown(response), ['external', RCODE.NXDOMAIN, alias]);
  });

  test('ends with the failure of who could not ask', async () => {
    const failing: Plugin = {
      name: 'failing',
      handle: async () => {
        throw new QueryFailure('nobody answers');
      },
    };
    const { ask } = given('autopath @kubernetes', { more: [failing] });
    await assert.rejects(ask('web.shop.svc.cluster.local.'), /nobody answers/);
  });

  test('counts the walks that ended at a name that exists', async () => {
    const { ask, metrics } = given();
    for (const base of ['web', 'api.bank', 'www.example.org', 'nope', 'late']) {
      await ask(`${base}.shop.svc.cluster.local.`);
    }
    await ask('www.example.org.');
    assert.match(
      await metrics.text(),
      /^coredns_autopath_success_total\{server="dns:\/\/:53"\} 3$/m,
    );
  });

  test('sees denials, so that the table leaves them to the chain', () => {
    assert.equal(given().autopath.seesEveryDenial, true);
    assert.equal(given().autopath.seesEveryQuery, undefined);
  });
});

describe('autopath from a file', () => {
  test('walks its search list for every client, and not that of the machine', async () => {
    const { ask, asked } = given('autopath search.conf');
    const response = await ask('www.shop.svc.cluster.local.', 'A', NODE);
    assert.deepEqual(shown(response), [
      'forward',
      0,
      'www.shop.svc.cluster.local. 300 IN CNAME www.example.org.',
      'www.example.org. 300 IN A 192.0.2.80',
    ]);
    assert.deepEqual(asked, ['www.shop.svc.cluster.local.', 'www.example.org.']);
  });
});

test('a plugin that knows search paths wins over files, wherever it is', async () => {
  for (const lines of [
    'autopath @kubernetes\nautopath search.conf',
    'autopath search.conf\nautopath @kubernetes',
  ]) {
    const { asked, ask } = given(lines);
    await ask('none.shop.svc.cluster.local.');
    assert.ok(asked.includes('none.svc.cluster.local.'), lines);
  }
});

describe('autopath refuses', () => {
  const rows: readonly (readonly [lines: string, message: RegExp])[] = [
    ['autopath', /Corefile:2: Cannot read "autopath": it has no argument; expected zones, and/],
    [
      'autopath @federation',
      /:2: .*"@federation": the server block has no such plugin; expected one of @kubernetes$/,
    ],
    ['autopath @forward', /:2: .*"@forward": the plugin knows none; expected one of @kubernetes$/],
    ['autopath @', /:2: .*"@": the server block has no such plugin/],
    ['autopath nowhere.conf', /:2: .*"nowhere.conf": it is no file: ENOENT; expected zones, and/],
    ['autopath empty.conf', /:2: .*"empty.conf": it is a file without a search list/],
    ['autopath odd.conf', /:2: .*it has an element "a..b", which is no domain name/],
    ['autopath a..b @kubernetes', /:2: Cannot use the domain name/],
    ['autopath @kubernetes {\n x\n}', /:2: Cannot read the block of "autopath"/],
  ];
  for (const [lines, message] of rows) {
    test(JSON.stringify(lines), () => assert.throws(() => given(lines), message));
  }
});

test('a file with a search list is beside the Corefile', () => {
  const read: string[] = [];
  const setup = createAutopathSetup((path) => {
    read.push(path);
    return RESOLV_CONF;
  });
  for (const file of ['search.conf', '/etc/resolv.conf']) {
    setup(directives(`autopath ${file}`, '/srv/dns/Corefile'), setupContext().context);
  }
  assert.deepEqual(read, ['/srv/dns/search.conf', '/etc/resolv.conf']);
});
