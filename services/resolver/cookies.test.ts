import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decode } from '../../libs/dns/decode.ts';
import { encode } from '../../libs/dns/encode.ts';
import { rcodeName } from '../../libs/dns/iana.ts';
import type { EdnsOption, Message } from '../../libs/dns/message.ts';
import { OPTION_NSID } from '../../libs/dns/message.ts';
import {
  OPTION_COOKIE,
  putSecrets,
  SECRETS_WORDS,
  ServerCookies,
} from '../../libs/dns/server-cookie.ts';
import { edns, query } from '../../libs/table/asking.ts';
import { SILENT } from '../../libs/telemetry/log.ts';
import { Metrics } from '../../libs/telemetry/metrics.ts';
import { compose } from './chain.ts';
import { Cookies } from './cookies.ts';
import type { Plugin } from './plugin.ts';
import { emptyResponse } from './response.ts';
import { Server } from './server.ts';

const SECRET = new Uint8Array(16).fill(7);
const CLIENT_COOKIE = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const FOREIGN = Uint8Array.of(...CLIENT_COOKIE, ...new Uint8Array(16).fill(0xab));
const NOW_SECONDS = 1_790_000_000;

/** A server whose plugin answers with these options. */
function given(options: readonly EdnsOption[] = []) {
  const words = new Int32Array(SECRETS_WORDS);
  putSecrets(words, 0, [SECRET]);
  const source: Plugin = {
    name: 'source',
    handle: async () => ({ ...emptyResponse(0), options }),
  };
  const plugins = [source];
  const chain = compose(plugins);
  const block = { plugins, chain, recursion: false, tableCapable: false, tableDenies: false };
  const server = new Server(
    { host: '', port: 53, server: 'dns://:53', blocks: new Map([['example.', [block]]]) },
    {
      log: SILENT,
      metrics: new Metrics(),
      nowMs: () => 0,
      cookies: new Cookies(new ServerCookies(words, 0), () => NOW_SECONDS),
    },
  );
  return async (packet: Uint8Array, address = '192.0.2.7'): Promise<Message> => {
    const reply = await server.answerPacket(packet, { address, port: 5353, transport: 'udp' });
    const decoded = reply && decode(reply);
    assert.ok(decoded?.kind === 'message');
    return decoded.message;
  };
}

const cookie = (data: Uint8Array): EdnsOption => ({ code: OPTION_COOKIE, data });
const packet = (
  options: readonly EdnsOption[],
  { question = 'web.example. A', version = 0, change = {} } = {},
) => encode(query(question, { edns: edns(1232, { options, version }), ...change }));
const cookiesOf = ({ edns }: Message) =>
  edns?.options.filter(({ code }) => code === OPTION_COOKIE).map(({ data }) => data);

/** As ours is for this client. */
const learn = async (address = '192.0.2.7') => {
  const [ours] = cookiesOf(await given()(packet([cookie(CLIENT_COOKIE)]), address)) ?? [];
  return ours ?? assert.fail('no cookie');
};
const OURS = await learn();
const NO_QUESTION = { change: { question: undefined } };

describe('a reply has the client cookie and ours', () => {
  const rows: readonly (readonly [what: string, packet: Uint8Array, rcode: string])[] = [
    ['to a client cookie', packet([cookie(CLIENT_COOKIE)]), 'NOERROR'],
    ['to our cookie', packet([cookie(OURS)]), 'NOERROR'],
    ['to a foreign one', packet([cookie(FOREIGN)]), 'NOERROR'],
    ['beside other options', packet([{ ...cookie(OURS), code: 65001 }, cookie(OURS)]), 'NOERROR'],
    ['where the first counts', packet([cookie(OURS), cookie(OURS.slice(1))]), 'NOERROR'],
    ['when refused', packet([cookie(OURS)], { question: 'example.org. A' }), 'REFUSED'],
    ['without a question', packet([cookie(CLIENT_COOKIE)], NO_QUESTION), 'NOERROR'],
    ['without one, and our cookie', packet([cookie(OURS)], NO_QUESTION), 'NOERROR'],
    ['without one, and a foreign one', packet([cookie(FOREIGN)], NO_QUESTION), 'BADCOOKIE'],
  ];
  for (const [what, asked, rcode] of rows) {
    test(what, async () => {
      const reply = await given()(asked);
      assert.equal(rcodeName(reply.rcode), rcode);
      assert.deepEqual(cookiesOf(reply), [OURS]);
      assert.deepEqual([reply.answer, reply.authority, reply.additional], [[], [], []]);
    });
  }

  test('for its own address', async () => {
    assert.notDeepEqual(await learn('192.0.2.8'), OURS);
    assert.notDeepEqual(await learn('2001:db8::7'), await learn('2001:db8::8'));
    assert.deepEqual(await learn('fe80::7%eth0'), await learn('fe80::7'));
  });

  test('and what plugins say, but for cookies of others', async () => {
    const nsid = { code: OPTION_NSID, data: Uint8Array.of(0x61) };
    const reply = await given([cookie(FOREIGN), nsid])(packet([cookie(CLIENT_COOKIE)]));
    assert.deepEqual(reply.edns?.options, [cookie(OURS), nsid]);
  });
});

describe('a reply has no cookie', () => {
  const lengths = [0, 7, 9, 15, 41];
  const rows: readonly (readonly [what: string, packet: Uint8Array, rcode: string])[] = [
    ['to who sent none', packet([]), 'NOERROR'],
    ['to EDNS of another version', packet([cookie(OURS)], { version: 1 }), 'BADVERS'],
    ...lengths.map((octets) => {
      const asked = packet([cookie(new Uint8Array(octets))]);
      return [`to one of ${octets} octets`, asked, 'FORMERR'] as const;
    }),
    [
      'to a malformed one before another',
      packet([cookie(OURS.slice(0, 9)), cookie(OURS)]),
      'FORMERR',
    ],
    ['without question and cookie', packet([], NO_QUESTION), 'FORMERR'],
  ];
  for (const [what, asked, rcode] of rows) {
    test(what, async () => {
      const reply = await given([cookie(FOREIGN)])(asked);
      assert.equal(rcodeName(reply.rcode), rcode);
      assert.deepEqual(cookiesOf(reply) ?? [], []);
    });
  }
});
