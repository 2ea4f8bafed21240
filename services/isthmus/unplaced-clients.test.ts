import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { directives } from '../../test/plugin/directives.ts';
import { readFederationOptions } from '../resolver/plugins/federation/options.ts';
import { unplacedClients } from './unplaced-clients.ts';

describe('a warning that nothing will be known of where clients are', () => {
  const warning =
    'Corefile:2: nearest is known of nodes alone: no pods are known; ' +
    'expected pods verified, or client NETWORK...';
  for (const [lines, isShared, expected] of [
    ['select nearest then all', false, warning],
    ['select nearest for shop', false, warning],
    ['select home then nearest for shop/web', false, warning],
    ['select home then all', false, undefined],
    ['', false, undefined],
    ['select nearest\n pods verified', false, undefined],
    ['select nearest\n client 10.0.0.0/8 zone a', false, undefined],
    ['select nearest', true, undefined],
  ] as const) {
    test(`${JSON.stringify(lines)}, ${isShared ? 'of watchers elsewhere' : 'of its own'}`, () => {
      const [directive] = directives(`federation cluster.local {\n home east\n ${lines}\n}`);
      assert.ok(directive !== undefined);
      assert.equal(unplacedClients(readFederationOptions(directive, []), isShared), expected);
    });
  }
});
