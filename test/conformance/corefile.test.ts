/** The grammar of the Corefile beside CoreDNS: what each takes, and as which zones and ports. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { loadCorefile } from '../../libs/corefile/load.ts';
import { Wrongs } from '../../libs/corefile/wrongs.ts';
import { checkCorefile } from '../../services/isthmus/check/check-corefile.ts';
import { findServer } from '../servers/find-server.ts';
import { freePort } from '../servers/free-port.ts';
import { makeTempDirectory, removeTempDirectory } from '../servers/temp-directory.ts';
import { corednsMissing } from './coredns.ts';
import { ENVIRONMENT, FILES, ROWS } from './corefile-rows.ts';

/** After its zones it says the version and `linux/amd64, go1.25`. */
const STARTED = /^\S+\/\S+, go/m;

describe('a Corefile', { skip: corednsMissing() ?? false }, () => {
  let folder = '';
  let port = 0;
  let other = 0;
  before(async () => {
    folder = makeTempDirectory();
    [port, other] = [await freePort(), await freePort()];
    for (const [name, text] of Object.entries(FILES)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
  });
  after(() => removeTempDirectory(folder));

  /** `a.org.:PORT` and so on, or `refused`. */
  async function theirs(file: string): Promise<string> {
    const args = ['-conf', file, '-dns.port', String(port)];
    const env = { PATH: process.env.PATH, HOME: process.env.HOME, ...ENVIRONMENT };
    const child = spawn(findServer('coredns') ?? '', args, { cwd: folder, env });
    const end = () => child.kill('SIGKILL');
    process.once('exit', end);
    let output = '';
    await new Promise<void>((done) => {
      const keep = (text: string) => {
        output += text;
        if (STARTED.test(output)) end();
      };
      child.stdout.setEncoding('utf8').on('data', keep);
      child.stderr.setEncoding('utf8').on('data', keep);
      child.once('close', () => done());
    });
    process.off('exit', end);
    if (!STARTED.test(output)) return 'refused';
    const zones = output.split('\n').filter((line) => /^(?!Warning).*\.:\d+$/.test(line));
    return told(zones);
  }

  async function ours(file: string): Promise<string> {
    const wrongs = new Wrongs();
    const read = async () => loadCorefile(file, ENVIRONMENT, () => {}, wrongs);
    const { configuration } = await checkCorefile(read, wrongs, port);
    const zones = (configuration?.listeners ?? []).flatMap((listener) =>
      [...listener.blocks.keys()].map((zone) => `${zone}:${listener.port}`),
    );
    return zones.length === 0 ? 'refused' : told(zones);
  }

  function told(zones: readonly string[]): string {
    const named = zones.map((zone) =>
      zone.replace(`:${port}`, ':PORT').replace(`:${other}`, ':OTHER'),
    );
    return named.sort().join(' ');
  }

  for (const { what, text, differs } of ROWS) {
    const title = differs === undefined ? 'is read alike' : `differs: ${differs}`;
    test(`with ${what} ${title}`, async () => {
      const file = join(folder, 'Corefile');
      writeFileSync(file, text.replaceAll('PORT', String(port)).replaceAll('OTHER', String(other)));
      const [we, they] = [await ours(file), await theirs(file)];
      if (differs === undefined) assert.equal(we, they);
      else assert.notEqual(we, they, 'it does not differ any more');
    });
  }
});
