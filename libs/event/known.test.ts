import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeEntry, encodeEnvelope } from './codec.ts';
import { Known } from './known.ts';

test('equal values are one, and no more is known than there is room for', () => {
  const known = new Known<readonly number[]>(2);
  const one = known.of('1', [1]);
  assert.equal(known.of('1', [1]), one);
  known.of('2', [2]);
  known.of('3', [3]);
  assert.notEqual(known.of('1', [1]), one, 'what was known has been dropped');
});

test('Services with the same ports share them, and no others', () => {
  const portsOf = (name: string, port: number) => {
    const ports = [{ name: 'http', protocol: 'TCP', port }];
    const clusterIPs = ['10.96.0.1'];
    const data = encodeEnvelope({
      event: {
        kind: 'observed',
        object: {
          kind: 'Service',
          namespace: 'shop',
          name,
          type: 'ClusterIP',
          headless: false,
          clusterIPs,
          ports,
        },
      },
      observedAt: '2026-01-01T00:00:00Z',
      prev: 0,
    });
    const decoded = decodeEntry(data);
    const event = decoded.kind === 'event' ? decoded.envelope.event : undefined;
    return event?.kind === 'observed' && event.object.kind === 'Service' ? event.object.ports : [];
  };
  assert.equal(portsOf('web', 80), portsOf('db', 80));
  assert.deepEqual(portsOf('api', 81), [{ name: 'http', protocol: 'TCP', port: 81 }]);
});
