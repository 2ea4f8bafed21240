import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createTable } from '../table/table-writer.ts';
import type { BatchMemory } from './batch-memory.ts';
import {
  batchMemoryOf,
  CONTROL_OCTETS,
  HEADER_CONTROL_OCTETS,
  HEADER_PEER_OCTETS,
  PACKET_OCTETS,
  PEER_OCTETS,
  prepareHeaders,
  RING_ENTRIES,
} from './batch-memory.ts';
import { RingTaker, RingWriter } from './hand-over-ring.ts';

const READER = 5;

const given = () => {
  const { memory } = createTable({ octets: 1 << 17 });
  const words = new Int32Array(memory);
  const bytes = new Uint8Array(memory);
  const batch: BatchMemory = batchMemoryOf(READER);
  prepareHeaders(words, 0, batch);
  const writer = new RingWriter(memory, READER);
  /** As if the kernel had put a query of these octets into place i. */
  const push = (i: number, octet: number, octets: number, socket = 0) => {
    bytes.fill(
      octet,
      batch.packets + i * PACKET_OCTETS,
      batch.packets + i * PACKET_OCTETS + octets,
    );
    bytes.fill(octet + 1, batch.peers + i * PEER_OCTETS, batch.peers + (i + 1) * PEER_OCTETS);
    bytes.fill(
      octet + 2,
      batch.controls + i * CONTROL_OCTETS,
      batch.controls + (i + 1) * CONTROL_OCTETS,
    );
    const header = (batch.headersIn >> 2) + i * 16;
    words[header + HEADER_PEER_OCTETS] = 16;
    words[header + HEADER_CONTROL_OCTETS] = 40;
    return writer.push(i, octets, socket);
  };
  return { push, writer, taker: new RingTaker(memory, READER) };
};

describe('the ring between a reader and the control thread', () => {
  test('carries the packet and all that the reply needs, in order', () => {
    const { push, taker } = given();
    assert.equal(taker.take(), undefined);
    push(0, 1, 40);
    push(63, 7, PACKET_OCTETS, 3);
    assert.deepEqual(taker.take(), {
      packet: new Uint8Array(40).fill(1),
      peer: new Uint8Array(16).fill(2),
      control: new Uint8Array(40).fill(3),
      socket: 0,
    });
    const second = taker.take();
    assert.deepEqual(second?.packet, new Uint8Array(PACKET_OCTETS).fill(7));
    assert.equal(second.socket, 3);
    assert.equal(taker.take(), undefined);
  });

  test('takes no more than it has room for, and goes on when there is room again', () => {
    const { push, taker } = given();
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < RING_ENTRIES; i++) assert.equal(push(i & 63, i & 127, 20), true);
      assert.equal(push(0, 0, 20), false);
      for (let i = 0; i < RING_ENTRIES; i++) assert.equal(taker.take()?.packet[0], i & 127);
    }
  });

  test('wakes who waits', async () => {
    const { push, writer, taker } = given();
    const waiting = taker.wait();
    push(0, 1, 20);
    writer.notify();
    await waiting;
    await taker.wait(); // at once: there is something
    assert.notEqual(taker.take(), undefined);
    const again = taker.wait();
    taker.wake();
    await again;
  });
});
