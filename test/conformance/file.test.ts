/** The plugins `file` and `auto` beside CoreDNS, with the same zone files. */
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
import { AUTO_ROWS, ROWS, SIGNED_ROWS } from './file-rows.ts';
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

const AUTO_BLOCK = `    bind 127.0.0.1
    auto auto.test {
        directory zones ([a-z]+)_([a-z]+)\\.zone {1}.{2}
    }
`;

const DNSSEC_OK: Asking = {
  query: { edns: { udpSize: 1232, version: 0, dnssecOk: true, options: [] } },
};

describe('file', { skip: missing ?? false }, () => {
  const ports = { file: { ours: 0, theirs: 0 }, auto: { ours: 0, theirs: 0 } };
  let folder = '';
  let isthmus: IsthmusProcess | undefined;
  let coredns: ServerProcess | undefined;

  before(async () => {
    folder = makeTempDirectory();
    for (const who of ['ours', 'theirs'] as const) {
      ports.file[who] = await freePort();
      ports.auto[who] = await freePort();
      mkdirSync(join(folder, who, 'zones'), { recursive: true });
      writeFileSync(
        join(folder, who, 'Corefile'),
        `.:${ports.file[who]} {\n${BLOCK}}\n.:${ports.auto[who]} {\n${AUTO_BLOCK}}\n`,
      );
      for (const [name, text] of Object.entries(ZONE_FILES)) {
        writeFileSync(join(folder, who, name), text);
      }
    }
    const args = ['-conf', 'Corefile'];
    isthmus = new IsthmusProcess(['up', ...args], { cwd: join(folder, 'ours') });
    const binary = findServer('coredns') ?? '';
    coredns = new ServerProcess('coredns', binary, args, join(folder, 'theirs'));
    await isthmus.says(/Isthmus answers DNS on/);
    await coredns.until(async () => (await ask(ports.file.theirs, 'example', 'SOA')) !== undefined);
  });
  after(async () => {
    await isthmus?.kill();
    await coredns?.kill();
    removeTempDirectory(folder);
  });

  const all = [
    ...ROWS.map((row) => ({ ...row, plugin: 'file', asking: {} }) as const),
    ...SIGNED_ROWS.map((row) => ({ ...row, plugin: 'file', asking: DNSSEC_OK }) as const),
    ...AUTO_ROWS.map((row) => ({ ...row, plugin: 'auto', asking: {} }) as const),
  ];
  for (const { question, plugin, asking, said: expected, theirs } of all) {
    const why = theirs === undefined ? '' : `, other than CoreDNS: ${theirs[0]}`;
    /** Of signatures only the type that they cover. */
    const said = async (who: 'ours' | 'theirs') => {
      const line = await saidBy(ports[plugin][who], question, asking);
      return line.replaceAll(/( RRSIG [A-Z]+)(?: \d+){6} \S+ [\w+/=]+/g, '$1');
    };
    test(`${question}${why}`, async () => {
      const [, differs = expected] = theirs ?? [];
      assert.equal(await said('theirs'), differs, 'CoreDNS');
      assert.equal(await said('ours'), expected, 'Isthmus');
    });
  }
});
