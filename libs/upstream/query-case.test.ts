import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { answerTo, type Script, startUpstream } from '../../test/servers/upstream.ts';
import { RCODE } from '../dns/iana.ts';
import { formatRecord } from '../dns/presentation.ts';
import { givenClient } from './given-client.ts';
import { inRandomCase } from './query-case.ts';

/** Letters enough that no draw is lower case by chance. */
const NAME = `${'x'.repeat(60)}.example.`;
const A = `${NAME} 60 IN A 192.0.2.1`;
const EVIL = `${NAME} 60 IN A 192.0.2.66`;

interface Scene {
  after(stop: () => Promise<void>): void;
}

async function scene(t: Scene, script: Script, keepsCase = true) {
  const upstream = await startUpstream(script, { keepsCase });
  const { client, ask, clock } = givenClient({ port: upstream.port }, {});
  t.after(async () => {
    client.close();
    await upstream.close();
  });
  const answer = async () => (await ask(NAME)).answer.map(formatRecord);
  /** For each query: whether its name was drawn. */
  const drawn = () => upstream.queries.map(({ question }) => question?.name !== NAME);
  /** And whether it came with EDNS. */
  const extended = () => upstream.queries.map(({ edns }) => edns !== undefined);
  return { answer, ask, drawn, extended, clock };
}

test('inRandomCase changes letters only, a bit each', () => {
  const ones = (count: number) => new Uint8Array(count).fill(0b10101010);
  assert.equal(inRandomCase('ab-1.example\\200.', ones), 'aB-1.ExAmPlE\\200.');
  assert.equal(inRandomCase('.', ones), '.');
});

describe('the case of a name', () => {
  test('is drawn for a server that keeps it', async (t) => {
    const { answer, drawn } = await scene(t, (query) => [answerTo(query, [A])]);
    for (let i = 0; i < 3; i++) assert.deepEqual(await answer(), [A]);
    assert.deepEqual(drawn(), [true, true, true]);
  });

  test('is left alone for a while where a server does not keep it', async (t) => {
    const { answer, drawn, clock } = await scene(t, (query) => [answerTo(query, [A])], false);
    assert.deepEqual(await answer(), [A]);
    assert.deepEqual(drawn(), [true, true], 'one may be a guess, two are not');
    assert.deepEqual(await answer(), [A]);
    assert.deepEqual(drawn(), [true, true, false]);
    clock.extraMs += 11 * 60_000;
    assert.deepEqual(await answer(), [A]);
    assert.deepEqual(drawn().slice(3), [true, true]);
  });

  test('unmasks a guess of id and port', async (t) => {
    let isGuessed = true;
    const { answer, drawn } = await scene(t, (query) => {
      if (isGuessed) {
        isGuessed = false;
        return [{ raw: answerTo(query, [EVIL]) }];
      }
      return [answerTo(query, [A])];
    });
    assert.deepEqual(await answer(), [A]);
    assert.deepEqual(await answer(), [A]);
    assert.deepEqual(drawn(), [true, true, true]);
  });

  test('does not matter to a server that takes it for another name', async (t) => {
    const upstream = { isSensitive: true };
    const asked: string[] = [];
    const { answer, ask, drawn } = await scene(t, (query) => {
      asked.push(query.question?.name ?? '');
      const isDrawn = drawn().at(-1) === true;
      return upstream.isSensitive && isDrawn
        ? [answerTo(query, [], { rcode: RCODE.NXDOMAIN })]
        : [answerTo(query, [A])];
    });
    assert.deepEqual(await answer(), [A]);
    assert.deepEqual(drawn(), [true, false]);
    assert.deepEqual(await answer(), [A]);
    assert.deepEqual(drawn(), [true, false, false]);
    assert.equal((await ask(NAME, {}, 'AAAA')).rcode, RCODE.NOERROR);
  });

  test('is no reason for a denial to be asked for twice once the server is known', async (t) => {
    let isThere = true;
    const { answer, ask, drawn } = await scene(t, (query) =>
      isThere ? [answerTo(query, [A])] : [answerTo(query, [], { rcode: RCODE.NXDOMAIN })],
    );
    await answer();
    isThere = false;
    assert.equal((await ask(NAME)).rcode, RCODE.NXDOMAIN);
    assert.deepEqual(drawn(), [true, true]);
  });

  test('is known from an answer, also while a denial is asked for twice', async (t) => {
    const gate = Promise.withResolvers<void>();
    const { answer, ask, drawn } = await scene(t, async (query) => {
      const isDenied = query.question?.type === 'AAAA';
      if (isDenied && drawn().at(-1) === false) await gate.promise;
      return isDenied ? [answerTo(query, [], { rcode: RCODE.NXDOMAIN })] : [answerTo(query, [A])];
    });
    const denied = ask(NAME, {}, 'AAAA');
    while (drawn().length < 2) await sleep(2);
    await answer();
    gate.resolve();
    await denied;
    await ask(NAME, {}, 'AAAA');
    assert.deepEqual(drawn(), [true, false, true, true], 'not asked for twice any more');
  });

  test('is lower case for some time after a server that is not known was silent', async (t) => {
    let isSilent = true;
    const { answer, ask, drawn } = await scene(t, (query) =>
      isSilent ? [] : [answerTo(query, [A])],
    );
    await assert.rejects(ask(NAME, { readTimeoutMs: 50 }), /no reply within 50 ms/);
    isSilent = false;
    assert.deepEqual(await answer(), [A]);
    assert.deepEqual(drawn(), [true, false]);
  });
});

describe('EDNS', () => {
  test('is left out for a while where a server that is not known was silent', async (t) => {
    let isOld = true;
    const { answer, ask, extended, clock } = await scene(t, (query) =>
      isOld && query.edns !== undefined ? [] : [answerTo(query, [A])],
    );
    await assert.rejects(ask(NAME, { readTimeoutMs: 50 }), /no reply within 50 ms/);
    assert.deepEqual(await answer(), [A]);
    assert.deepEqual(extended(), [true, false]);
    isOld = false;
    clock.extraMs += 31_000;
    assert.deepEqual(await answer(), [A]);
    assert.deepEqual(await answer(), [A]);
    assert.deepEqual(extended(), [true, false, true, true]);
  });
});
