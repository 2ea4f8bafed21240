import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseCorefile } from '../../../../libs/corefile/parser.ts';
import { SILENT } from '../../../../libs/telemetry/log.ts';
import { Metrics } from '../../../../libs/telemetry/metrics.ts';
import { directives } from '../../../../test/plugin/directives.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import { configure } from '../../configuration.ts';
import { setup } from './setup.ts';

const limitsOf = (properties: string) =>
  setup(directives(`timeouts {\n${properties}\n}`), setupContext().context).connectionLimits;

describe('timeouts', () => {
  test('limits what is named', () => {
    assert.deepEqual(limitsOf('read 5s\nwrite 24h\nidle 90'), {
      readMs: 5000,
      writeMs: 86_400_000,
      idleMs: 90_000,
    });
    assert.deepEqual(limitsOf('maxtcpqueries 7'), { queriesMax: 7 });
    assert.deepEqual(limitsOf('read 5s\nidle 1s\n}\ntimeouts {\nidle 2s'), {
      readMs: 5000,
      idleMs: 2000,
    });
    assert.deepEqual(limitsOf('maxtcpqueries -1'), { queriesMax: Number.POSITIVE_INFINITY });
  });

  test('is what the first server block of a listener says', () => {
    const block = (zone: string, idle: string) => `${zone} {\ntimeouts {\nidle ${idle}\n}\n}\n`;
    const text = `a {\n}\n${block('b', '2s')}${block('c', '3s')}${block('d:54', '4s')}`;
    const environment = { environment: {}, readFiles: () => [] };
    const corefile = parseCorefile({ file: 'Corefile', text }, environment);
    const dependencies = { log: SILENT, metrics: new Metrics(), setups: { timeouts: setup } };
    const { listeners } = configure(corefile, dependencies);
    assert.deepEqual(
      listeners.map(({ port, connectionLimits }) => [port, connectionLimits]),
      [
        [53, { idleMs: 2000 }],
        [54, { idleMs: 4000 }],
      ],
    );
  });

  const refused: readonly (readonly [lines: string, message: RegExp])[] = [
    ['timeouts', /Corefile:2: Cannot read "timeouts": it limits nothing; expected one of read/],
    ['timeouts {\n}', /it limits nothing/],
    ['timeouts 5s', /it has one argument; expected no argument/],
    ['timeouts {\n read 999ms\n}', /Cannot read the read "999ms": .* expected 1s to 24h/],
    ['timeouts {\n idle 25h\n}', /it is out of range/],
    ['timeouts {\n idle\n}', /Cannot read "idle": it has no argument/],
    ['timeouts {\n maxtcpqueries 0\n}', /"0": it is out of range/],
    ['timeouts {\n maxtcpqueries -2\n}', /"-2": it is no whole number/],
    ['timeouts {\n x 1s\n}', /Cannot use the property "x" of timeouts/],
  ];
  for (const [lines, message] of refused) {
    test(`refuses ${JSON.stringify(lines)}`, () => {
      assert.throws(() => setup(directives(lines), setupContext().context), message);
    });
  }
});
