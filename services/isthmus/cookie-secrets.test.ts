import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { makeTempDirectory, removeTempDirectory } from '../../test/servers/temp-directory.ts';
import { cookieSecrets } from './cookie-secrets.ts';
import { readFlags, UsageError } from './flags.ts';

const FIRST = 'e5e973e5a6b2a43f48e7dc849e37bfcf';
const SECOND = '445536BCD2513298075A5D379663C962';

describe('cookie secrets', () => {
  const folder = makeTempDirectory();
  after(() => removeTempDirectory(folder));
  const file = join(folder, 'secrets');
  const read = (text: string) => {
    writeFileSync(file, text);
    const { flags } = readFlags(['--cookie-secrets', file], {});
    return cookieSecrets(flags).map((secret) => Buffer.from(secret).toString('hex'));
  };

  test('are the lines of the file, the first one first', () => {
    assert.deepEqual(read(`# ours\n${FIRST} # of now\n\n${SECOND}\n`), [
      FIRST,
      SECOND.toLowerCase(),
    ]);
    assert.deepEqual(read(FIRST), [FIRST]);
  });

  test('are one that nobody else has where there is no file', () => {
    const { flags } = readFlags([], {});
    const [one, other] = [cookieSecrets(flags), cookieSecrets(flags)];
    assert.deepEqual([one.length, one[0]?.length, other[0]?.length], [1, 16, 16]);
    assert.notDeepEqual(one, other);
  });

  const wrong: readonly (readonly [what: string, text: string, expected: RegExp])[] = [
    ['too few digits', FIRST.slice(1), /^Cannot use line 1 of ".*secrets" as a cookie secret: it/],
    ['no digits', `#\n${FIRST.replace('e', 'g')}`, /^Cannot use line 2 .* expected 32 hexadecimal/],
    ['nothing', '\n', /: there are 0; expected 1 to 2$/],
    ['three of them', `${FIRST}\n`.repeat(3), /: there are 3; expected 1 to 2$/],
  ];
  for (const [what, text, expected] of wrong) {
    test(`are refused for ${what}, without saying it`, () => {
      assert.throws(
        () => read(text),
        (error) => {
          assert.ok(error instanceof UsageError);
          assert.match(error.message, expected);
          assert.doesNotMatch(error.message, /5a6b2a43f/);
          return true;
        },
      );
    });
  }

  test('are refused where there is no file', () => {
    const { flags } = readFlags([], { ISTHMUS_COOKIE_SECRETS: join(folder, 'none') });
    assert.throws(
      () => cookieSecrets(flags),
      /^UsageError: Cannot use ".*none" as cookie secrets: EN/,
    );
  });
});
