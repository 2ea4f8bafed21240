import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Authority } from '../../test/servers/certificates.ts';
import { makeTempDirectory, removeTempDirectory } from '../../test/servers/temp-directory.ts';
import { readFlags, UsageError } from './flags.ts';
import { logFlag } from './log-flags.ts';

const URL_FLAG = ['--log', 'nats://nats:4222'];
const read = (args: readonly string[], environment = {}) =>
  logFlag(readFlags([...URL_FLAG, ...args], environment).flags, 'run the watcher', 'east');

describe('logFlag', () => {
  it('takes files, domain and copies, from the environment as well', (t) => {
    const folder = makeTempDirectory();
    t.after(() => removeTempDirectory(folder));
    const authority = new Authority(folder);
    const { cert, key } = authority.give('watcher');
    const nkey = join(folder, 'east.nk');
    writeFileSync(nkey, `SU${'A'.repeat(56)}`);
    const files = [`--log-tls-ca=${authority.ca}`, `--log-tls-cert=${cert}`, '--log-tls-key', key];
    const options = read([...files, '--log-domain', 'hub', '-log-replicas', '3'], {
      ISTHMUS_LOG_NKEY: nkey,
      ISTHMUS_LOG_TLS_SERVERNAME: 'nats.example',
    });
    assert.equal(options.nkey?.text, nkey);
    assert.deepEqual(options.tls, {
      file: '--log-tls',
      line: 1,
      ca: authority.ca,
      pair: { cert, key },
      serverName: 'nats.example',
    });
    assert.deepEqual([options.domain, options.replicas, options.who], ['hub', 3, 'east']);
  });

  const rows: readonly (readonly [args: readonly string[], expected: RegExp])[] = [
    [
      ['--log-nkey', '/none'],
      /^Cannot use "\/none" as nkey: ENOENT.*; expected the seed of a user/,
    ],
    [['--log-credentials', '/none'], /^Cannot use "\/none" as credentials: ENOENT/],
    [['--log-nkey', 'a', '--log-credentials', 'b'], /both say who we are; expected one of them$/],
    [['--log-tls-ca', '/none'], /^Cannot use "\/none" for TLS: ENOENT.*; expected certificates/],
    [['--log-tls-cert', 'a'], /^Cannot use --log-tls-cert without --log-tls-key: expected both/],
    [['--log-tls-key', 'a'], /^Cannot use --log-tls-key without --log-tls-cert: expected both/],
    [
      ['--log-domain', 'a.b'],
      /^Cannot use --log-domain "a.b": it is none; expected a word without/,
    ],
    [['--log-replicas', '0'], /^Cannot use --log-replicas "0": it is none; expected 1 to 5$/],
  ];
  for (const [args, expected] of rows) {
    it(`refuses ${args.join(' ')}`, () => {
      assert.throws(
        () => read(args),
        (error) => {
          assert.ok(error instanceof UsageError);
          assert.match(error.message, expected);
          return true;
        },
      );
    });
  }
});
