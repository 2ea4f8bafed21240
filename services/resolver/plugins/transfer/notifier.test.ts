import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { encode } from '../../../../libs/dns/encode.ts';
import { formatRecord, parseRecord } from '../../../../libs/dns/presentation.ts';
import type { TsigKey } from '../../../../libs/dns/tsig.ts';
import { TsigSigner, verify } from '../../../../libs/dns/tsig.ts';
import { createLog } from '../../../../libs/telemetry/log.ts';
import { ZoneContents } from '../../../../libs/transfer/zone-contents.ts';
import type { Script } from '../../../../test/servers/upstream.ts';
import { answerTo, startUpstream } from '../../../../test/servers/upstream.ts';
import { exchange } from './exchange.ts';
import type { Exchange, Target } from './notifier.ts';
import { Notifier } from './notifier.ts';

const ZONE = 'a.test.';
const NOW_SECONDS = 1_700_000_000;
const KEY: TsigKey = { name: 'key.test.', algorithm: undefined, secret: Buffer.from('secret') };
const SECONDARY: Target = {
  endpoint: { address: '192.0.2.53', port: 53 },
  key: undefined,
  source: undefined,
};

/** A zone with a notifier, whose time passes when `pass` is called. */
const given = (tell: Exchange, targets: readonly Target[] = [SECONDARY]) => {
  const contents = new ZoneContents([ZONE]);
  const source = contents.source(ZONE) ?? assert.fail('no source');
  const change = (serial: number) => {
    const name = `web-${serial}.a.test.`;
    contents.put(ZONE, name, [{ name, type: 'A', ttl: 5, rdatas: ['192.0.2.1'] }]);
    const soa = `${ZONE} 5 IN SOA ns.${ZONE} h.${ZONE} ${serial} 7200 1800 86400 5`;
    contents.setZone(ZONE, parseRecord(soa), true);
  };
  const due: (() => void)[] = [];
  const pass = () => {
    for (const work of due.splice(0)) work();
  };
  const lines: string[] = [];
  const outcomes: string[] = [];
  const counted = () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    waiting = resolve;
    return promise;
  };
  let waiting = (_outcome: string) => {};
  const dependencies = {
    log: createLog((line) => lines.push(line)),
    after: (_ms: number, work: () => void) => {
      due.push(work);
      return () => void due.splice(0);
    },
    exchange: tell,
    randomId: () => 0x1234,
    nowSeconds: () => NOW_SECONDS,
    count: (zone: string, outcome: string) => {
      outcomes.push(`${zone} ${outcome}`);
      waiting(outcome);
    },
  };
  const notify = () => new Notifier(source, targets, dependencies);
  return { change, notify, pass, due, lines, outcomes, counted };
};

describe('a notifier', () => {
  test('tells once of changes that come together, and not before they did', async () => {
    let told = 0;
    const { change, notify, pass, due, counted } = given(async () => {
      told++;
      return true;
    });
    notify();
    assert.equal(due.length, 0);
    for (const serial of [1, 2, 3]) change(serial);
    assert.equal(due.length, 1);
    const first = counted();
    pass();
    await first;
    assert.equal(told, 1);
    change(4);
    const second = counted();
    pass();
    await second;
    assert.equal(told, 2);
  });

  test('tells at the start of what is there', () => {
    const { change, notify, due } = given(async () => true);
    change(1);
    notify();
    assert.equal(due.length, 1);
  });

  test('tries three times, with growing waits, and says so once', async () => {
    const waits: number[] = [];
    let isThere = false;
    const { change, notify, pass, lines, outcomes, counted } = given(
      async (_p, _t, _a, options) => {
        waits.push(options.waitMs);
        return isThere;
      },
    );
    notify();
    for (const serial of [1, 2, 3]) {
      isThere = serial === 3;
      change(serial);
      const told = counted();
      pass();
      await told;
    }
    assert.deepEqual(waits, [2000, 4000, 8000, 2000, 4000, 8000, 2000]);
    assert.deepEqual(outcomes, ['a.test. silent', 'a.test. silent', 'a.test. answered']);
    assert.deepEqual(lines, [
      '[WARNING] plugin/transfer: 192.0.2.53:53 does not answer NOTIFY of a.test.',
      '[INFO] plugin/transfer: 192.0.2.53:53 answers NOTIFY of a.test. again',
    ]);
  });

  test('gives up what it says when there is something newer, or it stops', async () => {
    const signals: AbortSignal[] = [];
    const { change, notify, pass, due } = given((_packet, _target, _isAnswer, { signal }) => {
      signals.push(signal);
      return new Promise(() => {});
    });
    const notifier = notify();
    change(1);
    pass();
    change(2);
    pass();
    assert.deepEqual(
      signals.map(({ aborted }) => aborted),
      [true, false],
    );
    change(3);
    notifier.stop();
    assert.equal(signals[1]?.aborted, true);
    assert.equal(due.length, 0);
    change(4);
    assert.equal(due.length, 0);
  });
});

