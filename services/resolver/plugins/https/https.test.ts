import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { directives } from '../../../../test/plugin/directives.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import { setup } from './setup.ts';

const limitsOf = (lines: string) => setup(directives(lines), setupContext().context).httpLimits;

describe('https', () => {
  const rows: readonly (readonly [lines: string, limits: ReturnType<typeof limitsOf>])[] = [
    ['https', {}],
    ['https {\n max_connections 100\n}', { connectionsMax: 100 }],
    ['https {\n max_streams 7\n max_connections 3\n}', { streamsMax: 7, connectionsMax: 3 }],
    ['https {\n max_streams 0\n max_connections 0\n}', { streamsMax: 1000, connectionsMax: 1024 }],
    ['https {\n max_streams 4294967295\n}', { streamsMax: 1000 }],
  ];
  for (const [lines, limits] of rows) {
    test(`reads ${JSON.stringify(lines)}`, () => assert.deepEqual(limitsOf(lines), limits));
  }

  const refused: readonly (readonly [lines: string, message: RegExp])[] = [
    ['https x', /Corefile:2: Cannot read "https": it has one argument; expected no argument/],
    ['https {\n max_connections\n}', /Cannot read "max_connections": it has no argument/],
    ['https {\n max_streams -1\n}', /Cannot read the max_streams "-1": it is no whole number/],
    ['https {\n x 1\n}', /Cannot use the property "x" of https: it is unknown/],
    ['https\nhttps', /Cannot use "https" again/],
  ];
  for (const [lines, message] of refused) {
    test(`refuses ${JSON.stringify(lines)}`, () => assert.throws(() => limitsOf(lines), message));
  }
});
