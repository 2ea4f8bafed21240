import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type NameGrammar, type NameParts, namePartsOf } from './name-parts.ts';

type Row = readonly [name: string, parts: Partial<NameParts> | 'invalid'];

/** Names below `cluster.local.`, and the parts that are not empty. */
function reads(grammar: NameGrammar, rows: readonly Row[]): void {
  for (const [below, expected] of rows) {
    const name = `${below}cluster.local.`;
    const says = Object.entries(expected === 'invalid' ? {} : expected).map((part) =>
      part.join(' '),
    );
    test(`${name}: ${expected === 'invalid' ? expected : says.join(', ') || 'nothing'}`, () => {
      const parts = namePartsOf(name, 'cluster.local.', grammar);
      const some = parts && Object.entries(parts).filter(([, text]) => text !== '');
      assert.deepEqual(
        some && Object.fromEntries(some),
        expected === 'invalid' ? undefined : expected,
      );
    });
  }
}

const SVC = { kind: 'svc', namespace: 'shop', service: 'web' } as const;
const POD = { kind: 'pod', namespace: 'shop', service: '10-1-0-1' } as const;

describe('namePartsOf', () => {
  describe('the zone and the kinds: they exist, and say nothing', () => {
    reads({}, [
      ['', {}],
      ['svc.', {}],
      ['pod.', {}],
    ]);
  });

  describe('the rightmost label is svc or pod', () => {
    reads({}, [
      ['shop.', 'invalid'],
      ['web.shop.', 'invalid'],
      ['web.shop.svcs.', 'invalid'],
      ['web.shop._svc.', 'invalid'],
      ['ns.dns.', 'invalid'],
      ['dns-version.', 'invalid'],
      ['x\\.svc.', 'invalid'],
    ]);
  });

  describe('then the namespace, then the service or the address of a pod', () => {
    reads({}, [
      ['shop.svc.', { kind: 'svc', namespace: 'shop' }],
      ['shop.pod.', { kind: 'pod', namespace: 'shop' }],
      ['web.shop.svc.', SVC],
      ['10-1-0-1.shop.pod.', POD],
      ['svc.svc.svc.', { kind: 'svc', namespace: 'svc', service: 'svc' }],
      ['web.pod.svc.', { kind: 'svc', namespace: 'pod', service: 'web' }],
    ]);
  });

  describe('one label before the service is an endpoint', () => {
    reads({}, [
      ['web-0.web.shop.svc.', { ...SVC, endpoint: 'web-0' }],
      ['10-1-0-1.web.shop.svc.', { ...SVC, endpoint: '10-1-0-1' }],
      ['_tcp.web.shop.svc.', { ...SVC, endpoint: '_tcp' }],
    ]);
  });

  describe('two labels are port and protocol, with or without underscore', () => {
    reads({}, [
      ['_http._tcp.web.shop.svc.', { ...SVC, port: 'http', protocol: 'tcp' }],
      ['http.tcp.web.shop.svc.', { ...SVC, port: 'http', protocol: 'tcp' }],
      ['_http.tcp.web.shop.svc.', { ...SVC, port: 'http', protocol: 'tcp' }],
      ['http._tcp.web.shop.svc.', { ...SVC, port: 'http', protocol: 'tcp' }],
      ['__http._tcp.web.shop.svc.', { ...SVC, port: '_http', protocol: 'tcp' }],
      ['web-0.east.web.shop.svc.', { ...SVC, port: 'web-0', protocol: 'east' }],
      ['_._tcp.web.shop.svc.', 'invalid'],
      ['_http._.web.shop.svc.', 'invalid'],
    ]);
  });

  describe('three labels and more are too many', () => {
    reads({}, [
      ['a._http._tcp.web.shop.svc.', 'invalid'],
      ['a.b.c.d.web.shop.svc.', 'invalid'],
      ['a.b.c.10-1-0-1.shop.pod.', 'invalid'],
    ]);
  });

  describe('labels before the address of a pod are read all the same', () => {
    reads({}, [
      ['x.10-1-0-1.shop.pod.', { ...POD, endpoint: 'x' }],
      ['x.y.10-1-0-1.shop.pod.', { ...POD, port: 'x', protocol: 'y' }],
    ]);
  });

  describe('no label is a wildcard', () => {
    reads({}, [
      ['*.shop.svc.', { kind: 'svc', namespace: 'shop', service: '*' }],
      ['any.any.svc.', { kind: 'svc', namespace: 'any', service: 'any' }],
      ['*.web.shop.svc.', { ...SVC, endpoint: '*' }],
      ['web.shop.*.', 'invalid'],
    ]);
  });

  describe('in a clusterset, two labels without underscores are endpoint and cluster', () => {
    reads({ multicluster: true }, [
      ['web.shop.svc.', SVC],
      ['web-0.web.shop.svc.', { ...SVC, endpoint: 'web-0' }],
      ['web-0.east.web.shop.svc.', { ...SVC, endpoint: 'web-0', cluster: 'east' }],
      ['_http._tcp.web.shop.svc.', { ...SVC, port: 'http', protocol: 'tcp' }],
      ['_http.tcp.web.shop.svc.', { ...SVC, port: 'http', protocol: 'tcp' }],
      ['http._tcp.web.shop.svc.', { ...SVC, port: 'http', protocol: 'tcp' }],
      ['http.tcp.web.shop.svc.', { ...SVC, endpoint: 'http', cluster: 'tcp' }],
      ['a.web-0.east.web.shop.svc.', 'invalid'],
    ]);
  });

  const pinned = { ...SVC, topologyMode: 'pin' } as const;

  describe('with zonal, a topology zone may be named, dots and all', () => {
    reads({ zonal: true }, [
      ['eu-1a.pin._zone.web.shop.svc.', { ...pinned, topologyZone: 'eu-1a' }],
      ['a.eu.1.pin._zone.web.shop.svc.', { ...pinned, topologyZone: 'a.eu.1' }],
      [
        'eu-1a.prefer._zone.web.shop.svc.',
        { ...SVC, topologyMode: 'prefer', topologyZone: 'eu-1a' },
      ],
      ['prefer.pin._zone.web.shop.svc.', { ...pinned, topologyZone: 'prefer' }],
      ['eu-1a.only._zone.web.shop.svc.', 'invalid'],
      ['eu-1a.pin.zone.web.shop.svc.', 'invalid'],
      ['eu-1a._pin._zone.web.shop.svc.', 'invalid'],
      ['eu-1a.pin._zone.10-1-0-1.shop.pod.', 'invalid'],
    ]);
  });

  describe('with zonal, all other names are what they were', () => {
    reads({ zonal: true }, [
      ['web.shop.svc.', SVC],
      ['_http._tcp.web.shop.svc.', { ...SVC, port: 'http', protocol: 'tcp' }],
      ['_zone.web.shop.svc.', { ...SVC, endpoint: '_zone' }],
      ['pin._zone.web.shop.svc.', { ...SVC, port: 'pin', protocol: 'zone' }],
      ['a.b.c.web.shop.svc.', 'invalid'],
    ]);
  });

  describe('topology zones are not named without zonal, nor in a clusterset', () => {
    reads({}, [['eu-1a.pin._zone.web.shop.svc.', 'invalid']]);
    reads({ zonal: true, multicluster: true }, [['eu-1a.pin._zone.web.shop.svc.', 'invalid']]);
  });

  test('knows names outside of the zone, and zones of any length', () => {
    assert.equal(namePartsOf('web.shop.svc.cluster.example.', 'cluster.local.'), undefined);
    assert.equal(namePartsOf('web.shop.svc.xcluster.local.', 'cluster.local.'), undefined);
    for (const zone of ['.', 'k.', 'a.b.c.d.']) {
      const name = zone === '.' ? 'web.shop.svc.' : `web.shop.svc.${zone}`;
      assert.equal(namePartsOf(name, zone)?.namespace, 'shop', zone);
    }
    assert.equal(namePartsOf('.', '.')?.kind, '');
  });
});
