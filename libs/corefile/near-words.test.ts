import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { nearWords } from './near-words.ts';

const WORDS = ['acl', 'any', 'errors', 'forward', 'hosts', 'kubernetai', 'kubernetes', 'log'];

describe('nearWords', () => {
  const rows: readonly (readonly [word: string, near: readonly string[]])[] = [
    ['erors', ['errors']],
    ['error', ['errors']],
    ['forwrad', ['forward']],
    ['kubernets', ['kubernetes']],
    ['kubernete', ['kubernetes']],
    ['kubernetas', ['kubernetai', 'kubernetes']],
    ['lgo', []],
    ['logs', ['log']],
    ['al', ['acl']],
    ['', []],
    ['proxy', []],
    ['forwarding', []],
    ['f'.repeat(100_000), []],
  ];
  for (const [word, near] of rows) {
    test(`of "${word.slice(0, 20)}" are: ${near.join(' ')}`, () => {
      assert.deepEqual(nearWords(word, WORDS), near);
    });
  }
});
