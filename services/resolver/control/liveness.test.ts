import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HEARTBEAT_MS } from '../../../libs/event/heartbeat.ts';
import type { Standing } from '../../../libs/federation/standing.ts';
import { Liveness } from './liveness.ts';

const LIMITS = { staleMs: 30_000, lostMs: 300_000 };
const S = 1000;

/** East, as a resolver hears it, at a time that a test moves. */
class GivenEast {
  readonly liveness = new Liveness(LIMITS);
  standing: Standing = 'live';
  readonly said: string[] = [];
  nowMs = 0;

  constructor() {
    this.liveness.hearing(0);
  }

  /** Second by second, as a resolver judges. A beat comes each five, if it beats. */
  pass(seconds: number, beats: 'beats' | 'is silent', silentMs = 0): this {
    for (let i = 0; i < seconds; i++) {
      this.nowMs += S;
      if (beats === 'beats' && this.nowMs % HEARTBEAT_MS === 0) {
        this.liveness.beat('east', silentMs, this.nowMs);
      }
      this.judge();
    }
    return this;
  }

  judge(): void {
    const judgement = this.liveness.judge('east', this.nowMs);
    if (judgement === undefined) return;
    this.said.push(`${judgement.kind} at ${this.nowMs / S}`);
    this.stands(judgement.kind === 'recovered' ? 'live' : judgement.kind);
  }

  /** The control log says so. */
  stands(standing: Standing): this {
    this.standing = standing;
    this.liveness.stands('east', standing, this.nowMs);
    return this;
  }
}

describe('how a cluster stands', () => {
  test('one that beats is live', () => {
    assert.deepEqual(new GivenEast().pass(1000, 'beats').said, []);
  });

  test('one that is silent is stale, then lost', () => {
    const east = new GivenEast().pass(10, 'beats').pass(400, 'is silent');
    assert.deepEqual(east.said, ['stale at 40', 'lost at 310']);
  });

  test('one that was never heard is judged from when this resolver began to hear', () => {
    assert.deepEqual(new GivenEast().pass(301, 'is silent').said, ['stale at 30', 'lost at 300']);
  });

  test('its API counts, not its watcher', () => {
    const east = new GivenEast().pass(10, 'beats');
    for (let i = 1; i <= 31; i++) east.pass(1, 'beats', i * S);
    assert.deepEqual(east.said, ['stale at 40']);
  });

  test('it recovers when three beats were heard in time', () => {
    const east = new GivenEast().pass(10, 'beats').pass(60, 'is silent').pass(60, 'beats');
    assert.deepEqual(east.said, ['stale at 40', 'recovered at 85']);
  });

  test('one beat by chance recovers nothing', () => {
    const east = new GivenEast().pass(10, 'beats').pass(60, 'is silent').pass(5, 'beats');
    assert.deepEqual(east.pass(100, 'is silent').said, ['stale at 40']);
  });

  test('one that comes and goes has to stay longer each time', () => {
    const east = new GivenEast();
    for (let i = 0; i < 4; i++) east.pass(100, 'beats').pass(60, 'is silent');
    const times = east.said.map((one) => Number(one.split(' ')[2]));
    const stayed = [1, 3, 5].map((i) => (times[i] ?? 0) - i * 80 - 80);
    assert.deepEqual(
      east.said.map((one) => one.split(' ')[0]),
      ['stale', 'recovered', 'stale', 'recovered', 'stale', 'recovered', 'stale'],
    );
    assert.ok(
      (stayed[1] ?? 0) > (stayed[0] ?? 0) && (stayed[2] ?? 0) > (stayed[1] ?? 0),
      `${times}`,
    );
  });
});

describe('silence means nothing', () => {
  test('while the log is away', () => {
    const east = new GivenEast().pass(10, 'beats');
    east.liveness.deaf();
    east.pass(1000, 'is silent');
    east.liveness.hearing(east.nowMs);
    assert.deepEqual(east.pass(29, 'is silent').said, []);
    assert.deepEqual(east.pass(1, 'is silent').said, ['stale at 1040']);
  });

  test('while the log is away and this process was stopped besides', () => {
    const east = new GivenEast().pass(10, 'beats');
    east.liveness.deaf();
    east.liveness.interrupted(east.nowMs);
    assert.deepEqual(east.pass(1000, 'is silent').said, []);
  });

  test('but what a watcher says of the time before counts', () => {
    const east = new GivenEast().pass(10, 'beats');
    east.liveness.hearing(east.nowMs);
    east.liveness.beat('east', 100 * S, east.nowMs + S);
    // It had replied when this resolver heard it: the watcher who says otherwise is another.
    assert.deepEqual(east.pass(2, 'is silent').said, []);
    const west = new GivenEast();
    west.liveness.beat('east', 100 * S, 0);
    assert.deepEqual(west.pass(1, 'is silent').said, ['stale at 1']);
  });
});

describe('resolvers that hear different things', () => {
  test('who hears nothing grants twice as long each time that another one hears it', () => {
    const east = new GivenEast();
    const staleAfter: number[] = [];
    for (let i = 0; i < 3; i++) {
      const sinceMs = east.nowMs;
      while (east.standing === 'live') east.pass(1, 'is silent');
      staleAfter.push((east.nowMs - sinceMs) / S);
      east.pass(15, 'is silent').stands('live');
    }
    assert.deepEqual(staleAfter, [30, 60, 120]);
  });

  test('what another one says counts', () => {
    const east = new GivenEast().stands('lost').pass(60, 'beats');
    assert.deepEqual(east.said, ['recovered at 15']);
  });
});

test('the age is the time since its API replied', () => {
  const east = new GivenEast();
  assert.equal(east.liveness.ageMs('east', 5 * S), undefined);
  east.liveness.beat('east', 2 * S, 5 * S);
  assert.equal(east.liveness.ageMs('east', 6 * S), 3 * S);
});
