import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AF_INET, AF_INET6 } from './c-library.ts';
import { decodeSocketAddress, encodeSocketAddress, endpointText } from './socket-address.ts';

describe('socket addresses', () => {
  test('are encoded as the kernel has them, and decoded again', () => {
    const rows = [
      [AF_INET, { address: '192.0.2.1', port: 53 }, '192.0.2.1:53'],
      [AF_INET6, { address: '2001:db8::1', port: 5353 }, '[2001:db8::1]:5353'],
    ] as const;
    for (const [family, endpoint, text] of rows) {
      const encoded = encodeSocketAddress(family, endpoint);
      assert.deepEqual(encoded && decodeSocketAddress(encoded), endpoint);
      assert.equal(endpointText(endpoint), text);
    }
    const ipv4 = encodeSocketAddress(AF_INET, { address: '192.0.2.1', port: 0x1234 });
    assert.equal(Buffer.from(ipv4 ?? []).toString('hex'), `02001234c0000201${'00'.repeat(8)}`);
  });

  test('show an IPv4 client of a dual-stack socket as one', () => {
    const mapped = encodeSocketAddress(AF_INET6, { address: '::ffff:192.0.2.9', port: 99 });
    assert.deepEqual(mapped && decodeSocketAddress(mapped), { address: '192.0.2.9', port: 99 });
  });

  test('are none for text that is none of the family', () => {
    assert.equal(encodeSocketAddress(AF_INET, { address: '::1', port: 1 }), undefined);
    assert.equal(encodeSocketAddress(AF_INET6, { address: 'localhost', port: 1 }), undefined);
  });
});
