/**
 * Answers from upstream, kept in the table: on real sockets, from the program as users start it.
 * Upstream is played by the test, which counts what it is asked.
 */
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Message } from '../../libs/dns/message.ts';
import { OPTION_EDE } from '../../libs/dns/message.ts';
import { parseRecord } from '../../libs/dns/presentation.ts';
import { freePort } from '../servers/free-port.ts';
import { makeTempDirectory } from '../servers/temp-directory.ts';
import type { ScriptedUpstream } from '../servers/upstream.ts';
import { answerTo, startUpstream } from '../servers/upstream.ts';
import { ask, short } from './ask.ts';
import { IsthmusProcess, until } from './isthmus-process.ts';

const SOA = 'example.org. 1800 IN SOA ns.example.org. admin.example.org. 1 7200 1800 86400 1800';
const CAPACITY = 50;

/** Each name says by itself what upstream knows of it. */
function play(query: Message): readonly Uint8Array[] {
  const name = query.question?.name ?? '';
  const authority = [parseRecord(SOA)];
  if (name.startsWith('no.')) return [answerTo(query, [], { rcode: 3, authority })];
  if (name.startsWith('empty.')) return [answerTo(query, [], { authority })];
  const ttl = /^ttl-(\d+)\./.exec(name)?.[1] ?? '1800';
  const rdata = query.question?.type === 'TXT' ? 'TXT "upstream"' : 'A 192.0.2.80';
  return [answerTo(query, [`${name} ${ttl} IN ${rdata}`])];
}

describe('cached answers', () => {
  const folder = makeTempDirectory();
  const manifests = join(folder, 'east');
  let upstream: ScriptedUpstream;
  let isthmus: IsthmusProcess;
  let isUpstreamOpen = true;
  let dns = 0;
  let metrics = 0;

  before(async () => {
    upstream = await startUpstream(play);
    [dns, metrics] = [await freePort(), await freePort()];
    mkdirSync(manifests);
    const file = join(folder, 'Corefile');
    writeFileSync(
      file,
      `.:${dns} {
    bind 127.0.0.1
    prometheus 127.0.0.1:${metrics}
    federation cluster.local {
        log memory
        cluster east manifests ${manifests}
        fallthrough
    }
    cache {
        success ${CAPACITY}
        prefetch 3 1m 90%
        serve_stale
    }
    forward . 127.0.0.1:${upstream.port}
}
`,
    );
    isthmus = new IsthmusProcess(['up', '-conf', file, '-quiet']);
    await isthmus.until(
      async () => (await short(dns, 'warm.example.org')) === '192.0.2.80',
      'it is up',
    );
  });
  after(async () => {
    await isthmus.kill();
    await closeUpstream();
    rmSync(folder, { recursive: true, force: true });
  });

  const closeUpstream = async () => {
    if (isUpstreamOpen) await upstream.close();
    isUpstreamOpen = false;
  };
  const metric = async (name: string, labels = '') => {
    const text = await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text();
    const lines = text.split('\n').filter((line) => line.split(/[{ ]/)[0] === name);
    return lines
      .filter((line) => line.includes(labels))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  };
  const askedFor = (name: string) =>
    upstream.asked.filter((line) => line === `udp ${name}. A`).length;

  for (const [name, rcode, type] of [
    ['www.example.org', 0, 'success'],
    ['no.example.org', 3, 'denial'],
    ['empty.example.org', 0, 'denial'],
  ] as const) {
    test(`${name} is asked once, and then given by readers with the TTL that is left`, async () => {
      const first = await ask(dns, name, 'A');
      assert.equal(first?.rcode, rcode);
      const before = await metric('isthmus_table_handed_over_total');
      const hits = await metric('coredns_cache_hits_total', `type="${type}"`);
      for (const transport of ['udp', 'tcp'] as const) {
        assert.deepEqual((await ask(dns, name, 'A', { transport }))?.flags, first.flags);
      }
      const ttlOf = (message: Message | undefined) =>
        [...(message?.answer ?? []), ...(message?.authority ?? [])][0]?.ttl;
      assert.equal(ttlOf(first), 1800);
      const isLess = async () => (ttlOf(await ask(dns, name, 'A')) ?? 0) < 1800;
      await until(isLess, 'a second has gone by');
      assert.equal(await metric('isthmus_table_handed_over_total'), before);
      // A reader counts after it has sent.
      const isCounted = async () =>
        (await metric('coredns_cache_hits_total', `type="${type}"`)) >= hits + 3;
      await until(isCounted, 'all are counted');
      assert.equal(askedFor(name), 1);
    });
  }

  test('at its capacity it keeps what readers are asked for', async () => {
    for (let i = 0; i < 4 * CAPACITY; i++) {
      assert.equal(await short(dns, 'hot.example.org'), '192.0.2.80');
      assert.equal(await short(dns, `cold-${i}.example.org`), '192.0.2.80');
    }
    assert.equal(askedFor('hot.example.org'), 1);
    assert.equal(await metric('coredns_cache_entries', 'type="success"'), CAPACITY);
    assert.ok((await metric('coredns_cache_evictions_total', 'type="success"')) >= 3 * CAPACITY);
  });

  test('a popular name is asked for again before it expires, and nobody waits', async () => {
    const name = 'ttl-5.example.org';
    for (let i = 0; i < 6; i++) await short(dns, name);
    await until(async () => askedFor(name) === 2, 'it is prefetched');
    assert.equal(await metric('coredns_cache_prefetch_total'), 1);
  });

  test('a name that becomes ours is ours at once, for readers and for the chain', async () => {
    const name = 'new.shop.svc.cluster.local';
    // A namespace that becomes ours has what was said of names below it asked for once more.
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } };
    writeFileSync(join(manifests, 'shop.yaml'), JSON.stringify(namespace));
    const above = async () => (await ask(dns, 'shop.svc.cluster.local', 'A'))?.flags.authoritative;
    await until(async () => (await above()) === true, 'its namespace is ours');
    assert.equal(await short(dns, name), '192.0.2.80');
    assert.equal(await short(dns, name, 'TXT'), '"upstream"');
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'new', namespace: 'shop' },
      spec: { clusterIP: '10.0.0.9', ports: [{ name: 'http', protocol: 'TCP', port: 80 }] },
    };
    writeFileSync(join(manifests, 'new.yaml'), JSON.stringify(service));
    await until(async () => (await short(dns, name)) === '10.0.0.9', 'it is ours');
    // The chain is asked for a type that the name has not, since the zone falls through.
    const text = await ask(dns, name, 'TXT');
    assert.deepEqual([text?.flags.authoritative, text?.answer], [true, []]);
    assert.equal(askedFor(name), 1);
  });

  test('what has expired is given while upstream is away, and says so', async () => {
    const name = 'ttl-1.example.org';
    const explanations = (message: Message | undefined) =>
      message?.edns?.options.filter(({ code }) => code === OPTION_EDE).map(({ data }) => [...data]);
    await ask(dns, name, 'A');
    await closeUpstream();
    let stale: Message | undefined;
    await until(async () => {
      stale = await ask(dns, name, 'A');
      return explanations(stale)?.length === 1;
    }, 'it is stale');
    assert.deepEqual(explanations(stale), [[0, 3]]);
    assert.deepEqual(stale?.answer, [parseRecord(`${name}. 0 IN A 192.0.2.80`)]);
    assert.ok((await metric('coredns_cache_served_stale_total')) >= 1);
  });
});
