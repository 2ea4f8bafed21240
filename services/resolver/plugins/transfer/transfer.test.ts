import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RCODE, rcodeName } from '../../../../libs/dns/iana.ts';
import { formatRecord, parseRecord } from '../../../../libs/dns/presentation.ts';
import type { RR } from '../../../../libs/dns/rrset.ts';
import type { TsigKey } from '../../../../libs/dns/tsig.ts';
import { ZoneContents } from '../../../../libs/transfer/zone-contents.ts';
import { queryOf } from '../../../../test/plugin/ask-plugin.ts';
import { directives } from '../../../../test/plugin/directives.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import { compose } from '../../chain.ts';
import type { Plugin } from '../../plugin.ts';
import type { Client } from '../../query.ts';
import { emptyResponse, type Response } from '../../response.ts';
import type { Target } from './notifier.ts';
import { createTransferSetup } from './setup.ts';

const ZONE = 'a.test.';
const KEY: TsigKey = { name: 'key.test.', algorithm: undefined, secret: Buffer.of(1) };
const soaOf = (serial: number, zone = ZONE) =>
  parseRecord(`${zone} 5 IN SOA ns.${zone} h.${zone} ${serial} 7200 1800 86400 5`);
const TCP: Client = { address: '192.0.2.7', port: 5353, transport: 'tcp' };
const UDP: Client = { ...TCP, transport: 'udp' };
const SOA = formatRecord(soaOf(7));

/** A chain of the plugin and one that has a.test., as far as it is sealed. */
const given = (lines: string) => {
  const contents = new ZoneContents([ZONE, 'new.test.']);
  const { context } = setupContext({ tsigKeys: new Map([[KEY.name, KEY]]) });
  const nowhere = {
    after: () => () => {},
    exchange: async () => false,
    nowSeconds: () => 0,
    randomId: () => 0,
  };
  const source: Plugin = {
    name: 'source',
    zoneSource: (zone) => contents.source(zone),
    handle: async () => ({ ...emptyResponse(RCODE.NXDOMAIN), plugin: 'source' }),
  };
  const chain = compose([createTransferSetup(nowhere)(directives(lines), context), source]);
  const put = (line: string) => {
    const { name, type, ttl, rdata } = parseRecord(line);
    contents.put(ZONE, name, [{ name, type, ttl, rdatas: [rdata] }]);
  };
  const seal = (serial: number) => contents.setZone(ZONE, soaOf(serial), true);
  const ask = (
    name: string,
    type: string,
    { client = TCP, serial, signedBy }: Asking = {},
  ): Promise<Response> => {
    const authority = serial === undefined ? [] : [soaOf(serial, name)];
    const query = queryOf(name, type, { authority }, client);
    return chain(signedBy === undefined ? query : { ...query, signedBy });
  };
  return { ask, put, seal, metrics: context.metrics };
};

interface Asking {
  readonly client?: Client;
  readonly serial?: number;
  readonly signedBy?: string;
}

const textOf = (records: readonly RR[]) => records.map(formatRecord);
/** All records of the response, or its code. */
const said = ({ rcode, answer, more = [] }: Response) =>
  rcode === RCODE.NOERROR ? textOf([...answer, ...[...more].flat()]) : rcodeName(rcode);

const WEB = 'web.a.test. 5 IN A 192.0.2.1';
const WEB_2 = 'web.a.test. 5 IN A 192.0.2.2';

