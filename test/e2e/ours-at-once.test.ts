/**
 * Names of our clusters and what upstream said of them before: an event ends that at once, for
 * readers, for the chain, and for what resolvers share. Upstream is played by the test.
 */
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parseRecord } from '../../libs/dns/presentation.ts';
import { findServer, missingServer } from '../servers/find-server.ts';
import { freePort } from '../servers/free-port.ts';
import { type RedisServers, startRedis } from '../servers/redis.ts';
import { makeTempDirectory, removeTempDirectory } from '../servers/temp-directory.ts';
import { answerTo, type ScriptedUpstream, startUpstream } from '../servers/upstream.ts';
import { short } from './ask.ts';
import { IsthmusProcess, until } from './isthmus-process.ts';

const binary = findServer('redis-server') ?? '';
const SOA = 'example.org. 1800 IN SOA ns.example.org. admin.example.org. 1 7200 1800 86400 1800';
const THEIRS = '192.0.2.80';
const EXTERNAL = '203.0.113.9';
/** Longer than this test, so that nothing ends by its TTL. */
const TTL = 1800;

const CLUSTERS = `federation cluster.local in-addr.arpa {
        log memory
        cluster east manifests MANIFESTS
        fallthrough
    }
    k8s_external ext.example.org {
        fallthrough
    }`;
const REST = `cache ${TTL} {
        serve_stale
    }
    redisc ${TTL} {
        endpoint REDIS
        timeout 2s
    }
    forward . 127.0.0.1:UPSTREAM`;
const BIND = 'bind 127.0.0.1';

interface Layout {
  readonly what: string;
  readonly corefile: string;
  readonly walks?: true;
  /** The names are those of another server block than the cache's. */
  readonly isElsewhere?: true;
}

const LAYOUTS: readonly Layout[] = [
  {
    what: 'readers give what was kept',
    corefile: `.:DNS {\n${BIND}\n${CLUSTERS}\n${REST}\n}`,
  },
  {
    // With autopath readers deny nothing.
    what: 'the chain gives it',
    corefile: `.:DNS {\n${BIND}\nautopath RESOLV-CONF\n${CLUSTERS}\n${REST}\n}`,
    walks: true,
  },
  {
    what: 'another server block has the names',
    corefile:
      `.:DNS {\n${BIND}\n${REST}\n}\n` +
      `cluster.local:DNS ext.example.org:DNS {\n${BIND}\n${CLUSTERS}\n}`,
    isElsewhere: true,
  },
];

