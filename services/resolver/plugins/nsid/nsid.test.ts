import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { describe, test } from 'node:test';
import { RCODE } from '../../../../libs/dns/iana.ts';
import { OPTION_NSID } from '../../../../libs/dns/message.ts';
import { edns } from '../../../../libs/table/asking.ts';
import { queryOf } from '../../../../test/plugin/ask-plugin.ts';
import { directives } from '../../../../test/plugin/directives.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import type { Next } from '../../query.ts';
import { emptyResponse } from '../../response.ts';
import { setup } from './setup.ts';

const nsid = (lines: string) => setup(directives(lines), setupContext().context);

/** What a client is told that asks with these options; undefined: one without EDNS. */
async function told(lines: string, codes: readonly number[] | undefined) {
  const options = codes?.map((code) => ({ code, data: new Uint8Array() }));
  const asked = queryOf('a.', 'A', { edns: options && edns(1232, { options }) });
  const other = { code: 15, data: Uint8Array.of(0, 3) };
  const next = async () => ({ ...emptyResponse(RCODE.NOERROR), options: [other] });
  const response = await nsid(lines).handle?.(asked, next);
  return response?.options.map(({ code, data }) => [
    code,
    code === OPTION_NSID ? new TextDecoder().decode(data) : '',
  ]);
}

describe('nsid', () => {
  test('tells who asks, beside what else is told', async () => {
    assert.deepEqual(await told('nsid east', [10, OPTION_NSID]), [
      [15, ''],
      [OPTION_NSID, 'east'],
    ]);
    assert.deepEqual(await told('nsid east', [10]), [[15, '']]);
    assert.deepEqual(await told('nsid east', undefined), [[15, '']]);
  });

  test('tells it once, though what an alias leads to told it before', async () => {
    const asked = queryOf('a.', 'A', {
      edns: edns(1232, { options: [{ code: OPTION_NSID, data: new Uint8Array() }] }),
    });
    const plugin = nsid('nsid east');
    const target: Next = async () => emptyResponse(RCODE.NOERROR);
    const again: Next = async (query) => (await plugin.handle?.(query, target)) ?? target(query);
    assert.equal((await plugin.handle?.(asked, again))?.options.length, 1);
  });

  test('tells it with what is answered in class CH, too', () => {
    const asked = queryOf('version.bind.', 'TXT', {
      edns: edns(1232, { options: [{ code: OPTION_NSID, data: new Uint8Array() }] }),
    });
    const response = nsid('nsid east').mark?.(emptyResponse(RCODE.NOERROR), asked);
    assert.deepEqual(
      response?.options.map(({ code, data }) => [code, new TextDecoder().decode(data)]),
      [[OPTION_NSID, 'east']],
    );
  });

  test('tells words, or the name of the machine', async () => {
    assert.deepEqual((await told('nsid a "b  c"', [OPTION_NSID]))?.at(-1), [OPTION_NSID, 'a b  c']);
    assert.deepEqual((await told('nsid', [OPTION_NSID]))?.at(-1), [OPTION_NSID, hostname()]);
  });

  test('sees every query', () => assert.equal(nsid('nsid').seesEveryQuery, true));

  test('refuses what is too long, braces, and a second one', () => {
    assert.throws(() => nsid(`nsid ${'é'.repeat(128)}`), /it has 256 octets; expected 255 at most/);
    for (const lines of ['nsid {\n x\n}', 'nsid\nnsid']) {
      assert.throws(() => nsid(lines), /Corefile:[23]: Cannot/);
    }
  });
});
