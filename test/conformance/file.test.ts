/** The plugin `file` beside CoreDNS, with the same zone files. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Asking, ask } from '../e2e/ask.ts';
import { IsthmusProcess } from '../e2e/isthmus-process.ts';
import { findServer } from '../servers/find-server.ts';
import { freePort } from '../servers/free-port.ts';
import { ServerProcess } from '../servers/server-process.ts';
import { makeTempDirectory, removeTempDirectory } from '../servers/temp-directory.ts';
import { corednsMissing } from './coredns.ts';
import { ROWS, SIGNED_ROWS } from './file-rows.ts';
import { ZONE_FILES } from './file-zones.ts';
import { saidBy } from './said-by.ts';

const missing = corednsMissing();

const BLOCK = `    bind 127.0.0.1
    file db.example example
    file db.test test
    file db.sub sub.test
    file db.signed signed
    file db.short short
    file db.bare bare
`;

const DNSSEC_OK: Asking = {
  query: { edns: { udpSize: 1232, version: 0, dnssecOk: true, options: [] } },
};

describe('file', { skip: missing ?? false }, () => {
  const ports = { ours: 0, theirs: 0 };
  let folder = '';
  let isthmus: IsthmusProcess | undefined;
  let coredns: ServerProcess | undefined;

  before(async () => {
    folder = makeTempDirectory();
    for (const who of ['ours', 'theirs'] as const) {
      ports[who] = await freePort();
      mkdirSync(join(folder, who));
      writeFileSync(join(folder, who, 'Corefile'), `.:${ports[who]} {\n${BLOCK}}\n`);
      for (const [name, text] of Object.entries(ZONE_FILES)) {
        writeFileSync(join(folder, who, name), text);
      }
    }
    const args = ['-conf', 'Corefile'];
    isthmus = new IsthmusProcess(['up', ...args], { cwd: join(folder, 'ours') });
    const binary = findServer('coredns') ?? '';
    coredns = new ServerProcess('coredns', binary, args, join(folder, 'theirs'));
    await isthmus.says(/Isthmus answers DNS on/);
    await coredns.until(async () => (await ask(ports.theirs, 'example', 'SOA')) !== undefined);
  });
  after(async () => {
    await isthmus?.kill();
    await coredns?.kill();
    removeTempDirectory(folder);
  });

  /** Of signatures only the type that they cover. */
  const said = async (who: 'ours' | 'theirs', question: string, asking: Asking) => {
    const line = await saidBy(ports[who], question, asking);
    return line.replaceAll(/( RRSIG [A-Z]+)(?: \d+){6} \S+ [\w+/=]+/g, '$1');
  };
  const rows = [
    ...ROWS.map((row) => ({ ...row, asking: {} })),
    ...SIGNED_ROWS.map((row) => ({ ...row, asking: DNSSEC_OK })),
  ];
  for (const { question, asking, said: expected, theirs } of rows) {
    const why = theirs === undefined ? '' : `, other than CoreDNS: ${theirs[0]}`;
    test(`${question}${why}`, async () => {
      const [, differs = expected] = theirs ?? [];
      assert.equal(await said('theirs', question, asking), differs, 'CoreDNS');
      assert.equal(await said('ours', question, asking), expected, 'Isthmus');
    });
  }
});