for (const { what, corefile, walks = false, isElsewhere = false } of LAYOUTS) {
  describe(`a name of a cluster, and what upstream says of it: ${what}`, {
    skip: binary === '' && missingServer('redis-server'),
  }, () => {
    const folder = makeTempDirectory();
    const manifests = join(folder, 'east');
    /** Names, with their dots, that upstream has; and aliases, with where they lead. */
    const has = new Map<string, string>();
    const aliases = new Map<string, string>();
    let redis: RedisServers;
    let upstream: ScriptedUpstream;
    let isthmus: IsthmusProcess;
    let dns = 0;

    before(async () => {
      redis = await startRedis(binary);
      upstream = await startUpstream((query) => {
        const name = query.question?.name ?? '';
        const target = aliases.get(name);
        const address = has.get(target ?? name);
        const records = [
          ...(target === undefined ? [] : [`${name} ${TTL} IN CNAME ${target}`]),
          ...(address === undefined ? [] : [`${target ?? name} ${TTL} IN A ${address}`]),
        ];
        const denial = { rcode: 3, authority: [parseRecord(SOA)] };
        return [answerTo(query, records, address === undefined ? denial : {})];
      });
      dns = await freePort();
      mkdirSync(manifests);
      writeFileSync(join(folder, 'resolv.conf'), 'search shop.svc.cluster.local\n');
      const file = join(folder, 'Corefile');
      const places = {
        DNS: `${dns}`,
        MANIFESTS: manifests,
        REDIS: redis.url,
        UPSTREAM: `${upstream.port}`,
        'RESOLV-CONF': join(folder, 'resolv.conf'),
      };
      const text = Object.entries(places).reduce(
        (file, [word, place]) => file.replaceAll(word, place),
        corefile,
      );
      writeFileSync(file, `${text}\n`);
      isthmus = new IsthmusProcess(['up', '-conf', file, '-quiet']);
      has.set('up.example.org.', THEIRS);
      await isthmus.until(async () => (await short(dns, 'up.example.org')) === THEIRS, 'it is up');
    });
    after(async () => {
      await isthmus?.kill();
      await upstream?.close();
      await redis?.stop();
      removeTempDirectory(folder);
    });

    const create = (name: string, clusterIP: string) => {
      const ports = [{ name: 'http', protocol: 'TCP', port: 80 }];
      const service = {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name, namespace: 'shop' },
        spec: { clusterIP, externalIPs: [EXTERNAL], ports },
      };
      writeFileSync(join(manifests, `${name}.yaml`), JSON.stringify(service));
    };
    const remove = (name: string) => rmSync(join(manifests, `${name}.yaml`));
    const asked = (name: string) =>
      upstream.asked.filter((line) => line.includes(` ${name} `)).length;
    const inRedis = async (name: string) =>
      (await redis.first.command(`KEYS "isthmus:answer:* ${name} A 1 00"`)).startsWith('*1');
    /** Kept: asked twice, and upstream once. */
    const isKept = async (name: string, answer: string) => {
      for (let i = 0; i < 3; i++) assert.equal(await short(dns, name), answer);
      assert.equal(asked(`${name}.`), 1, `${name} is kept`);
    };
    const isNotKept = async (name: string, answer: string) => {
      for (let i = 0; i < 3; i++) assert.equal(await short(dns, name), answer);
      assert.equal(asked(`${name}.`), 3, `${name} is not kept`);
    };
    const isNow = (name: string, answer: string) =>
      until(async () => (await short(dns, name)) === answer, `${name} is ${answer}`);

    /** Where the names are another server block's, upstream of this one has none of them. */
    const inOwnZone = (what: string, run: () => Promise<void>) => {
      if (!isElsewhere) test(what, run);
    };

    for (const [i, zone] of ['svc.cluster.local', 'ext.example.org'].entries()) {
      inOwnZone(
        `in ${zone}: an answer of upstream gives way, and is forgotten in Redis`,
        async () => {
          const [service, address] = [`given${i}`, `10.0.1.${i + 1}`];
          const name = `${service}.shop.${zone}`;
          has.set(`${name}.`, THEIRS);
          await isKept(name, THEIRS);
          await until(() => inRedis(`${name}.`), 'others are told');
          create(service, address);
          await isNow(name, zone.startsWith('ext') ? EXTERNAL : address);
          await until(async () => !(await inRedis(`${name}.`)), 'others are told no more');
          has.delete(`${name}.`);
          remove(service);
          await isNow(name, 'NXDOMAIN');
        },
      );

      inOwnZone(`in ${zone}: a denial of upstream gives way`, async () => {
        const [service, address] = [`denied${i}`, `10.0.2.${i + 1}`];
        const name = `${service}.shop.${zone}`;
        for (let n = 0; n < 3; n++) assert.equal(await short(dns, name), 'NXDOMAIN');
        create(service, address);
        await isNow(name, zone.startsWith('ext') ? EXTERNAL : address);
        remove(service);
        await isNow(name, 'NXDOMAIN');
        assert.equal(await inRedis(`${name}.`), false);
      });

      test(`in ${zone}: a denied alias that leads there is asked again`, async () => {
        const [service, address] = [`aliased${i}`, `10.0.3.${i + 1}`];
        const alias = `www${i}.example.org`;
        const target = `${service}.shop.${zone}.`;
        aliases.set(`${alias}.`, target);
        // The alias alone: what it leads to is denied.
        if (isElsewhere) await isNotKept(alias, target);
        else await isKept(alias, target);
        assert.equal(await inRedis(`${alias}.`), false);
        // Upstream asks us of it; it has what we say once we say it.
        has.set(target, EXTERNAL);
        create(service, address);
        await isNow(alias, `${EXTERNAL} ${target}`);
        has.delete(target);
        remove(service);
        await isNow(alias, target);
      });
    }

    if (!walks) return;
    test('the walk of autopath finds a name once it is there', async () => {
      const name = 'late.shop.svc.cluster.local';
      has.set('late.', THEIRS);
      for (let n = 0; n < 3; n++) assert.equal(await short(dns, name), `${THEIRS} late.`);
      create('late', '10.0.4.1');
      await isNow(name, '10.0.4.1');
      remove('late');
      await isNow(name, `${THEIRS} late.`);
    });
  });
}
