import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Event, Synced } from '../../../libs/event/event.ts';
import { KeyTally } from '../../../libs/event/key-sum.ts';
import type { ObjectKind, ServiceObject } from '../../../libs/event/object.ts';
import { subjectOf } from '../../../libs/event/subject.ts';
import { ClusterState, evolve } from '../../../libs/federation/cluster-state.ts';
import { SyncedCheck, type Verdict } from './synced-check.ts';

const service = (name: string): ServiceObject => ({
  kind: 'Service',
  namespace: 'shop',
  name,
  type: 'ClusterIP',
  clusterIPs: [],
  headless: false,
  ports: [],
});
const there = (name: string): Event => ({ kind: 'observed', object: service(name) });
const gone = (name: string): Event => ({ kind: 'removed', ref: service(name) });

/** As a watcher says it that has told of these Services. */
function synced(names: readonly string[], kinds: readonly ObjectKind[] = ['Service']): Synced {
  const tally = new KeyTally();
  for (const name of names) tally.add(service(name));
  return { kind: 'synced', writer: 'w', resourceVersions: {}, ...tally.of(kinds) };
}

interface Placed {
  readonly position: number;
  readonly event: Event | 'of a newer version';
  readonly subject: string;
}

const placed = (event: Placed['event'], i: number): Placed => ({
  position: i + 1,
  event,
  subject: event === 'of a newer version' ? 'isthmus.d.east.service.shop.new' : subject(event),
});
const subject = (event: Event) => subjectOf('d', 'east', event);

/** What is said, of each Synced and at the end of what was there at first. */
function verdicts(entries: readonly Placed[], isCaughtUpAfter: number): readonly Verdict[] {
  const check = new SyncedCheck();
  const state = new ClusterState('east');
  const said: (Verdict | undefined)[] = [];
  for (const [i, { position, event, subject }] of entries.entries()) {
    if (i === isCaughtUpAfter) said.push(check.caughtUp());
    const entry = { position, subject, data: new Uint8Array() };
    if (event === 'of a newer version') {
      check.skipped(entry);
      continue;
    }
    said.push(check.read(state, entry, event));
    evolve(state, event, position);
  }
  if (isCaughtUpAfter >= entries.length) said.push(check.caughtUp());
  return said.filter((one) => one !== undefined);
}

test('a Synced is compared where the fold is what stood in the log then', () => {
  const SAME = { kind: 'same' } as const;
  const FEWER = { kind: 'different', why: 'Service 1, expected 2' } as const;
  const OTHERS = {
    kind: 'different',
    why: 'as many objects as expected, and not the same ones',
  } as const;
  const rows: readonly (readonly [
    what: string,
    events: readonly Placed['event'][],
    caughtUpAfter: number,
    said: readonly Verdict[],
  ])[] = [
    ['nothing was read', [synced([])], 9, [SAME]],
    ['all is there', [there('a'), there('b'), synced(['a', 'b'])], 9, [SAME]],
    ['one is missing', [there('a'), synced(['a', 'b'])], 9, [FEWER]],
    ['another one is there', [there('a'), synced(['b'])], 9, [OTHERS]],
    ['an object came after it', [there('a'), synced(['a', 'b']), there('b')], 9, []],
    ['an object went after it', [synced(['a', 'b']), gone('b')], 9, []],
    ['a change is no coming', [there('a'), there('a'), gone('b'), synced(['a'])], 0, [SAME]],
    ['it came and went', [there('a'), gone('a'), synced([])], 0, [SAME]],
    ['later, each is compared', [there('a'), synced(['a', 'b']), there('b')], 0, [FEWER]],
    ['kinds it does not speak of', [there('a'), synced([], ['Pod'])], 9, [SAME]],
    ['one can not be read', ['of a newer version', synced(['a', 'b'])], 0, []],
    ['and can again', ['of a newer version', there('new'), synced(['new'])], 0, [SAME]],
    ['it says no hash', [there('a'), { ...synced([]), hash: '' }], 0, []],
  ];
  for (const [what, events, caughtUpAfter, said] of rows) {
    assert.deepEqual(verdicts(events.map(placed), caughtUpAfter), said, what);
  }
});

test('facts of a store, which come in no order, are compared with the next Synced only', () => {
  const facts = [synced(['a', 'b']), there('a')].map((event) => ({ ...placed(event, 6) }));
  assert.deepEqual(verdicts(facts, 9), []);
  const later = [...facts, placed(synced(['a']), 7)];
  assert.deepEqual(verdicts(later, 2), [{ kind: 'same' }]);
});

const step = fc.oneof(
  fc.constantFrom('a', 'b', 'c', 'd').map(there),
  fc.constantFrom('a', 'b', 'c', 'd').map(gone),
  fc.constant('synced' as const),
);

/** A log whose watcher says what is so. */
const truthfulLog = fc.array(step, { maxLength: 30 }).map((steps) => {
  const state = new ClusterState('east');
  return steps.map((each, i) => {
    const names = [...state.services.values()].map(({ name }) => name);
    const event = each === 'synced' ? synced(names) : each;
    evolve(state, event, i + 1);
    return placed(event, i);
  });
});

const lastOfSubjects = (log: readonly Placed[]) =>
  log.filter(({ subject }, i) => !log.slice(i + 1).some((later) => later.subject === subject));
const different = (said: readonly Verdict[]) => said.filter(({ kind }) => kind === 'different');

test('of a log whose watcher says what is so, no reading is different', () => {
  fc.assert(
    fc.property(truthfulLog, fc.nat(30), (log, begin) => {
      const first = lastOfSubjects(log.slice(0, begin));
      const said = verdicts([...first, ...log.slice(begin)], first.length);
      assert.deepEqual(different(said), []);
      const followed = log.slice(begin).filter(({ subject }) => subject.endsWith('synced'));
      assert.ok(said.length >= followed.length, 'each that was followed is compared');
    }),
  );
});

test('nor is one from a store, also from one that is being filled', () => {
  fc.assert(
    fc.property(truthfulLog, fc.nat(30), fc.nat(30), fc.nat(30), (log, p, more, yetMore) => {
      // Filled up to p from a log that had `filled` entries then, and `begin` when it is read.
      const filled = Math.min(log.length, p + more);
      const begin = Math.min(log.length, filled + yetMore);
      const facts = lastOfSubjects(log.slice(0, filled))
        .filter(({ position }) => position <= p)
        .map((fact) => ({ ...fact, position: p }))
        .reverse();
      const said = verdicts([...facts, ...log.slice(p)], facts.length + Math.max(0, begin - p));
      assert.deepEqual(different(said), []);
    }),
  );
});
