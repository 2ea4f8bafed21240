/** Flags that `header` changed, behind a cache. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRecord } from '../../libs/dns/presentation.ts';
import { queryOf } from '../../test/plugin/ask-plugin.ts';
import { said } from '../../test/plugin/cache-over.ts';
import { directives } from '../../test/plugin/directives.ts';
import { setupContext } from '../../test/plugin/setup-context.ts';
import { compose } from './chain.ts';
import { createCacheSetup } from './plugins/cache/setup.ts';
import { setup as header } from './plugins/header/setup.ts';
import { replyTo } from './reply.ts';

const RECORD = 'a. 60 IN A 192.0.2.1';

test('are those of the cached answer as well', async () => {
  const { context } = setupContext();
  const clocks = { nowMs: () => 0, wallMs: () => 0, every: () => () => {} };
  const cache = createCacheSetup({ store: undefined, ...clocks });
  const lines = 'header {\n response set aa\n response clear ra\n}';
  const plugins = [cache(directives('cache'), context), header(directives(lines), context)];
  let asked = 0;
  const chain = compose(plugins, async () => {
    asked++;
    return said([RECORD]);
  });
  for (let i = 0; i < 2; i++) {
    const query = queryOf('a.', 'A');
    const { flags, answer } = replyTo(query.message, await chain(query), true);
    assert.deepEqual([flags.authoritative, flags.recursionAvailable], [true, false]);
    assert.deepEqual(answer, [parseRecord(RECORD)]);
  }
  assert.equal(asked, 1);
});
