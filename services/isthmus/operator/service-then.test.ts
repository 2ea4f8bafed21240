import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Event } from '../../../libs/event/event.ts';
import { type ClusterObject, refKey } from '../../../libs/event/object.ts';
import { subjectOf } from '../../../libs/event/subject.ts';
import { exported, service, slice } from '../../../libs/federation/given-clusters.ts';
import { HISTORY_PER_SUBJECT } from '../../../libs/log/log.ts';
import { GivenFederation, observed, removed } from './given-federation.ts';
import type { Moment } from './moment.ts';
import { serviceThen } from './service-then.ts';

const WEB = { namespace: 'shop', name: 'web' };
const { signal } = new AbortController();
const at = (position: number): Moment => ({ kind: 'position', position });

/** Objects of web, and of others that are named and placed as they are. */
const objects: fc.Arbitrary<ClusterObject> = fc
  .record({
    address: fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3'),
    of: fc.constantFrom('web', 'web', 'db'),
    number: fc.constantFrom('1', '2'),
    kind: fc.constantFrom('service', 'slice', 'slice', 'export'),
  })
  .map(({ address, of, number, kind }) => {
    if (kind === 'service') return service(of, { clusterIPs: [address] });
    if (kind === 'export') return exported(of, `2026-01-01T00:00:0${number}Z`);
    return slice(of, [address], { name: `${of}-${number}` });
  });
const events: fc.Arbitrary<Event> = fc
  .tuple(objects, fc.integer({ min: 0, max: 3 }))
  .map(([object, chance]) => (chance === 0 ? removed(object) : observed(object)));

/** What of web there was after these events; undefined: no Service. */
function foldOf(happened: readonly Event[]): readonly ClusterObject[] | undefined {
  const facts = new Map<string, ClusterObject>();
  for (const event of happened) {
    if (event.kind === 'observed') facts.set(refKey(event.object), event.object);
    if (event.kind === 'removed') facts.delete(refKey(event.ref));
  }
  const own = [...facts.values()].filter((object) =>
    object.kind === 'EndpointSlice' ? object.service === 'web' : object.name === 'web',
  );
  return own.some(({ kind }) => kind === 'Service') ? own : undefined;
}

const sorted = (all: readonly ClusterObject[]) =>
  all.toSorted((a, b) => (refKey(a) < refKey(b) ? -1 : 1));

describe('what a Service was', () => {
  test('at any position, and at its time, is the fold of all events up to there', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(events, { minLength: 1, maxLength: 25 }), async (happened) => {
        const given = new GivenFederation();
        const times = new Map<number, number>();
        for (const event of happened) {
          times.set(await given.happened('east', event), given.nowMs);
        }
        const log = given.logs.open('east');
        for (const [position, atMs] of times) {
          const expected = foldOf(happened.slice(0, position));
          const then = await serviceThen(log, WEB, at(position), signal);
          assert.equal(then.kind, expected === undefined ? 'absent' : 'there');
          const byTime = await serviceThen(log, WEB, { kind: 'time', atMs }, signal);
          assert.deepEqual(byTime, then);
          if (then.kind !== 'there' || expected === undefined) continue;
          assert.deepEqual(then.objects, sorted(expected));
          const placed = await serviceThen(log, WEB, at(then.at.position), signal);
          assert.deepEqual(placed, then, 'it was so since the position that is named');
        }
      }),
      { numRuns: 100 },
    );
  });

  test('before its history begins is lost, and it says since when it is known', async () => {
    const given = new GivenFederation();
    await given.happened('east', observed(service('web')));
    const first = await given.happened('east', observed(slice('web', ['10.0.0.1'])));
    for (let i = 0; i < HISTORY_PER_SUBJECT; i++) {
      await given.happened('east', observed(slice('web', [`10.0.1.${i}`])));
    }
    const log = given.logs.open('east');
    const then = await serviceThen(log, WEB, at(first), signal);
    const since = { position: first + 1, observedAt: '2026-11-29T03:00:03.000Z' };
    assert.ok(then.kind === 'lost');
    assert.deepEqual(then.since, since);
    assert.equal(then.of?.name, 'web-1');
    assert.equal((await serviceThen(log, WEB, at(first + 1), signal)).kind, 'there');
  });

  test('before what is forgotten was gone is lost: it may have been a part of it', async () => {
    const given = new GivenFederation();
    const old = slice('web', ['10.0.0.1'], { name: 'web-old' });
    const there = await given.happened('east', observed(service('web')), observed(old));
    const gone = await given.happened('east', removed(old));
    const goneAt = given.nowMs;
    const next = await given.happened('east', observed(slice('web', ['10.0.0.2'])));
    const nextAt = given.now;
    await given.happened('east', { kind: 'forgotten', upTo: gone });
    const log = given.logs.open('east');
    await log.forget([{ subject: subjectOf('default', 'east', observed(old)), position: gone }]);
    const kindAt = async (moment: Moment) => (await serviceThen(log, WEB, moment, signal)).kind;
    assert.deepEqual(await serviceThen(log, WEB, at(there), signal), {
      ...{ kind: 'lost', of: undefined, since: { position: next, observedAt: nextAt } },
    });
    assert.equal(await kindAt({ kind: 'time', atMs: goneAt - 1 }), 'lost');
    assert.equal(await kindAt(at(gone)), 'there');
    assert.equal(await kindAt({ kind: 'time', atMs: Date.parse(nextAt) }), 'there');
  });

  test('where it was not there, it says since when, or since when no more', async () => {
    const given = new GivenFederation();
    await given.happened('east', observed(service('db')));
    await given.happened('east', observed(service('web')), removed(service('web')));
    const log = given.logs.open('east');
    const why = async (position: number) => {
      const then = await serviceThen(log, WEB, at(position), signal);
      return then.kind === 'absent' ? then.why : then.kind;
    };
    assert.equal(await why(1), 'it came at position 2, 2026-11-29T03:00:02.000Z');
    assert.equal(await why(2), 'there');
    assert.equal(await why(3), 'it was removed at position 3, 2026-11-29T03:00:03.000Z');
  });
});
