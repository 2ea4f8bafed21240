import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { given, HTTP, service, shown, slice } from './given-clusters.ts';

describe('objects whose names together are too long', () => {
  const [n, s, p, h] = ['n', 's', 'p', 'h'].map((letter) => letter.repeat(63));
  const place = { namespace: n ?? '' };
  const long = s ?? '';
  const ask = given({
    ['w'.repeat(63)]: [
      service(long, { ...place, headless: true }),
      slice(long, [`10.0.0.1=${h}`], { ...place, ports: [HTTP, { ...HTTP, name: p ?? '' }] }),
      { kind: 'ServiceExport', ...place, name: long, createdAt: '2026-01-01T00:00:00Z' },
    ],
    east: [
      service(long, { ...place, headless: true }),
      slice(long, [`10.0.0.2=${h}`], { ...place, ports: [HTTP, { ...HTTP, name: p ?? '' }] }),
    ],
  });
  const base = `${long}.${n}.svc`;

  test('have the names that fit', () => {
    assert.deepEqual(shown(ask(`${base}.cluster.local.`, 'A')), [
      `${base}.cluster.local. 5 IN A 10.0.0.2`,
    ]);
    assert.deepEqual(shown(ask(`${base}.clusterset.local.`, 'A')), [
      `${base}.clusterset.local. 5 IN A 10.0.0.1`,
    ]);
  });

  test('have no port whose label is too long, and no target', () => {
    assert.deepEqual(shown(ask(`_${p}._tcp.${base}.cluster.local.`, 'SRV')), ['nxdomain']);
    assert.deepEqual(shown(ask(`_http._tcp.${base}.cluster.local.`, 'SRV')), [
      `+ ${h}.${base}.cluster.local. 5 IN A 10.0.0.2`,
      `_http._tcp.${base}.cluster.local. 5 IN SRV 0 100 80 ${h}.${base}.cluster.local.`,
    ]);
    assert.deepEqual(shown(ask(`_http._tcp.${base}.clusterset.local.`, 'SRV')), ['nodata']);
  });
});
