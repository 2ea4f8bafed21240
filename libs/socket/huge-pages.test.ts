import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ARENA_BASE } from '../table/layout.ts';
import { loadCLibrary } from './c-library.ts';
import { preferHugePages } from './huge-pages.ts';

test('asks for large pages where names are, and nowhere else', async (t) => {
  const library = await loadCLibrary();
  if (library === undefined) return t.skip('needs Linux and koffi');
  if (!existsSync('/sys/kernel/mm/transparent_hugepage')) return t.skip('this kernel has none');
  const memory = new SharedArrayBuffer(ARENA_BASE + (8 << 20));
  const begin = library.addressOf(new Uint8Array(memory));
  preferHugePages(memory, library);
  assert.equal(isHugeAt(begin + ARENA_BASE + (4 << 20)), true);
  assert.equal(isHugeAt(begin + (4 << 20)), false);
});

/** Whether the mapping of this address has the flag of MADV_HUGEPAGE. */
function isHugeAt(address: number): boolean {
  const maps = readFileSync('/proc/self/smaps', 'utf8').split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m);
  const map = maps.find((text) => {
    const [from = 0, to = 0] = (text.split(' ')[0] ?? '')
      .split('-')
      .map((hex) => parseInt(hex, 16));
    return from <= address && address < to;
  });
  return /^VmFlags:.* hg( |$)/m.test(map ?? '');
}
