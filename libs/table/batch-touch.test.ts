import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { encode } from '../dns/encode.ts';
import { loadZone, query } from './asking.ts';
import { BatchTouch } from './batch-touch.ts';
import { readerIo } from './layout.ts';
import { viewsOf } from './memory-views.ts';
import { createTable } from './table-writer.ts';

const ZONE = `
  cluster.local. 5 IN SOA ns.dns.cluster.local. hostmaster.cluster.local. 7 7200 1800 86400 5
  web.cluster.local. 5 IN A 10.0.0.1
`;
const STRIDE = 2048;

const given = () => {
  const table = createTable({ octets: 1 << 17 });
  loadZone(table, 1, ZONE);
  const views = viewsOf(table.memory);
  const at = readerIo(0);
  const touch = new BatchTouch(views, 4);
  /** What was loaded for these packets. */
  const sumOf = (...packets: readonly Uint8Array[]) => {
    for (const [i, packet] of packets.entries()) views.bytes.set(packet, at + i * STRIDE);
    touch.touch(at, STRIDE, packets.length, 0);
    return touch.sum;
  };
  return { sumOf, views };
};

describe('touching a batch', () => {
  test('loads the records of its names, whatever their case', () => {
    const { sumOf } = given();
    const known = encode(query('web.cluster.local. A'));
    const unknown = encode(query('nobody.cluster.local. A'));
    const [of, none] = [sumOf(known), sumOf(unknown)];
    assert.notEqual(of, none);
    assert.equal(sumOf(encode(query('WEB.Cluster.local. AAAA'))), of);
    assert.equal(sumOf(known, unknown, known, unknown), (2 * of + 2 * none) | 0);
  });

  test('takes any packet, and changes nothing', () => {
    const { sumOf, views } = given();
    const packets = fc.array(fc.uint8Array({ maxLength: STRIDE, size: 'max' }), { maxLength: 4 });
    fc.assert(
      fc.property(packets, (batch) => {
        sumOf(...batch);
        const before = views.bytes.slice();
        sumOf(...batch);
        assert.equal(Buffer.compare(views.bytes.subarray(0), before), 0);
      }),
      { numRuns: 10 },
    );
  });
});
