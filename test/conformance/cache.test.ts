/**
 * `cache` beside CoreDNS with the same Corefile, each over an upstream of its own that says the
 * same, and something else when a while has gone by.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Message } from '../../libs/dns/message.ts';
import { parseRecord } from '../../libs/dns/presentation.ts';
import { ask } from '../e2e/ask.ts';
import { until } from '../e2e/isthmus-process.ts';
import { answerTo, type ScriptedUpstream, startUpstream } from '../servers/upstream.ts';
import { BothServers, freePorts, type Ports, serverBlock, WHO, type Who } from './both-servers.ts';
import {
  type CacheRow,
  NEW_TTL,
  ROWS,
  type Says,
  SOA_MINIMUM,
  SOA_TTL,
  WHILE_MS,
} from './cache-rows.ts';
import { corednsMissing } from './coredns.ts';
import { saidBy } from './said-by.ts';

const SOA = `test. ${SOA_TTL} IN SOA ns.test. admin.test. 1 2 3 4 ${SOA_MINIMUM}`;
const RCODES = { NXDOMAIN: 3, NODATA: 0, 'NO-SOA': 0, SERVFAIL: 2, REFUSED: 5 } as const;
/** TTLs that the rows have. A second may have begun since. */
const TTLS = [300, NEW_TTL, 100, 60, 30, 20, 5];
/** When what was asked for behind the client's back has come. */
const REFRESHED_MS = 700;
/**
 * Readers count by the seconds of the clock. What is asked in the first half of one, and soon
 * again, has been counted down by a second at most, and not at all if that is at once.
 */
const secondBegins = () => until(async () => Date.now() % 1000 < 500, 'a second begins');

const PREFETCH = { name: 'prefetch.test', cache: '{\n prefetch 1 1m 90%\n }', ttl: 20 } as const;

const missing = corednsMissing();

describe('cache', { skip: missing ?? false }, () => {
  const lines = new Map<string, Record<Who, readonly string[]>>();
  let ports: Ports = { ours: 0, theirs: 0 };
  let upstreams: Record<Who, ScriptedUpstream> | undefined;
  let both: BothServers | undefined;
  /** Of which upstream says something else by now. */
  const laterNames = { ours: new Set<string>(), theirs: new Set<string>() };

  before(async () => {
    const script = (who: Who) => (query: Message) => [replyTo(query, laterNames[who])];
    const started = {
      ours: await startUpstream(script('ours')),
      theirs: await startUpstream(script('theirs')),
    };
    upstreams = started;
    ports = await freePorts();
    const blocks = [PREFETCH, ...ROWS.map((row) => ({ name: nameOf(row), cache: row.cache }))];
    both = new BothServers((who) =>
      blocks
        .map(({ name, cache }) => {
          const directives = `cache ${cache}\n    forward . 127.0.0.1:${started[who].port}`;
          return serverBlock(`${name}:${ports[who]}`, directives);
        })
        .join(''),
    );
    await both.untilReady();
    await askAll();
  });
  after(async () => {
    await both?.stop();
    for (const who of WHO) await upstreams?.[who].close();
  });

  const timesAsked = (who: Who, name: string) =>
    upstreams?.[who].asked.filter((line) => line.includes(` ${name}. `)).length ?? 0;
  const askedFor = (who: Who, row: CacheRow) => timesAsked(who, nameOf(row));

  /** Each row goes through a while of its own: how long all take together is nothing to it. */
  async function askAll(): Promise<void> {
    const asked: Promise<void>[] = [];
    for (const row of ROWS) {
      const each: Record<Who, readonly string[]> = { ours: [], theirs: [] };
      lines.set(row.what, each);
      for (const who of WHO) {
        await secondBegins();
        const twice = [await lineBy(who, row), await lineBy(who, row)];
        asked.push(
          askLater(who, row).then((later) => {
            each[who] = [...twice, ...later];
          }),
        );
      }
    }
    await Promise.all(asked);
  }

  async function askLater(who: Who, row: CacheRow): Promise<readonly string[]> {
    const before = askedFor(who, row);
    laterNames[who].add(nameOf(row));
    await delay(WHILE_MS);
    await secondBegins();
    const later = await lineBy(who, row);
    await delay(REFRESHED_MS);
    const last = await lineBy(who, row);
    await delay(REFRESHED_MS);
    return [later, last, `${before} ${askedFor(who, row)}`];
  }

  async function lineBy(who: Who, row: CacheRow): Promise<string> {
    const line = await saidBy(ports[who], `${nameOf(row)} A`, row.asking);
    return line
      .replaceAll(`${nameOf(row)}.`, '@')
      .replace(
        /(\S+) (\d+) IN/g,
        (_all, name: string, ttl: string) => `${name} ${rounded(ttl)} IN`,
      );
  }

  for (const { what, said, theirs } of ROWS) {
    test(what, () => {
      assert.deepEqual(lines.get(what)?.theirs, theirs ?? said, 'CoreDNS');
      assert.deepEqual(lines.get(what)?.ours, said, 'Isthmus');
    });
  }

  for (const who of WHO) {
    test(`prefetch: asked again before it expires (${who})`, async () => {
      const { name, ttl } = PREFETCH;
      const seen: number[] = [];
      const askOnce = async () => {
        seen.push((await ask(ports[who], name, 'A'))?.answer[0]?.ttl ?? 0);
      };
      for (let i = 0; i < 2; i++) await askOnce();
      assert.equal(timesAsked(who, name), 1);
      // Ours looks by itself; theirs when the next client asks.
      const isAskedAgain = async () => {
        if (who === 'theirs') await askOnce();
        return timesAsked(who, name) > 1;
      };
      await until(isAskedAgain, 'it is asked again');
      assert.equal(timesAsked(who, name), 2);
      await askOnce();
      assert.ok(
        seen.every((left) => left > ttl / 2),
        `TTLs of ${seen.join()}`,
      );
    });
  }
});

function nameOf({ what }: CacheRow): string {
  return `n${ROWS.findIndex((row) => row.what === what)}.test`;
}

function replyTo(query: Message, laterNames: ReadonlySet<string>): Uint8Array {
  const name = query.question?.name ?? '';
  if (name === `${PREFETCH.name}.`) {
    return answerTo(query, [`${name} ${PREFETCH.ttl} IN A 192.0.2.1`]);
  }
  const row = ROWS[Number(/^n(\d+)\./.exec(name)?.[1] ?? Number.NaN)];
  const isLater = laterNames.has(name.slice(0, -1));
  const says: Says = (isLater ? row?.afterwards : undefined) ?? row?.says ?? 'NXDOMAIN';
  if (typeof says !== 'string') {
    return answerTo(
      query,
      says.map((record) => record.replaceAll('@', name)),
    );
  }
  const hasSoa = says === 'NXDOMAIN' || says === 'NODATA';
  return answerTo(query, [], { rcode: RCODES[says], authority: hasSoa ? [parseRecord(SOA)] : [] });
}

/** `100` for 99 and 100, `100-` for what has been counted down for longer, but for what is new. */
function rounded(ttl: string): string {
  const seconds = Number(ttl);
  const whole = TTLS.find((one) => seconds <= one && seconds > one - Math.min(8, one - 1));
  if (whole === undefined) return ttl;
  return whole === NEW_TTL || seconds >= whole - 1 ? `${whole}` : `${whole}-`;
}
