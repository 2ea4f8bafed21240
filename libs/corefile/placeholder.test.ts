import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { refusePlaceholder } from './placeholder.ts';

const refused = (text: string) => () => refusePlaceholder({ text, file: 'Corefile', line: 4 });

describe('refusePlaceholder', () => {
  const rows: readonly (readonly [text: string, message: string])[] = [
    [
      '__PILLAR__LOCAL__DNS__',
      'Corefile:4: Cannot read "__PILLAR__LOCAL__DNS__": nobody filled in __PILLAR__LOCAL__DNS__; expected the address of the node-local cache, as 169.254.20.10 in its place',
    ],
    [
      '__PILLAR__LOCAL__DNS__:8080',
      'Corefile:4: Cannot read "__PILLAR__LOCAL__DNS__:8080": nobody filled in __PILLAR__LOCAL__DNS__; expected the address of the node-local cache, as 169.254.20.10 in its place',
    ],
    [
      '__PILLAR__OTHER__',
      'Corefile:4: Cannot read "__PILLAR__OTHER__": nobody filled in __PILLAR__OTHER__; expected what it stands for in its place',
    ],
  ];
  for (const [text, message] of rows) {
    test(text, () => assert.throws(refused(text), { name: 'ConfigurationError', message }));
  }

  test('leaves all else', () => {
    for (const text of ['169.254.20.10', '_http._tcp', 'PILLAR__X__']) refused(text)();
  });
});
