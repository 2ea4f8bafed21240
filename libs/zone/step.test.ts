import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { RR } from '../dns/rrset.ts';
import { canonicalKey } from './canonical-order.ts';
import { signed, someQuestion, someZone } from './given-zone.ts';
import { type Verdict, verdictOf } from './reference-model.ts';
import { type Step, stepIn } from './step.ts';
import { rrsetOf } from './zone.ts';

/** As the reference model says it. */
function verdict(step: Step): Verdict {
  const says = (records: readonly RR[]) =>
    records.map(({ type, rdata }) => `${type} ${rdata}`).sort();
  const wildcard = 'wildcard' in step ? step.wildcard : undefined;
  switch (step.kind) {
    case 'answer':
      return { kind: 'answer', says: says(step.answer), wildcard };
    case 'alias':
      return { kind: 'alias', says: says(step.answer), target: step.target, wildcard };
    case 'referral':
      return { kind: 'referral', says: says(step.authority) };
    case 'too-long':
      return assert.fail('no name is so long');
    default:
      return { kind: step.kind, says: [], wildcard };
  }
}

const plain = ({ kind, says, target, wildcard }: Verdict) => ({ kind, says, target, wildcard });

describe('stepIn', () => {
  test('says what the reference model says', () => {
    const kinds = new Map<string, number>();
    fc.assert(
      fc.property(someZone, fc.array(someQuestion, { minLength: 5 }), ({ zone, records }, all) => {
        for (const question of all) {
          const expected = verdictOf(records, 'z.', question.name, question.type);
          const step = stepIn(zone, { ...question, dnssecOk: false });
          const made = expected.wildcard === undefined ? '' : ' of a wildcard';
          kinds.set(expected.kind + made, (kinds.get(expected.kind + made) ?? 0) + 1);
          assert.deepEqual(plain(verdict(step)), plain(expected));
          if ('answer' in step && step.kind === 'answer')
            assert.ok(step.answer.every(({ name }) => name === question.name));
          if (step.kind === 'nodata') {
            const isEmpty = !records.some((rr) => rr.name === question.name);
            assert.equal(step.isEmpty, isEmpty && step.wildcard === undefined);
          }
        }
      }),
      { numRuns: 2000 },
    );
    const all = ['answer', 'alias', 'nodata'].flatMap((kind) => [kind, `${kind} of a wildcard`]);
    for (const kind of [...all, 'referral', 'nxdomain']) {
      assert.ok((kinds.get(kind) ?? 0) > 50, `${kind} was tried`);
    }
  });

  test('proves what it denies', () => {
    fc.assert(
      fc.property(someZone, fc.array(someQuestion, { minLength: 5 }), (given, all) => {
        const { zone, records } = signed('z.', given);
        for (const { name, type } of all) {
          const step = stepIn(zone, { name, type, dnssecOk: true });
          const expected = verdictOf(given.records, 'z.', name, type);
          assert.equal(step.kind, type === 'ANY' ? step.kind : expected.kind);
          checkProofs(step, name, type, expected);
          if (step.kind !== 'referral') continue;
          // An insecure cut is proved to be one.
          const cut = step.ns.name;
          const hasDs = records.some((rr) => rr.name === cut && rr.type === 'DS');
          const nsec = step.authority.filter((rr) => rr.type === 'NSEC');
          assert.deepEqual(
            nsec.map((rr) => rr.name),
            hasDs ? [] : [cut],
          );
          assert.ok(hasDs || !typesOf(nsec[0]).includes('DS'));
        }
      }),
      { numRuns: 1500 },
    );
  });

  test('proves nothing that was not asked for', () => {
    fc.assert(
      fc.property(someZone, someQuestion, (given, { name, type }) => {
        fc.pre(type !== 'ANY');
        const { zone } = signed('z.', given);
        const step = stepIn(zone, { name, type, dnssecOk: false });
        assert.deepEqual(plain(verdict(step)), plain(verdictOf(given.records, 'z.', name, type)));
        if ('proofs' in step) assert.deepEqual(step.proofs, []);
      }),
    );
  });

  test('an unsigned zone has no proofs', () => {
    fc.assert(
      fc.property(someZone, someQuestion, ({ zone }, question) => {
        const step = stepIn(zone, { ...question, dnssecOk: true });
        if ('proofs' in step) assert.deepEqual(step.proofs, []);
        assert.ok(rrsetOf(zone.apex, 'SOA'));
      }),
    );
  });
});

/** RFC 4035 § 5.4, as a validator would look at it. */
function checkProofs(step: Step, name: string, type: string, expected: Verdict): void {
  if (!('proofs' in step)) return;
  const nsecs = step.proofs.filter((rr) => rr.type === 'NSEC');
  for (const nsec of nsecs) {
    const isSigned = step.proofs.some(
      (rr) => rr.type === 'RRSIG' && rr.name === nsec.name && rr.rdata.startsWith('NSEC '),
    );
    assert.ok(isSigned, `the NSEC of ${nsec.name} is signed`);
  }
  const covers = (denied: string) => nsecs.some((nsec) => isBetween(nsec, denied));
  if (expected.wildcard !== undefined || step.kind === 'nxdomain') {
    assert.ok(covers(name), `${name} is not there`);
  }
  if (step.kind === 'nxdomain') assert.ok(covers(`*.${expected.encloser}`), 'no wildcard');
  if (step.kind === 'nodata') {
    const at = expected.wildcard ?? name;
    const own = nsecs.find((nsec) => nsec.name === at);
    if (own === undefined) {
      // An empty one: the next name is below it.
      const nsec = nsecs.find((one) => isBetween(one, at));
      assert.ok(nsec?.rdata.split(' ')[0]?.endsWith(`.${at}`), `${at} is empty`);
    } else {
      assert.ok(!typesOf(own).includes(type), `${at} has no ${type}`);
      assert.ok(!typesOf(own).includes('CNAME'), `${at} has no CNAME`);
    }
  }
  const isDenial = step.kind === 'nodata' || step.kind === 'nxdomain';
  assert.equal(nsecs.length > 0, isDenial || expected.wildcard !== undefined);
}

function isBetween({ name, rdata }: RR, denied: string): boolean {
  const [from, at, to] = [name, denied, rdata.split(' ')[0] ?? ''].map(canonicalKey);
  if (from === undefined || at === undefined || to === undefined) return false;
  return from < at && (at < to || to <= from);
}

function typesOf(nsec: RR | undefined): readonly string[] {
  return nsec?.rdata.split(' ').slice(1) ?? [];
}

describe('canonicalKey', () => {
  test('sorts as RFC 4034 § 6.1 does', () => {
    const names = [
      'example.',
      'a.example.',
      'yljkjljk.a.example.',
      'z.a.example.',
      'zabc.a.example.',
      'z.example.',
      String.raw`\001.z.example.`,
      '*.z.example.',
      String.raw`\200.z.example.`,
    ];
    const shuffled = [...names].sort();
    assert.notDeepEqual(shuffled, names);
    shuffled.sort((one, other) => (canonicalKey(one) < canonicalKey(other) ? -1 : 1));
    assert.deepEqual(shuffled, names);
  });
});