describe('over real sockets', () => {
  /** Tells a scripted secondary of serial 7; the outcome, and what it was told. */
  const tell = async (script: Script, isHeard: boolean, key?: TsigKey) => {
    const secondary = await startUpstream(script);
    const endpoint = { address: secondary.address, port: secondary.port };
    // Nobody waits for what is not to come.
    const quick: Exchange = (packet, target, isAnswer, { waitMs, signal }) =>
      exchange(packet, target, isAnswer, { waitMs: isHeard ? waitMs : waitMs / 50, signal });
    const { change, notify, pass, counted } = given(quick, [
      { endpoint, key, source: '127.0.0.1' },
    ]);
    const notifier = notify();
    change(7);
    const outcome = counted();
    pass();
    const result = await outcome;
    notifier.stop();
    await secondary.close();
    return { outcome: result, queries: secondary.queries };
  };

  test('a NOTIFY has the SOA, and its answer ends it', async () => {
    const { outcome, queries } = await tell((query) => [answerTo(query)], true);
    assert.equal(outcome, 'answered');
    const [notify] = queries;
    assert.deepEqual(
      [notify?.opcode, notify?.flags.authoritative, notify?.question?.type, notify?.question?.name],
      [4, true, 'SOA', ZONE],
    );
    assert.deepEqual(notify?.answer.map(formatRecord), [
      'a.test. 5 IN SOA ns.a.test. h.a.test. 7 7200 1800 86400 5',
    ]);
    assert.equal(queries.length, 1);
  });

  const noAnswers: readonly (readonly [what: string, script: Script])[] = [
    ['nothing', () => []],
    ['another id', (query) => [answerTo(query, [], { id: query.id ^ 1 })]],
    ['a query', (query) => [encode(query)]],
    ['a response to something else', (query) => [answerTo(query, [], { opcode: 0 })]],
    ['no message', () => [Uint8Array.of(1, 2, 3)]],
  ];
  for (const [what, script] of noAnswers) {
    test(`${what} is no answer, and it is said again`, async () => {
      const { outcome, queries } = await tell(script, false);
      assert.equal(outcome, 'silent');
      assert.equal(queries.length, 3);
    });
  }

  test('with a key it is signed, and so must its answer be', async () => {
    const unsigned = await tell((query) => [answerTo(query)], false, KEY);
    assert.equal(unsigned.outcome, 'silent');
    const keys = new Map([[KEY.name, KEY]]);
    const notify = unsigned.queries[0] ?? assert.fail('not told');
    const packet = new TsigSigner(KEY, () => NOW_SECONDS).sign(encode(notify));
    const asked = verify(packet, keys, NOW_SECONDS);
    assert.ok(asked.kind === 'ok');
    const signed = await tell(
      (query) => {
        const signer = new TsigSigner(KEY, () => NOW_SECONDS, asked.tsig.mac);
        return [signer.sign(answerTo(query))];
      },
      true,
      KEY,
    );
    assert.equal(signed.outcome, 'answered');
  });
});
