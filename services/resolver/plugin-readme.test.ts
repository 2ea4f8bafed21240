import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseCorefile } from '../../libs/corefile/parser.ts';
import { SILENT } from '../../libs/telemetry/log.ts';
import { Metrics } from '../../libs/telemetry/metrics.ts';
import { readFiles } from '../../test/presubmit/source-file.ts';
import { configure } from './configuration.ts';
import type { Setup } from './plugin.ts';
import { pluginSetups } from './plugin-setups.ts';
import { createForwardSetup } from './plugins/forward/setup.ts';

const SECTIONS = ['Name', 'Description', 'Syntax', 'Examples'];
const EXAMPLE = /^(~~~|```) ?corefile\n(.*?)^\1$/gms;

const readmes = readFiles('services/resolver/plugins/*/README.md').map(({ path, text }) => ({
  plugin: path.split('/').at(-2) ?? '',
  path,
  text,
}));

/** The federation's own tests read its examples; here only its place in a server block counts. */
const federation: Setup = () => ({ name: 'federation' });
const forward = createForwardSetup(() => 'nameserver 192.0.2.53');
const setups = pluginSetups(undefined, { federation, forward });

for (const { plugin, path, text } of readmes) {
  describe(`the README of ${plugin}`, () => {
    test('has its sections in their order', () => {
      const headings = [...text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading ?? '');
      assert.equal(text.split('\n')[0], `# ${plugin}`);
      assert.deepEqual(
        headings.filter((heading) => SECTIONS.includes(heading)),
        SECTIONS,
      );
    });

    const examples = [...text.matchAll(EXAMPLE)].map((match) => ({
      text: match[2] ?? '',
      line: text.slice(0, match.index).split('\n').length,
    }));

    test('has examples of it', () => {
      assert.ok(examples.some(({ text }) => new RegExp(`^\\s*${plugin}\\b`, 'm').test(text)));
    });

    for (const example of examples) {
      test(`has an example at line ${example.line} that can be used`, () => {
        const readFiles = () => [];
        const source = { file: `${path}:${example.line}`, text: example.text };
        const corefile = parseCorefile(source, { environment: {}, readFiles });
        const { plugins } = configure(corefile, { log: SILENT, metrics: new Metrics(), setups });
        assert.ok(plugins.some(({ name }) => name === plugin));
      });
    }
  });
}
