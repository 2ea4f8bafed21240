/** What becomes of replies: failover, next, what others are told. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RCODE } from '../../../../libs/dns/iana.ts';
import { NO_FLAGS } from '../../../../libs/dns/message.ts';
import { askPlugin, queryOf } from '../../../../test/plugin/ask-plugin.ts';
import { answerTo, type Script } from '../../../../test/servers/upstream.ts';
import type { Metadata } from '../../query.ts';
import { emptyResponse } from '../../response.ts';
import { at, garbage, givenForward, givenUpstreams, shown } from './given-forward.ts';

const A = 'a.example. 60 IN A 192.0.2.1';
const says = (rcode: number, answer: readonly string[] = []): Script => {
  return (query) => [answerTo(query, answer, { rcode })];
};
const answers = says(RCODE.NOERROR, [A]);
const refused = async () => emptyResponse(RCODE.REFUSED);

describe('failover', () => {
  const FAILOVER = 'policy sequential\n force_tcp\n read_timeout 20s\n failover SERVFAIL refused';
  const rows: readonly (readonly [
    what: string,
    scripts: readonly Script[],
    rcode: number,
    asked: readonly number[],
  ])[] = [
    ['asks the next', [says(RCODE.SERVFAIL), says(RCODE.REFUSED), answers], 0, [1, 1, 1]],
    ['takes other codes', [says(RCODE.NXDOMAIN), answers], RCODE.NXDOMAIN, [1, 0]],
    [
      'gives the last when all say so',
      [says(RCODE.SERVFAIL), says(RCODE.REFUSED)],
      RCODE.REFUSED,
      [1, 1],
    ],
    [
      'gives what it has when the next fail',
      [says(RCODE.SERVFAIL), garbage],
      RCODE.SERVFAIL,
      [2, 1],
    ],
    ['has no other', [says(RCODE.SERVFAIL)], RCODE.SERVFAIL, [1]],
  ];
  for (const [what, scripts, rcode, asked] of rows) {
    test(what, async (t) => {
      const upstreams = await givenUpstreams(t, ...scripts);
      const list = upstreams.map(at).join(' ');
      const { plugin } = givenForward(t, `forward . ${list} {\n ${FAILOVER}\n}`);
      assert.equal((await askPlugin(plugin, 'a.example.', 'A')).rcode, rcode);
      assert.deepEqual(
        upstreams.map((upstream) => upstream.asked.length),
        asked,
      );
    });
  }
});

describe('next', () => {
  const rows: readonly (readonly [
    what: string,
    first: string,
    script: Script,
    second: string,
    given: number | readonly string[],
  ])[] = [
    ['hands on a code', 'next NXDOMAIN', says(RCODE.NXDOMAIN), '.', [A]],
    ['keeps other codes', 'next NXDOMAIN', says(RCODE.REFUSED), '.', RCODE.REFUSED],
    ['hands on NODATA', 'next_on_nodata', says(RCODE.NOERROR), '.', [A]],
    ['keeps NODATA else', 'next NXDOMAIN', says(RCODE.NOERROR), '.', []],
    ['keeps what no other takes', 'next NXDOMAIN', says(RCODE.NXDOMAIN), 'org', RCODE.NXDOMAIN],
  ];
  for (const [what, property, script, from, given] of rows) {
    test(what, async (t) => {
      const [first, second] = await givenUpstreams(t, script, answers);
      assert.ok(first && second);
      const { plugin } = givenForward(
        t,
        `forward . ${at(first)} {\n ${property}\n}\nforward ${from} ${at(second)}`,
      );
      const response = await askPlugin(plugin, 'a.example.', 'A');
      assert.deepEqual(typeof given === 'number' ? response.rcode : shown(response), given);
    });
  }

  test('goes from each directive to the one after it', async (t) => {
    const upstreams = await givenUpstreams(
      t,
      ...[says(RCODE.NXDOMAIN), says(RCODE.NXDOMAIN), answers],
    );
    const lines = upstreams.map((one) => `forward . ${at(one)} {\n next NXDOMAIN\n}`);
    const { plugin } = givenForward(t, lines.join('\n'));
    assert.deepEqual(shown(await askPlugin(plugin, 'a.example.', 'A')), [A]);
  });

  test('is not what max_concurrent refuses', async (t) => {
    const gate = Promise.withResolvers<void>();
    const held: Script = async (query) => {
      await gate.promise;
      return [answerTo(query, [A])];
    };
    const [first, second] = await givenUpstreams(t, held, answers);
    assert.ok(first && second);
    const { plugin } = givenForward(
      t,
      `forward . ${at(first)} {\n next REFUSED\n max_concurrent 1\n}\nforward . ${at(second)}`,
    );
    const waiting = askPlugin(plugin, 'b.example.', 'A');
    assert.equal((await askPlugin(plugin, 'a.example.', 'A')).rcode, RCODE.REFUSED);
    assert.deepEqual(second.asked, []);
    gate.resolve();
    await waiting;
  });
});

describe('forward', () => {
  test('tells who was asked last, each query its own', async (t) => {
    const [bad, good] = await givenUpstreams(t, garbage, answers);
    assert.ok(bad && good);
    const { plugin } = givenForward(
      t,
      `forward example ${at(bad)} ${at(good)} {\n policy sequential\n}
      forward . ${at(bad)} {\n max_connect_attempts 1\n}`,
    );
    const metadataOf = (): Metadata =>
      new Map([...(plugin.metadata?.(queryOf('a.example.', 'A')) ?? [])]);
    const [one, two, three] = [metadataOf(), metadataOf(), metadataOf()];
    const ask = (name: string, metadata: Metadata) =>
      plugin.handle?.({ ...queryOf(name, 'A'), metadata }, refused);
    await Promise.all([ask('a.example.', one), ask('a.example.', two)]);
    await assert.rejects(ask('b.test.', three) ?? Promise.resolve());
    const upstream = (metadata: Metadata) => metadata.get('forward/upstream')?.();
    assert.deepEqual([one, two, three].map(upstream), [at(good), at(good), at(bad)]);
    assert.equal(upstream(metadataOf()), '');
  });

  test('sends options of the operator, and merges no other query with it', async (t) => {
    const [upstream] = await givenUpstreams(t, answers);
    assert.ok(upstream);
    const { plugin } = givenForward(t, `forward . ${at(upstream)}`);
    const option = (octet: number) => [{ code: 65001, data: Uint8Array.of(octet) }];
    await Promise.all(
      [option(1), option(2), option(2), undefined].map((upstreamOptions) =>
        plugin.handle?.(
          { ...queryOf('a.example.', 'A'), ...(upstreamOptions && { upstreamOptions }) },
          refused,
        ),
      ),
    );
    const sent = upstream.queries.map(({ edns }) => edns?.options.map(({ data }) => [...data]));
    assert.deepEqual(sent.map((one) => JSON.stringify(one)).sort(), ['[[1]]', '[[2]]', '[]']);
  });

  test('asks with no flags of replies, which others would share', async (t) => {
    const [upstream] = await givenUpstreams(t, answers);
    assert.ok(upstream);
    const { plugin } = givenForward(t, `forward . ${at(upstream)}`);
    const odd = { authoritative: true, truncated: true, recursionAvailable: true };
    const flags = { ...NO_FLAGS, ...odd, checkingDisabled: true };
    await plugin.handle?.(queryOf('a.example.', 'A', { flags, rcode: 5 }), refused);
    const [sent] = upstream.queries;
    assert.deepEqual(sent?.flags, { ...NO_FLAGS, checkingDisabled: true, authenticData: true });
    assert.equal(sent?.rcode, 0);
  });

  test('carries no transfers', async (t) => {
    const [upstream] = await givenUpstreams(t, answers);
    assert.ok(upstream);
    const { plugin } = givenForward(t, `forward . ${at(upstream)}`);
    for (const type of ['AXFR', 'IXFR']) {
      assert.equal((await askPlugin(plugin, 'example.', type)).rcode, RCODE.NOTIMP);
    }
    assert.deepEqual(upstream.asked, []);
  });

  test('asks from its source address, over UDP and TCP', async (t) => {
    const [upstream] = await givenUpstreams(t, answers);
    assert.ok(upstream);
    for (const more of ['', 'force_tcp']) {
      const { plugin } = givenForward(
        t,
        `forward . ${at(upstream)} {\n source_address 127.0.0.7\n ${more}\n}`,
      );
      await askPlugin(plugin, 'a.example.', 'A');
    }
    assert.deepEqual([...upstream.sources], ['127.0.0.7']);
    assert.deepEqual(upstream.asked, ['udp a.example. A', 'tcp a.example. A']);
  });

  test('counts queries that found a connection, and those that did not', async (t) => {
    const [upstream] = await givenUpstreams(t, answers);
    assert.ok(upstream);
    const { plugin, metrics } = givenForward(t, `forward . ${at(upstream)} {\n force_tcp\n}`);
    for (let i = 0; i < 3; i++) await askPlugin(plugin, 'a.example.', 'A');
    const text = await metrics.text();
    const labels = `proxy_name="forward",to="${at(upstream)}",proto="tcp"`;
    assert.match(text, new RegExp(`^coredns_proxy_conn_cache_hits_total{${labels}} 2$`, 'm'));
    assert.match(text, new RegExp(`^coredns_proxy_conn_cache_misses_total{${labels}} 1$`, 'm'));
  });
});
