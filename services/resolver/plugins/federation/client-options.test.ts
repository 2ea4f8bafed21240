import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { directives } from '../../../../test/plugin/directives.ts';
import { readFederationOptions } from './options.ts';

function networks(lines: string) {
  const [directive] = directives(`federation cluster.local {\n home east\n${lines}\n}`);
  assert.ok(directive !== undefined);
  return readFederationOptions(directive, []).many.networks;
}

describe('client says where the clients of networks are', () => {
  const said = networks(`
    client 10.0.0.0/8 2001:DB8::/32 region eu
    client 10.1.0.0/16 cluster west zone eu-1a
    client 10.1.2.3 192.0.2.64/26 zone eu-1b region eu cluster east`);
  for (const [address, expected] of [
    ['10.200.0.1', ', , eu'],
    ['10.1.0.1', 'west, eu-1a, '],
    ['10.1.2.3', 'east, eu-1b, eu'],
    ['10.1.2.4', 'west, eu-1a, '],
    ['192.0.2.63', undefined],
    ['192.0.2.64', 'east, eu-1b, eu'],
    ['192.0.2.127', 'east, eu-1b, eu'],
    ['192.0.2.128', undefined],
    ['2001:db8::1', ', , eu'],
    ['2001:db9::1', undefined],
    ['::a01:203', undefined],
    ['nowhere', undefined],
  ] as const) {
    test(`${address}: ${expected ?? 'nothing'}`, () => {
      const place = said.find(address);
      const { cluster = '', topologyZone = '', topologyRegion = '' } = place ?? {};
      const text = `${cluster}, ${topologyZone}, ${topologyRegion}`;
      assert.equal(place === undefined ? undefined : text, expected);
    });
  }

  test('of an address that is not, what its network says as it is written', () => {
    assert.deepEqual(networks('client 10.9.8.7/8 zone a').find('10.0.0.1')?.topologyZone, 'a');
    assert.deepEqual(networks('client 0.0.0.0/0 zone a').find('192.0.2.1')?.topologyZone, 'a');
  });
});

describe('client refuses', () => {
  const expected = 'expected NETWORK... [cluster CLUSTER] [zone ZONE] [region REGION]';
  for (const [lines, message] of [
    ['client 10.0.0.0/8', `:4: Cannot read "client": it has one argument; ${expected}`],
    [
      'client 10.0.0.0/33 zone a',
      ':4: Cannot read the network of clients "10.0.0.0/33": it is none; ' +
        'expected 10.0.0.0/8 or an address',
    ],
    [
      'client 10.0.0.0/8 10.1.0.0/8 zone a',
      ':4: Cannot read the network of clients "10.1.0.0/8": line 4 has it; ' +
        'expected each network once',
    ],
    [
      'client 10.0.0.0/8 zone a zone b',
      ':4: Cannot read the client "10.0.0.0/8 zone a zone b": ' +
        `each word of it has one value; ${expected}`,
    ],
    [
      'client 10.0.0.0/8 zone a region',
      ':4: Cannot read the client "10.0.0.0/8 zone a region": ' +
        `each word of it has one value; ${expected}`,
    ],
    [
      'client zone a region b',
      `:4: Cannot read the client "zone a region b": it begins with no network; ${expected}`,
    ],
    [
      'client 10.0.0.0/8 10.1.0.0/16 10.2.0.0/16',
      ':4: Cannot read the client "10.0.0.0/8 10.1.0.0/16 10.2.0.0/16": ' +
        `it does not say where they are; ${expected}`,
    ],
    [
      'client 10.0.0.0/8 zone a/b',
      ':4: Cannot read the topology zone "a/b": no node has a label of this value; ' +
        'expected as in us-east-1a, at most 63 characters',
    ],
    [
      'client 10.0.0.0/8 cluster East',
      ':4: Cannot read the name of a cluster "East": it is no label; ' +
        'expected a DNS label: a-z, 0-9 and -, at most 63',
    ],
    [
      'cluster east manifests x\n client 10.0.0.0/8 cluster west',
      ':5: Cannot read the cluster "west": it is none here; expected east',
    ],
  ] as const) {
    test(lines, () => {
      assert.throws(
        () => networks(lines),
        (error: Error) => {
          assert.ok(error.message.endsWith(message), error.message);
          return true;
        },
      );
    });
  }
});
