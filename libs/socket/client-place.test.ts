import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTable } from '../table/table-writer.ts';
import { AF_INET, AF_INET6 } from './c-library.ts';
import { ClientPlace, clientAt } from './client-place.ts';
import { encodeSocketAddress } from './socket-address.ts';

const V6 = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7];
const LOCAL = [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];

test('a peer of the kernel is found by its address, as IPv4 wherever it is that', () => {
  const rows = [
    [AF_INET, '192.0.2.7', [192, 0, 2, 7]],
    [AF_INET6, '::ffff:192.0.2.7', [192, 0, 2, 7]],
    [AF_INET6, '2001:db8::7', V6],
  ] as const;
  for (const [family, address, octets] of rows) {
    const bytes = new Uint8Array(64);
    bytes.set(encodeSocketAddress(family, { address, port: 5353 }) ?? [], 32);
    const client = clientAt(new Int32Array(bytes.buffer), 32);
    assert.equal(client & 1, octets.length === 16 ? 1 : 0, address);
    assert.deepEqual([...bytes.subarray(client & ~1, (client & ~1) + octets.length)], octets);
  }
});

test('a client known by text gets a place, without the zone of its address', () => {
  const { memory } = createTable({ octets: 1 << 16 });
  const place = new ClientPlace(memory, 3);
  const bytes = new Uint8Array(memory);
  const rows = [
    ['192.0.2.7', [192, 0, 2, 7]],
    ['2001:db8::7', V6],
    ['2001:db8::7', V6],
    ['fe80::1%eth0', LOCAL],
  ] as const;
  for (const [address, octets] of rows) {
    const client = place.of(address);
    assert.equal(client & 1, octets.length === 16 ? 1 : 0, address);
    assert.deepEqual([...bytes.slice(client & ~1, (client & ~1) + octets.length)], octets);
  }
});
