import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { readSnapshot, writeSnapshot } from './snapshot-file.ts';

const HEAD = { incarnation: '2026-11-28T10:00:00Z', position: 7, mark: 'k3_-9' };
const FACTS = new Map([
  ['isthmus.default.east.service.shop.web', Buffer.from('{"v":1}')],
  ['isthmus.default.east.watcher._.synced', Buffer.from('')],
]);

async function inFolder(work: (path: string, folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-snapshot-'));
  try {
    await work(join(folder, 'east.facts'), folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('a snapshot on disk', () => {
  test('is read as it was written, and nothing else is left beside it', async () => {
    await inFolder(async (path, folder) => {
      await writeSnapshot(path, { head: { ...HEAD, position: 1 }, facts: new Map() });
      await writeSnapshot(path, { head: HEAD, facts: FACTS });
      const read = await readSnapshot(path);
      assert.ok(read.kind === 'snapshot');
      assert.deepEqual(read.snapshot.head, HEAD);
      assert.deepEqual(
        [...read.snapshot.facts].map(([subject, data]) => [subject, Buffer.from(data).toString()]),
        [...FACTS].map(([subject, data]) => [subject, data.toString()]),
      );
      assert.deepEqual(readdirSync(folder), ['east.facts']);
    });
  });

  test('that is not there is none', async () => {
    await inFolder(async (path) => assert.deepEqual(await readSnapshot(path), { kind: 'none' }));
  });

  test('that lost its end, or of which any octet was changed, is damaged', async () => {
    await inFolder(async (path) => {
      await writeSnapshot(path, { head: HEAD, facts: FACTS });
      const whole = readFileSync(path);
      for (let at = 0; at < whole.length; at++) {
        const changed = Buffer.from(whole);
        changed[at] = (changed[at] ?? 0) ^ 1;
        writeFileSync(path, changed);
        assert.equal((await readSnapshot(path)).kind, 'damaged', `octet ${at}`);
        writeFileSync(path, whole.subarray(0, at));
        assert.equal((await readSnapshot(path)).kind, 'damaged', `cut at ${at}`);
      }
    });
  });

  test('says where it can not be written, and leaves the one before', async () => {
    await inFolder(async (path, folder) => {
      await writeSnapshot(path, { head: HEAD, facts: FACTS });
      await assert.rejects(
        writeSnapshot(join(folder, 'no', 'east.facts'), { head: HEAD, facts: FACTS }),
        /ENOENT/,
      );
      assert.equal((await readSnapshot(path)).kind, 'snapshot');
    });
  });

  test('holds any subjects and any data', async () => {
    await inFolder(async (path) => {
      const facts = fc.array(fc.tuple(fc.string(), fc.uint8Array({ maxLength: 300 })));
      await fc.assert(
        fc.asyncProperty(facts, fc.nat(), async (some, position) => {
          const written = new Map(some);
          await writeSnapshot(path, { head: { ...HEAD, position }, facts: written });
          const read = await readSnapshot(path);
          assert.ok(read.kind === 'snapshot');
          assert.equal(read.snapshot.head.position, position);
          const plain = (map: ReadonlyMap<string, Uint8Array>) =>
            [...map].map(([subject, data]) => [subject, [...data]]);
          assert.deepEqual(plain(read.snapshot.facts), plain(written));
        }),
        { numRuns: 50 },
      );
    });
  });
});
