import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Message, NO_FLAGS } from '../../../libs/dns/message.ts';
import { parseRecord } from '../../../libs/dns/presentation.ts';
import { answerTo, startUpstream } from '../../servers/upstream.ts';
import type { Question } from './questions.ts';
import { compareAnswers, sectionsOf } from './same-answers.ts';

function message(rcode: number, ...answer: readonly string[]): Message {
  const none = { authority: [], additional: [], question: undefined, edns: undefined };
  return { id: 1, flags: NO_FLAGS, opcode: 0, rcode, answer: answer.map(parseRecord), ...none };
}

test('addresses in another order are the same answer', () => {
  const [a, b] = ['x. 30 IN A 10.0.0.1', 'x. 30 IN A 10.0.0.2'];
  assert.deepEqual(sectionsOf(message(0, a, b), 'hits'), sectionsOf(message(0, b, a), 'hits'));
});

test('another address, TTL or response code is another answer; a cache counts TTLs down', () => {
  const first = message(0, 'x. 30 IN A 10.0.0.1');
  const answer = (of: Message, mix: 'hits' | 'cached' = 'hits') => sectionsOf(of, mix).answer;
  assert.notEqual(answer(first), answer(message(0, 'x. 30 IN A 10.0.0.2')));
  assert.notEqual(answer(first), answer(message(0, 'x. 29 IN A 10.0.0.1')));
  assert.notEqual(answer(message(0)), answer(message(3)));
  assert.equal(answer(first, 'cached'), answer(message(0, 'x. 29 IN A 10.0.0.1'), 'cached'));
});

const QUESTION: Question = { name: 'x.', type: 'A', rcode: 0, answers: 1 };

function startAnswering(address: string, additional: readonly string[] = []) {
  return startUpstream((query) => [
    answerTo(query, [`x. 30 IN A ${address}`], { additional: additional.map(parseRecord) }),
  ]);
}

test('servers that say the same pass; what they choose to add is counted', async () => {
  const plain = await startAnswering('10.0.0.1');
  const more = await startAnswering('10.0.0.1', ['y. 30 IN A 10.0.0.9']);
  try {
    const servers = [
      { title: 'plain', port: plain.port },
      { title: 'more', port: more.port },
    ];
    assert.deepEqual(await compareAnswers('hits', [QUESTION], servers), [
      { title: 'more', authority: 0, additional: 1 },
    ]);
  } finally {
    await Promise.all([plain.close(), more.close()]);
  }
});

test('a server that says something else ends it', async () => {
  const right = await startAnswering('10.0.0.1');
  const wrong = await startAnswering('10.0.0.2');
  try {
    const servers = [
      { title: 'right', port: right.port },
      { title: 'wrong', port: wrong.port },
    ];
    await assert.rejects(compareAnswers('hits', [QUESTION], servers), {
      message:
        'Cannot compare the answers to x. A: wrong says [x. 30 A 10.0.0.2]; ' +
        'expected [x. 30 A 10.0.0.1], as right says',
    });
  } finally {
    await Promise.all([right.close(), wrong.close()]);
  }
});
