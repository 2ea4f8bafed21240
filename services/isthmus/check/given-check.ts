/** `isthmus check` of a text. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after } from 'node:test';
import { makeTempDirectory, removeTempDirectory } from '../../../test/servers/temp-directory.ts';
import { readFlags } from '../flags.ts';
import { check, type Report } from './check.ts';

/** The Corefile is `Corefile`, in `folder`, until the tests have ended. */
export function givenCheck() {
  const folder = makeTempDirectory();
  after(() => removeTempDirectory(folder));
  const file = join(folder, 'Corefile');
  return {
    async report(text: string): Promise<Report> {
      writeFileSync(file, text);
      const { flags, words } = readFlags(['check', file], {});
      const told = await check(flags, words.slice(1));
      const named = (line: string) =>
        line.replaceAll(file, 'Corefile').replaceAll(folder, 'folder');
      return { text: named(told.text), errors: told.errors.map(named) };
    },
  };
}
