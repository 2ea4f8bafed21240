import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConfigurationError } from '../../../../libs/corefile/configuration-error.ts';
import { encode } from '../../../../libs/dns/encode.ts';
import { RCODE, rcodeName } from '../../../../libs/dns/iana.ts';
import type { TsigKey } from '../../../../libs/dns/tsig.ts';
import { TsigSigner, verify } from '../../../../libs/dns/tsig.ts';
import { queryOf } from '../../../../test/plugin/ask-plugin.ts';
import { directives } from '../../../../test/plugin/directives.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import { createTsigSetup } from './setup.ts';

const NOW_SECONDS = 1_700_000_000;
const SECRET = Buffer.from('a secret of some octets');
const BASE64 = SECRET.toString('base64');
const KEY: TsigKey = { name: 'key.test.', algorithm: undefined, secret: SECRET };
const noFile = () => assert.fail('no file is read');

const setUp = (block: string, readFile: (path: string) => string = noFile) => {
  const { context } = setupContext({ zones: ['test.'] });
  const setup = createTsigSetup(readFile, () => NOW_SECONDS);
  return { plugin: setup(directives(block), context), ...context };
};

const packetOf = (name: string, type = 'A') => encode(queryOf(name, type).message);
const signed = (packet: Uint8Array, key = KEY, seconds = NOW_SECONDS) =>
  new TsigSigner(key, () => seconds).sign(packet);

describe('tsig', () => {
  const { plugin, metrics } = setUp(`tsig {
    secret Key.test. ${BASE64}
    secret bound.test ${BASE64} hmac-sha512
    require AXFR
  }`);
  const rows: readonly (readonly [what: string, packet: Uint8Array, type: string, said: string])[] =
    [
      ['an unsigned query', packetOf('a.test.'), 'A', 'no say'],
      ['an unsigned query that must be signed', packetOf('test.', 'AXFR'), 'AXFR', 'REFUSED'],
      ['a signed one', signed(packetOf('test.', 'AXFR')), 'AXFR', 'signed by key.test.'],
      [
        'one with an unknown key',
        signed(packetOf('a.test.'), { ...KEY, name: 'other.test.' }),
        'A',
        'NOTAUTH',
      ],
      [
        'one with another algorithm than the key has',
        signed(packetOf('a.test.'), { ...KEY, name: 'bound.test.' }),
        'A',
        'NOTAUTH',
      ],
      [
        'one with another secret',
        signed(packetOf('a.test.'), { ...KEY, secret: Buffer.of(1) }),
        'A',
        'NOTAUTH',
      ],
      ['one of an hour ago', signed(packetOf('a.test.'), KEY, NOW_SECONDS - 3600), 'A', 'NOTAUTH'],
      ['one that is signed twice', signed(signed(packetOf('a.test.'))), 'A', 'FORMERR'],
    ];
  for (const [what, packet, type, expected] of rows) {
    test(`says of ${what}: ${expected}`, () => {
      const name = type === 'AXFR' ? 'test.' : 'a.test.';
      const admission = plugin.admit?.(queryOf(name, type), packet);
      const outcome = admission?.outcome;
      const said =
        outcome === undefined
          ? 'no say'
          : 'query' in outcome
            ? `signed by ${outcome.query.signedBy}`
            : rcodeName(outcome.response.rcode);
      assert.equal(said, expected);
    });
  }

  test('counts what it refused', async () => {
    const text = await metrics.text();
    for (const [error, count] of Object.entries({ BADKEY: 2, BADSIG: 1, BADTIME: 1, FORMERR: 1 })) {
      assert.ok(text.includes(`isthmus_tsig_errors_total{error="${error}"} ${count}\n`), error);
    }
  });

  test('signs each message of the reply, over the one before', () => {
    const asked = signed(packetOf('a.test.'));
    const keys = new Map([[KEY.name, KEY]]);
    const request = verify(asked, keys, NOW_SECONDS);
    assert.ok(request.kind === 'ok');
    const seal = plugin.admit?.(queryOf('a.test.', 'A'), asked)?.seal ?? assert.fail('no seal');
    const first = seal.seal(packetOf('a.test.'));
    assert.ok(first.length - packetOf('a.test.').length <= seal.octets);
    const reply = verify(first, keys, NOW_SECONDS, request.tsig.mac);
    assert.ok(reply.kind === 'ok');
    assert.notDeepEqual(seal.seal(packetOf('a.test.')), first);
  });

  test('leaves queries of other zones alone', () => {
    const { plugin } = setUp(`tsig b.test {
      secret key.test. ${BASE64}
      require all
    }`);
    assert.equal(plugin.admit?.(queryOf('a.test.', 'A'), packetOf('a.test.')), undefined);
    const refused = plugin.admit?.(queryOf('a.b.test.', 'A'), packetOf('a.b.test.'));
    assert.ok(refused !== undefined && 'response' in refused.outcome);
    assert.equal(refused.outcome.response.rcode, RCODE.REFUSED);
  });

  const requires: readonly (readonly [line: string, seesEveryQuery: boolean])[] = [
    ['require none', false],
    ['require AXFR ixfr', false],
    ['require all', true],
    ['require AXFR TXT', true],
  ];
  for (const [line, seesEveryQuery] of requires) {
    test(`${line}: the table ${seesEveryQuery ? 'must not' : 'may'} answer`, () => {
      assert.equal(setUp(`tsig {\n${line}\n}`).plugin.seesEveryQuery, seesEveryQuery);
    });
  }
});

