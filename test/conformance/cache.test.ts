/**
 * `cache` beside CoreDNS with the same Corefile, each over an upstream of its own that says the
 * same, and something else when a while has gone by.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Message } from '../../libs/dns/message.ts';
import { parseRecord } from '../../libs/dns/presentation.ts';
import { answerTo, type ScriptedUpstream, startUpstream } from '../servers/upstream.ts';
import { BothServers, freePorts, type Ports, serverBlock, WHO, type Who } from './both-servers.ts';
import { type CacheRow, ROWS, type Says, SOA_MINIMUM, SOA_TTL, WHILE_MS } from './cache-rows.ts';
import { corednsMissing } from './coredns.ts';
import { saidBy } from './said-by.ts';

const SOA = `test. ${SOA_TTL} IN SOA ns.test. admin.test. 1 2 3 4 ${SOA_MINIMUM}`;
const RCODES = { NXDOMAIN: 3, NODATA: 0, 'NO-SOA': 0, SERVFAIL: 2, REFUSED: 5 } as const;
/** TTLs that the rows have. A second may have begun since. */
const TTLS = [300, 100, 60, 30, 20, 5];
/** When what was asked for behind the client's back has come. */
const REFRESHED_MS = 300;

const missing = corednsMissing();

describe('cache', { skip: missing ?? false }, () => {
  const lines = new Map<string, Record<Who, readonly string[]>>();
  let ports: Ports = { ours: 0, theirs: 0 };
  let upstreams: Record<Who, ScriptedUpstream> | undefined;
  let both: BothServers | undefined;
  let isLater = false;

  before(async () => {
    const script = (query: Message) => [replyTo(query, isLater)];
    const started = { ours: await startUpstream(script), theirs: await startUpstream(script) };
    upstreams = started;
    ports = await freePorts();
    both = new BothServers((who) =>
      ROWS.map((row) => {
        const directives = `cache ${row.cache}\n    forward . 127.0.0.1:${started[who].port}`;
        return serverBlock(`${nameOf(row)}:${ports[who]}`, directives);
      }).join(''),
    );
    await both.untilReady();
    await askAll();
  });
  after(async () => {
    await both?.stop();
    for (const who of WHO) await upstreams?.[who].close();
  });

  const askedFor = (who: Who, row: CacheRow) =>
    upstreams?.[who].asked.filter((line) => line.includes(` ${nameOf(row)}. `)).length ?? 0;

  /** All rows go through the same while. */
  async function askAll(): Promise<void> {
    const said = ROWS.map((row) => ({ row, ours: [''], theirs: [''] }));
    for (const one of said) for (const who of WHO) one[who] = [];
    const round = async (times = 1) => {
      for (const { row, ...each } of said) {
        for (const who of WHO) {
          for (let i = 0; i < times; i++) each[who].push(await lineBy(who, row));
        }
      }
    };
    const count = () =>
      said.map(({ row }) => ({ ours: askedFor('ours', row), theirs: askedFor('theirs', row) }));
    await round(2);
    const before = count();
    isLater = true;
    await delay(WHILE_MS);
    await round();
    await delay(REFRESHED_MS);
    await round();
    const all = count();
    for (const [i, { row, ours, theirs }] of said.entries()) {
      lines.set(row.what, {
        ours: [...ours, `${before[i]?.ours} ${all[i]?.ours}`],
        theirs: [...theirs, `${before[i]?.theirs} ${all[i]?.theirs}`],
      });
    }
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
});

function nameOf({ what }: CacheRow): string {
  return `n${ROWS.findIndex((row) => row.what === what)}.test`;
}

function replyTo(query: Message, isLater: boolean): Uint8Array {
  const name = query.question?.name ?? '';
  const row = ROWS[Number(/^n(\d+)\./.exec(name)?.[1] ?? Number.NaN)];
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

/** `100` for 99 and 100, `100-` for what has been counted down for longer. */
function rounded(ttl: string): string {
  const seconds = Number(ttl);
  const whole = TTLS.find((one) => seconds <= one && seconds > one - Math.min(8, one - 1));
  if (whole === undefined) return ttl;
  return seconds >= whole - 1 ? `${whole}` : `${whole}-`;
}
