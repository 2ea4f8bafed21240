/** The plugins `file` and `auto` beside CoreDNS, with the same zone files. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { withEdns } from '../e2e/ask.ts';
import { BothByBlock, type Who } from './both-servers.ts';
import { corednsMissing } from './coredns.ts';
import { AUTO_ROWS, ROWS, SIGNED_ROWS } from './file-rows.ts';
import { ZONE_FILES } from './file-zones.ts';
import { saidBy } from './said-by.ts';

const missing = corednsMissing();

const FILE = `file db.example example
    file db.test test
    file db.sub sub.test
    file db.signed signed
    file db.short short
    file db.bare bare`;

const AUTO = `auto auto.test {
        directory zones ([a-z]+)_([a-z]+)\\.zone {1}.{2}
    }`;

const DNSSEC_OK = withEdns({ dnssecOk: true });

describe('file', { skip: missing ?? false }, () => {
  const both = new BothByBlock();
  before(() => both.start([FILE, AUTO], { files: ZONE_FILES }));
  after(() => both.stop());

  const all = [
    ...ROWS.map((row) => ({ ...row, block: FILE, asking: {} })),
    ...SIGNED_ROWS.map((row) => ({ ...row, block: FILE, asking: DNSSEC_OK })),
    ...AUTO_ROWS.map((row) => ({ ...row, block: AUTO, asking: {} })),
  ];
  for (const { question, block, asking, said: expected, theirs } of all) {
    const why = theirs === undefined ? '' : `, other than CoreDNS: ${theirs[0]}`;
    /** Of signatures only the type that they cover. */
    const said = async (who: Who) => {
      const line = await saidBy(both.portsOf(block)[who], question, asking);
      return line.replaceAll(/( RRSIG [A-Z]+)(?: \d+){6} \S+ [\w+/=]+/g, '$1');
    };
    test(`${question}${why}`, async () => {
      const [, differs = expected] = theirs ?? [];
      assert.equal(await said('theirs'), differs, 'CoreDNS');
      assert.equal(await said('ours'), expected, 'Isthmus');
    });
  }
});
