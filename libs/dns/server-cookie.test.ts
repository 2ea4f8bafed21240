import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ipv4Octets, ipv6Octets } from './address.ts';
import { replyToCookie } from './cookie-reply.ts';
import { isCookieLength, putSecrets, SECRETS_WORDS, ServerCookies } from './server-cookie.ts';

const octets = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));
const addressOf = (text: string) =>
  ipv4Octets(text) ?? ipv6Octets(text) ?? assert.fail(`${text} is no address`);

function given(...secrets: readonly string[]): ServerCookies {
  const words = new Int32Array(SECRETS_WORDS + 1);
  putSecrets(words, 1, secrets.map(octets));
  return new ServerCookies(words, 1);
}

/** The option's data in the reply, and whether the cookie that came was good. */
function reply(cookies: ServerCookies, cookie: string, client: string, at: string | number) {
  const nowSeconds = typeof at === 'number' ? at : Date.parse(at) / 1000;
  const { option, isValid } = replyToCookie(cookies, octets(cookie), addressOf(client), nowSeconds);
  return { said: Buffer.from(option.data).toString('hex'), isValid };
}

const SECRET = 'e5e973e5a6b2a43f48e7dc849e37bfcf';

describe('RFC 9018, appendix A', () => {
  const rows: readonly {
    readonly what: string;
    readonly secrets: readonly string[];
    readonly client: string;
    readonly cookie: string;
    readonly at: string;
    readonly said: string;
    readonly isValid: boolean;
  }[] = [
    {
      what: 'A.1: learning a new server cookie',
      secrets: [SECRET],
      client: '198.51.100.100',
      cookie: '2464c4abcf10c957',
      at: '2019-06-05T10:53:05Z',
      said: '2464c4abcf10c957010000005cf79f111f8130c3eee29480',
      isValid: false,
    },
    {
      what: 'A.2: the same client learning a renewed (fresh) server cookie',
      secrets: [SECRET],
      client: '198.51.100.100',
      cookie: '2464c4abcf10c957010000005cf79f111f8130c3eee29480',
      at: '2019-06-05T11:33:05Z',
      said: '2464c4abcf10c957010000005cf7a871d4a564a1442aca77',
      isValid: true,
    },
    {
      // Two hours old, which is too old for us.
      what: 'A.3: another client learning a renewed server cookie, reserved octets set',
      secrets: [SECRET],
      client: '203.0.113.203',
      cookie: 'fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5',
      at: '2019-06-05T11:38:20Z',
      said: 'fc93fc62807ddb86010000005cf7a9acf73a7810aca2381e',
      isValid: false,
    },
    {
      what: 'A.4: IPv6 query with rolled over secret',
      secrets: ['445536bcd2513298075a5d379663c962', 'dd3bdf9344b678b185a6f5cb60fca715'],
      client: '2001:db8:220:1:59de:d0f4:8769:82b8',
      cookie: '22681ab97d52c298010000005cf7c57926556bd0934c72f8',
      at: '2019-06-05T13:39:21Z',
      said: '22681ab97d52c298010000005cf7c609a6bb79d16625507a',
      isValid: true,
    },
  ];
  for (const { what, secrets, client, cookie, at, said, isValid } of rows) {
    test(what, () => {
      assert.deepEqual(reply(given(...secrets), cookie, client, at), { said, isValid });
    });
  }

  test('A.3: reserved octets are part of what is hashed', () => {
    const cookie = 'fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5';
    const then = 0x5cf78f71;
    assert.deepEqual(reply(given(SECRET), cookie, '203.0.113.203', then), {
      said: cookie,
      isValid: true,
    });
  });
});

describe('a cookie of ours', () => {
  const client = '192.0.2.7';
  const now = 1_790_000_000;
  const ours = reply(given(SECRET), '0102030405060708', client, now).said;
  const rows: readonly (readonly [what: string, seconds: number, again: boolean, good: boolean])[] =
    [
      ['at once', 0, true, true],
      ['after half an hour', 1800, true, true],
      ['after a second more', 1801, false, true],
      ['after an hour', 3600, false, true],
      ['after a second more than that', 3601, false, false],
      ['of a clock five minutes ahead', -300, true, true],
      ['of a clock further ahead', -301, false, false],
    ];
  for (const [what, seconds, again, isValid] of rows) {
    test(`${what} is ${isValid ? 'good' : 'not'}, and ${again ? 'given again' : 'renewed'}`, () => {
      const said = reply(given(SECRET), ours, client, now + seconds);
      assert.equal(said.isValid, isValid);
      assert.equal(said.said === ours, again);
      const next = reply(given(SECRET), said.said, client, now + seconds);
      assert.deepEqual(next, { said: said.said, isValid: true });
    });
  }

  const foreign: readonly (readonly [what: string, cookie: string, client: string])[] = [
    ['of another address', ours, '192.0.2.8'],
    ['of another client cookie', `1${ours.slice(1)}`, client],
    ['with another hash', ours.replace(/.$/, (last) => (last === '0' ? '1' : '0')), client],
    ['of another version', `${ours.slice(0, 17)}2${ours.slice(18)}`, client],
    ['shorter', ours.slice(0, 40), client],
    ['longer', `${ours}00`, client],
    ['of another server', `${ours.slice(0, 16)}${'ab'.repeat(32)}`, client],
  ];
  for (const [what, cookie, from] of foreign) {
    test(`${what} is not good, and never sent back`, () => {
      const { said, isValid } = reply(given(SECRET), cookie, from, now);
      assert.equal(isValid, false);
      assert.equal(said.slice(0, 16), cookie.slice(0, 16));
      assert.notEqual(said, cookie);
      assert.equal(reply(given(SECRET), said, from, now).isValid, true);
    });
  }

  test('is made with the first secret, and good if made with the second', () => {
    const [first, second] = ['00'.repeat(16), SECRET];
    const rolled = reply(given(first, second), ours, client, now);
    assert.equal(rolled.isValid, true);
    assert.equal(reply(given(first), rolled.said, client, now).isValid, true);
    assert.equal(reply(given(first), ours, client, now).isValid, false);
    const staged = reply(given(second, first), ours, client, now);
    assert.deepEqual(staged, { said: ours, isValid: true });
  });
});

test('a COOKIE has 8 octets, or 16 to 40 (RFC 7873 § 5.2.2)', () => {
  const lengths = Array.from({ length: 60 }, (_, octets) => octets).filter(isCookieLength);
  assert.deepEqual(lengths, [8, ...Array.from({ length: 25 }, (_, i) => 16 + i)]);
});

test('secrets are one or two, of 16 octets each', () => {
  assert.throws(() => given(), /^RangeError: Cannot use 0 cookie secrets: expected 1 to 2$/);
  assert.throws(() => given('00'), /secret of 1 octets: expected 16/);
});