describe('transfer', () => {
  const { ask, put, seal } = given('transfer test {\nto 192.0.2.0/24\n}');
  put(WEB_2);
  seal(6);
  put(WEB);
  seal(7);

  const rows: readonly (readonly [
    what: string,
    asked: readonly [name: string, type: string, asking?: Asking],
    expected: string | readonly string[],
  ])[] = [
    ['gives the zone', ['a.test.', 'AXFR'], [SOA, WEB, SOA]],
    [
      'gives what changed',
      ['a.test.', 'IXFR', { serial: 6 }],
      [SOA, formatRecord(soaOf(6)), WEB_2, SOA, WEB, SOA],
    ],
    ['has nothing new for the same serial', ['a.test.', 'IXFR', { serial: 7 }], [SOA]],
    ['has nothing new for a later serial', ['a.test.', 'IXFR', { serial: 8 }], [SOA]],
    ['gives the zone where it forgot', ['a.test.', 'IXFR', { serial: 5 }], [SOA, WEB, SOA]],
    [
      'gives what changed over UDP too',
      ['a.test.', 'IXFR', { serial: 6, client: UDP }],
      [SOA, formatRecord(soaOf(6)), WEB_2, SOA, WEB, SOA],
    ],
    [
      'says over UDP that there is something new',
      ['a.test.', 'IXFR', { serial: 5, client: UDP }],
      [SOA],
    ],
    ['gives no zone over UDP', ['a.test.', 'AXFR', { client: UDP }], 'REFUSED'],
    ['needs the serial of an IXFR', ['a.test.', 'IXFR'], 'FORMERR'],
    ['takes no name below an apex for a zone', ['web.a.test.', 'AXFR'], 'NOTAUTH'],
    ['does not give what is not complete', ['new.test.', 'AXFR'], 'SERVFAIL'],
    ['leaves other zones to those below', ['b.example.', 'AXFR'], 'NXDOMAIN'],
    ['leaves other questions to those below', ['a.test.', 'SOA'], 'NXDOMAIN'],
    [
      'refuses whom it does not name',
      ['a.test.', 'AXFR', { client: { ...TCP, address: '192.0.3.1' } }],
      'REFUSED',
    ],
  ];
  for (const [what, asked, expected] of rows) {
    test(`${what}: ${asked[1]} of ${asked[0]}`, async () => {
      const response = await ask(...asked);
      assert.deepEqual(said(response), expected);
      if (response.rcode === RCODE.NOERROR) assert.equal(response.authoritative, true);
    });
  }

  test('counts what it said', async () => {
    const { ask, put, seal, metrics } = given('transfer test {\nto *\n}');
    put(WEB);
    seal(7);
    for (const serial of [5, 7, 8]) await ask('a.test.', 'IXFR', { serial });
    await ask('a.test.', 'AXFR', { client: UDP });
    const text = await metrics.text();
    for (const [labels, count] of [
      ['zone="a.test.",kind="axfr"', 1],
      ['zone="a.test.",kind="current"', 2],
      ['zone="test.",kind="refused"', 1],
    ]) {
      assert.ok(text.includes(`isthmus_transfer_responses_total{${labels}} ${count}\n`), text);
    }
  });

  test('tells over UDP what fits into the size of the client', async () => {
    const { ask, put, seal } = given('transfer test {\nto *\n}');
    seal(6);
    for (let i = 0; i < 20; i++) put(`web-${i}.a.test. 5 IN A 192.0.2.1`);
    seal(7);
    const small = await ask('a.test.', 'IXFR', { serial: 6, client: UDP });
    assert.deepEqual(said(small), [SOA]);
  });

  test('gives a large zone in messages, in order, and so many at once', async () => {
    const { ask, put, seal } = given('transfer test {\nto *\n}');
    const names = Array.from(
      { length: 5000 },
      (_, i) => `web-${10_000 + i}.a.test. 5 IN A 192.0.2.1`,
    );
    for (const line of names) put(line);
    seal(7);
    const response = await ask('a.test.', 'AXFR');
    const messages = [response.answer, ...(response.more ?? [])];
    assert.ok(messages.length > 3, `${messages.length} messages`);
    assert.deepEqual(textOf(messages.flat()), [SOA, ...names, SOA]);

    const open = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const { more = [] } = await ask('a.test.', 'AXFR');
        const reading = more[Symbol.iterator]();
        reading.next();
        return reading;
      }),
    );
    assert.equal(said(await ask('a.test.', 'AXFR')), 'SERVFAIL');
    open[0]?.return?.();
    assert.equal((await ask('a.test.', 'AXFR')).rcode, RCODE.NOERROR);
  });
});

describe('to', () => {
  const allowed: readonly (readonly [to: string, address: string, key: string, is: boolean])[] = [
    ['*', '192.0.2.1', '', true],
    ['*', '2001:db8::1', '', true],
    ['192.0.2.1', '192.0.2.1', '', true],
    ['192.0.2.1', '192.0.2.2', '', false],
    ['192.0.2.1:5353 192.0.2.2', '192.0.2.2', '', true],
    ['[2001:db8::1]:5353', '2001:db8::1', '', true],
    ['2001:DB8:0::1', '2001:db8::1', '', true],
    ['fe80::1', 'fe80::1%eth0', '', true],
    ['10.16.0.0/12', '10.31.255.255', '', true],
    ['10.16.0.0/12', '10.32.0.0', '', false],
    ['0.0.0.0/0', '203.0.113.1', '', true],
    ['0.0.0.0/0', '2001:db8::1', '', false],
    ['2001:db8::/33', '2001:db8:7fff::', '', true],
    ['2001:db8::/33', '2001:db8:8000::', '', false],
    ['* key key.test', '192.0.2.1', 'key.test.', true],
    ['* key KEY.test.', '192.0.2.1', 'other.test.', false],
    ['* key key.test', '192.0.2.1', '', false],
    ['192.0.2.1 key key.test', '192.0.2.2', 'key.test.', false],
    ['192.0.2.1', '192.0.2.1', 'key.test.', true],
  ];
  for (const [to, address, key, is] of allowed) {
    test(`${to}: ${address} ${key} ${is ? 'may' : 'may not'}`, async () => {
      const { ask, seal } = given(`transfer {\nto ${to}\n}`);
      seal(7);
      const client = { ...TCP, address };
      const response = await ask('a.test.', 'AXFR', {
        client,
        ...(key === '' ? {} : { signedBy: key }),
      });
      assert.equal(rcodeName(response.rcode), is ? 'NOERROR' : 'REFUSED');
    });
  }

  test('of the longest zone decides, whichever directive has it', async () => {
    const { ask, seal } = given(
      'transfer test {\nto *\n}\ntransfer a.test {\nto 192.0.2.1\n}\ntransfer a.test {\nto 192.0.2.2\n}',
    );
    seal(7);
    for (const [address, rcode] of [
      ['192.0.2.1', 'NOERROR'],
      ['192.0.2.2', 'NOERROR'],
      ['192.0.2.3', 'REFUSED'],
    ] as const) {
      const response = await ask('a.test.', 'AXFR', { client: { ...TCP, address } });
      assert.equal(rcodeName(response.rcode), rcode);
    }
  });

  const wrong: readonly (readonly [lines: string, message: RegExp])[] = [
    ['transfer', /^Corefile:2: Cannot use "transfer": it names nobody/],
    ['transfer {\nto\n}', /Cannot read "to"/],
    ['transfer {\nto ns.test\n}', /Cannot read the recipient "ns\.test"/],
    ['transfer {\nto 10.0.0.0/33\n}', /the recipient "10\.0\.0\.0\/33"/],
    ['transfer {\nto 10.0.0.1:0\n}', /the recipient "10\.0\.0\.1:0"/],
    ['transfer {\nto * key\n}', /Cannot read "to": its key is misplaced/],
    ['transfer {\nto key key.test\n}', /Cannot read "to": its key is misplaced/],
    ['transfer {\nto * key other.test\n}', /the key "other\.test": tsig has no such key here/],
    ['transfer {\nto *\nsource eth0\n}', /the source "eth0"/],
    ['transfer {\nfrom *\n}', /Cannot use the property "from" of transfer/],
  ];
  for (const [lines, message] of wrong) {
    test(`is refused: ${JSON.stringify(lines)}`, () => {
      assert.throws(() => given(lines), { name: 'ConfigurationError', message });
    });
  }
});