describe('the keys', () => {
  test('a file of secrets is beside the Corefile', () => {
    const { context } = setupContext({ zones: ['test.'] });
    const read: string[] = [];
    const setup = createTsigSetup(
      (path) => {
        read.push(path);
        return '';
      },
      () => NOW_SECONDS,
    );
    for (const file of ['keys.conf', '/etc/keys.conf']) {
      setup(directives(`tsig {\nsecrets ${file}\n}`, '/srv/dns/Corefile'), context);
    }
    assert.deepEqual(read, ['/srv/dns/keys.conf', '/etc/keys.conf']);
  });

  test('of a file are those of the directive', () => {
    const text = `// made by tsig-keygen
      key "one.test" {
        algorithm hmac-sha384; # of the file
        secret "${BASE64}";
      };
      /* and
         another */
      key Two.test. { secret ${BASE64}; };`;
    const { tsigKeys } = setUp('tsig {\nsecrets keys.conf\n}', (path) =>
      path === 'keys.conf' ? text : noFile(),
    );
    assert.deepEqual(
      [...tsigKeys.values()].map(({ name, algorithm, secret }) => [
        name,
        algorithm,
        Buffer.from(secret),
      ]),
      [
        ['one.test.', 'hmac-sha384.', SECRET],
        ['two.test.', undefined, SECRET],
      ],
    );
  });

  const HIDDEN = 'aGlkZGVu!';
  const wrong: readonly (readonly [line: string, file: string, message: RegExp])[] = [
    ['secret a.', '', /^Corefile:3: Cannot read "secret": it has one argument/],
    [`secret a. ${HIDDEN}`, '', /^Corefile:3: Cannot read the secret of the key "a\.": .*base64/],
    [`secret a. ""`, '', /the secret of the key "a\."/],
    [
      `secret a. ${BASE64} rot13`,
      '',
      /the algorithm "rot13": it is unknown; expected one of hmac-/,
    ],
    [`secret a. ${BASE64}\nsecret A ${BASE64}`, '', /^Corefile:4: Cannot use the key "a\." again/],
    ['require', '', /Cannot read "require"/],
    ['require AXFR all', '', /Cannot read the type "all"/],
    ['require_opcode QUERY', '', /CoreDNS has it, we do not yet/],
    [
      'secrets f',
      'key a. { secret',
      /^f:1: Cannot read the keys of "f": it ends; expected the sec/,
    ],
    ['secrets f', `\nkey a. { algorithm hmac-md5; };`, /^f:2: .*"a\.": it has no secret/],
    ['secrets f', `key a. { sekret ${HIDDEN}; };`, /expected algorithm, secret or \}/],
    ['secrets f', `key a. { secret ${HIDDEN}; };`, /^f:1: Cannot read the secret of the key "a\."/],
    ['secrets f', `key a. { secret ${BASE64} ${HIDDEN}; };`, /another word is there; expected ;/],
  ];
  for (const [line, file, message] of wrong) {
    test(`are refused, and never told: ${line} ${file}`, () => {
      const refuses = () => setUp(`tsig {\n${line}\n}`, () => file);
      assert.throws(refuses, (error: unknown) => {
        assert.ok(error instanceof ConfigurationError);
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /aGlkZGVu/);
        assert.ok(!error.message.includes(BASE64));
        return true;
      });
    });
  }

  test('of a file that is not there are refused', () => {
    const missing = () => {
      throw new Error('ENOENT: no such file');
    };
    assert.throws(() => setUp('tsig {\nsecrets f\n}', missing), /file of secrets "f": ENOENT/);
  });
});
