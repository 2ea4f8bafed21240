import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseCorefile } from '../../libs/corefile/parser.ts';
import { configure } from '../../services/resolver/configuration.ts';
import { givenSetups } from './given-setups.ts';
import { readFiles } from './source-file.ts';

const SECTIONS = ['Name', 'Description', 'Syntax', 'Examples'];
const EXAMPLE = /^(~~~|```) ?corefile\n(.*?)^\1$/gms;

const readmes = readFiles('services/resolver/plugins/*/README.md').map(({ path, text }) => ({
  plugin: path.split('/').at(-2) ?? '',
  path,
  text,
}));

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
        const { plugins } = configure(corefile, givenSetups());
        assert.ok(plugins.some(({ name }) => name === plugin));
      });
    }
  });
}