describe('those who follow a zone are told of changes', () => {
  /** A zone that its plugin has only once it was started, and what was told of which zone. */
  const followed = (lines: string, sourceZones: readonly string[] = []) => {
    const contents = new ZoneContents([ZONE]);
    const { context } = setupContext();
    const told: string[] = [];
    let due: (() => void)[] = [];
    const outside = {
      after: (_ms: number, work: () => void) => {
        due.push(work);
        return () => {
          due = due.filter((each) => each !== work);
        };
      },
      exchange: async (_packet: Uint8Array, { endpoint, source }: Target) => {
        told.push(`${endpoint.address} ${endpoint.port} from ${source}`);
        return true;
      },
      nowSeconds: () => 0,
      randomId: () => 0,
    };
    let isStarted = false;
    const plugin = createTransferSetup(outside)(directives(lines), context);
    const source: Plugin = {
      name: 'source',
      zoneSource: (zone) => (isStarted ? contents.source(zone) : undefined),
      sourceZones: () => sourceZones,
    };
    const chain = compose([plugin, source]);
    const pass = () => {
      const now = due;
      due = [];
      for (const work of now) work();
    };
    return {
      plugin,
      told,
      chain,
      pass,
      isWaiting: () => due.length > 0,
      begin: () => {
        isStarted = true;
        contents.setZone(ZONE, soaOf(7), true);
      },
    };
  };

  test('at addresses, not of networks, and of zones that come late', async () => {
    const { plugin, told, pass, begin, isWaiting } = followed(
      'transfer a.test {\nto 192.0.2.53 10.0.0.0/8 *\nto [2001:db8::53]:5353\nsource 192.0.2.1\n}',
    );
    await plugin.start?.();
    pass();
    begin();
    pass();
    pass();
    assert.deepEqual(told, ['192.0.2.53 53 from 192.0.2.1', '2001:db8::53 5353 from 192.0.2.1']);
    assert.equal(isWaiting(), false);
  });

  test('of the zones below that are known', async () => {
    const { plugin, told, pass, begin } = followed('transfer . {\nto 192.0.2.53\n}', [ZONE]);
    await plugin.start?.();
    begin();
    pass();
    pass();
    assert.deepEqual(told, ['192.0.2.53 53 from undefined']);
  });

  test('of another zone below, once somebody has asked for it', async () => {
    const { plugin, told, chain, pass, begin } = followed('transfer test {\nto 192.0.2.53\n}');
    await plugin.start?.();
    begin();
    pass();
    assert.deepEqual(told, []);
    for (let i = 0; i < 2; i++) {
      await chain(queryOf(ZONE, 'AXFR', {}, { ...TCP, address: '192.0.2.53' }));
    }
    pass();
    assert.deepEqual(told, ['192.0.2.53 53 from undefined']);
  });

  test('until the end', async () => {
    const { plugin, pass, begin, isWaiting } = followed('transfer a.test {\nto 192.0.2.53\n}');
    await plugin.start?.();
    begin();
    pass();
    assert.equal(isWaiting(), true);
    await plugin.stop?.();
    assert.equal(isWaiting(), false);
  });
});
