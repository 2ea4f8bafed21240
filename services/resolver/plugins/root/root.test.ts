import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseCorefile } from '../../../../libs/corefile/parser.ts';
import { SILENT } from '../../../../libs/telemetry/log.ts';
import { Metrics } from '../../../../libs/telemetry/metrics.ts';
import { directives } from '../../../../test/plugin/directives.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import { configure } from '../../configuration.ts';
import type { Setup } from '../../plugin.ts';
import { setup } from './setup.ts';

describe('root', () => {
  const rows: readonly (readonly [lines: string, root: string | undefined])[] = [
    ['hosts\nroot /tmp', '/tmp'],
    ['root zones\nhosts', '/etc/dns/zones'],
    ['hosts', undefined],
  ];
  for (const [lines, root] of rows) {
    test(`${JSON.stringify(lines)}: files are in ${root ?? 'the folder of the Corefile'}`, () => {
      const roots: (string | undefined)[] = [];
      const hosts: Setup = (_directives, context) => {
        roots.push(context.root);
        return { name: 'hosts' };
      };
      const source = { file: '/etc/dns/Corefile', text: `. {\n${lines}\n}\n:54 {\nhosts\n}` };
      const corefile = parseCorefile(source, { environment: {}, readFiles: () => [] });
      configure(corefile, { log: SILENT, metrics: new Metrics(), setups: { root: setup, hosts } });
      assert.deepEqual(roots, [root, undefined], 'the other server block has its own');
    });
  }

  test('says that a folder is not there', () => {
    const { context, lines } = setupContext();
    setup(directives('root /nowhere'), context);
    assert.match(lines.join(), /^\[WARNING\] plugin\/root: "\/nowhere" is no folder/);
  });

  const refused: readonly (readonly [lines: string, message: RegExp])[] = [
    ['root', /Cannot read "root": it has no argument; expected a folder/],
    ['root a b', /it has 2 arguments; expected a folder/],
    ['root a {\n x\n}', /Cannot read the block of "root"/],
    ['root a\nroot b', /Corefile:3: Cannot use "root" again/],
  ];
  for (const [lines, message] of refused) {
    test(`refuses ${JSON.stringify(lines)}`, () => {
      assert.throws(() => setup(directives(lines), setupContext().context), message);
    });
  }
});
