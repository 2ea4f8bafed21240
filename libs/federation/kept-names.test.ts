import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClusterState, evolve } from './cluster-state.ts';
import { CONFIG, service, slice } from './given-clusters.ts';
import { KeptNames } from './kept-names.ts';

const ZONE = 'cluster.local.';

/** Services with a headless name of so many addresses. */
function given(sizes: Readonly<Record<string, number>>, recordsMax: number) {
  const state = new ClusterState('east');
  for (const [name, size] of Object.entries(sizes)) {
    const addresses = Array.from({ length: size }, (_, i) => `10.0.0.${i}`);
    for (const object of [service(name, { headless: true }), slice(name, addresses)]) {
      evolve(state, { kind: 'observed', object }, 1);
    }
  }
  const kept = new KeptNames(CONFIG, new Map([['east', state]]), recordsMax);
  const ask = (name: string) => kept.ofAll(`service/shop/${name}`, undefined);
  return { kept, ask };
}

test('the same question is computed once, until its group has changed', () => {
  const { kept, ask } = given({ web: 1, db: 1 }, 100);
  const [web, db] = [ask('web'), ask('db')];
  assert.equal(ask('web'), web);
  kept.changed(['service/shop/web']);
  assert.notEqual(ask('web'), web);
  assert.equal(ask('db'), db);
  kept.clear();
  assert.notEqual(ask('db'), db);
});

test('what a zone says of itself is made once, until its serial or a group is another', () => {
  const state = new ClusterState('east');
  const kept = new KeptNames({ ...CONFIG, nameServers: ['10.0.0.53'] }, new Map([['east', state]]));
  const servers = (serial: number) => {
    const { names } = kept.ofApex(ZONE, serial, undefined);
    return names.get(ZONE)?.find(({ type }) => type === 'NS')?.rdatas;
  };
  assert.equal(kept.ofApex(ZONE, 1, undefined), kept.ofApex(ZONE, 1, undefined));
  assert.equal(kept.ofApex(ZONE, 2, undefined).soa.rdata.split(' ')[2], '2');
  assert.deepEqual(servers(2), [`ns.dns.${ZONE}`]);
  for (const object of [
    service('dns', { clusterIPs: ['10.96.0.10'] }),
    slice('dns', ['10.0.0.53']),
  ]) {
    evolve(state, { kind: 'observed', object }, 1);
  }
  kept.changed(['service/shop/dns']);
  assert.deepEqual(servers(2), [`dns.shop.svc.${ZONE}`]);
});

test('no more is kept than there is room for: the oldest goes', () => {
  const { kept, ask } = given({ one: 2, two: 2, three: 2, big: 50 }, 40);
  const [one, two] = [ask('one'), ask('two')];
  const each = kept.records / 2;
  assert.ok(each > 10 && each < 20, `${each}`);
  const three = ask('three');
  assert.ok(kept.records <= 40);
  assert.equal(ask('two'), two);
  assert.equal(ask('three'), three);
  assert.notEqual(ask('one'), one);
  assert.notEqual(ask('big'), ask('big'));
  assert.ok(kept.records <= 40);
});

test('what is nowhere is not kept', () => {
  const { kept, ask } = given({}, 40);
  assert.equal(ask('nope').size, 0);
  assert.equal(kept.records, 0);
});
