import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLabel, isSubdomain } from './object-name.ts';

const long = 'p'.repeat(64);
const rows: readonly (readonly [name: string, label: boolean, subdomain: boolean])[] = [
  ['web', true, true],
  ['p'.repeat(63), true, true],
  // As of a pod that a kubelet names by its node.
  [`kube-proxy-${long}.internal`, false, true],
  [`${'p'.repeat(250)}.io`, false, true],
  [`${'p'.repeat(251)}.io`, false, false],
  ['a.b', false, true],
  ['a..b', false, false],
  ['-a', false, false],
  ['a.-b', false, false],
  ['a-.b', false, false],
  ['Web', false, false],
  ['', false, false],
];

for (const [name, label, subdomain] of rows) {
  test(`"${name}" is ${label ? '' : 'no '}label and ${subdomain ? '' : 'no '}subdomain`, () => {
    assert.deepEqual([isLabel(name), isSubdomain(name)], [label, subdomain]);
  });
}
