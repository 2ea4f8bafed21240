/** EDNS options that the operator sends upstream: `rewrite edns0` says which. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EdnsOption } from '../../../../libs/dns/message.ts';
import { edns } from '../../../../libs/table/asking.ts';
import { queryOf } from '../../../../test/plugin/ask-plugin.ts';
import { directives } from '../../../../test/plugin/directives.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import { answerTo, startUpstream } from '../../../../test/servers/upstream.ts';
import { emptyResponse } from '../../response.ts';
import { setup } from './setup.ts';

const option = (code: number, ...octets: readonly number[]): EdnsOption => ({
  code,
  data: Uint8Array.from(octets),
});

test('upstream gets them, not the client’s, and what it answers to them comes back', async (t) => {
  const said = [option(0xffee, 7), option(3, 8), option(15, 0, 22), option(10, 9)];
  const upstream = await startUpstream((query) => [
    answerTo(query, ['a. 60 IN A 192.0.2.1'], { edns: edns(1232, { options: said }) }),
  ]);
  t.after(() => upstream.close());
  const plugin = setup(directives(`forward . 127.0.0.1:${upstream.port}`), setupContext().context);
  t.after(async () => plugin.stop?.());
  const asked = async (upstreamOptions: readonly EdnsOption[]) => {
    const client = queryOf('a.', 'A', { edns: edns(1232, { options: [option(3)] }) });
    const query = { ...client, upstreamOptions };
    const response = await plugin.handle?.(query, async () => emptyResponse(5));
    return response?.options.map(({ code }) => code);
  };
  assert.deepEqual(await asked([option(0xffee, 1)]), [0xffee, 15]);
  assert.deepEqual(await asked([option(3), option(0xffee, 2)]), [0xffee, 3, 15]);
  assert.deepEqual(await asked([]), [15]);
  assert.deepEqual(
    upstream.queries.map((query) => query.edns?.options),
    [[option(0xffee, 1)], [option(3), option(0xffee, 2)], []],
  );
});

test('queries with others are not answered by one in flight', async (t) => {
  const held = Promise.withResolvers<void>();
  const upstream = await startUpstream(async (query) => {
    if (upstream.queries.length === 2) held.resolve();
    await held.promise;
    const sent = query.edns?.options.map(({ data }) => data[0]).join();
    return [answerTo(query, [`a. 60 IN TXT "${sent}"`])];
  });
  t.after(() => upstream.close());
  const plugin = setup(directives(`forward . 127.0.0.1:${upstream.port}`), setupContext().context);
  t.after(async () => plugin.stop?.());
  const asked = async (octet: number) => {
    const query = { ...queryOf('a.', 'TXT'), upstreamOptions: [option(0xffee, octet)] };
    const response = await plugin.handle?.(query, async () => emptyResponse(5));
    return response?.answer[0]?.rdata;
  };
  assert.deepEqual(await Promise.all([asked(1), asked(2)]), ['"1"', '"2"']);
});
